//! The types of a station's figures for TypeScript, written from [`super::FIGURES`] while the program is compiled: a browser
//! program that carries them as a custom section has no code for them.

use super::{Field, Group, Read, TABLE, Without};

/// Interface `StationFigures`, and one for each group of fields.
pub const STATION_FIGURES: &str = match std::str::from_utf8(&BYTES) {
    Ok(text) => text,
    Err(_) => panic!("it is made of whole texts"),
};

const LENGTH: usize = written::<0>().length;
const BYTES: [u8; LENGTH] = written::<LENGTH>().bytes;

/// A text with room for `N` bytes; without any it only counts them.
struct Text<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Text<N> {
    const fn push(&mut self, text: &str) {
        let more = text.as_bytes();
        let mut at = 0;
        while at < more.len() {
            if N > 0 {
                self.bytes[self.length] = more[at];
            }
            self.length += 1;
            at += 1;
        }
    }

    const fn field(&mut self, field: &Field, optional: bool) {
        self.push("  /** ");
        self.push(field.meaning);
        self.push(" */\n  ");
        self.push(field.name);
        self.push(if optional { "?: " } else { ": " });
        self.push(match field.read {
            Read::Spec | Read::Number(_) if field.whole => "number;\n",
            Read::Spec | Read::Number(_) => "Figure;\n",
            Read::Outcomes => "Outcomes;\n",
            Read::Times(_) => "Times;\n",
            Read::Percentiles(_) => "Percentiles;\n",
        });
    }
}

const fn written<const N: usize>() -> Text<N> {
    let mut text = Text { bytes: [0; N], length: 0 };
    text.push("/** Figures of a station within a span. */\nexport interface StationFigures {\n");
    let mut at = 0;
    let mut last = "";
    while at < TABLE.len() {
        if let Some(field) = &TABLE[at].field {
            match field.group {
                None => text.field(field, !matches!(TABLE[at].without, Without::Null)),
                Some(group) if !same(last, group.name) => {
                    text.push("  /** ");
                    text.push(group.meaning);
                    text.push(" */\n  ");
                    text.push(group.name);
                    text.push("?: ");
                    text.push(group.interface);
                    text.push(";\n");
                }
                Some(_) => {}
            }
            last = name_of(field.group);
        }
        at += 1;
    }
    text.push("}\n");
    let (mut at, mut last) = (0, "");
    while at < TABLE.len() {
        if let Some(field) = &TABLE[at].field {
            let name = name_of(field.group);
            if !same(last, name) {
                if !last.is_empty() {
                    text.push("}\n");
                }
                if let Some(group) = field.group {
                    text.push("/** ");
                    text.push(group.summary);
                    text.push(" */\nexport interface ");
                    text.push(group.interface);
                    text.push(" {\n");
                }
            }
            if field.group.is_some() {
                text.field(field, !matches!(TABLE[at].without, Without::Null));
            }
            last = name;
        }
        at += 1;
    }
    if !last.is_empty() {
        text.push("}\n");
    }
    text
}

const fn name_of(group: Option<&Group>) -> &'static str {
    match group {
        Some(group) => group.name,
        None => "",
    }
}

/// `==` of texts is not there yet while a program is compiled.
const fn same(one: &str, two: &str) -> bool {
    let (one, two) = (one.as_bytes(), two.as_bytes());
    let mut at = 0;
    while at < one.len() && at < two.len() && one[at] == two[at] {
        at += 1;
    }
    one.len() == two.len() && at == one.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_groups_have_their_types() {
        for part in [
            "export interface StationFigures {\n  /** calls that reached it, or requests that a source sent; without health checks */\n  arrivals: number;\n",
            "  /** how they ended */\n  outcomes: Outcomes;\n",
            "  /** look-ups that found their key; absent where nothing is looked up */\n  hit_ratio?: Figure;\n",
            "  replicated?: ReplicatedReport;\n",
            "export interface ReplicatedReport {\n  /** all of them */\n  reads: number;\n",
            "  stale_share: Figure;\n}\n",
            "  delivery?: DeliveryReport;\n",
        ] {
            assert!(STATION_FIGURES.contains(part), "{part} in {STATION_FIGURES}");
        }
        assert_eq!(STATION_FIGURES.matches('{').count(), STATION_FIGURES.matches('}').count());
    }
}
