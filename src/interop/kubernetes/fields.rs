//! Mappings of a manifest, read field by field; what nobody asked for is named in the end.

use saphyr::{MarkedYaml, Scalar, YamlData};

use super::{Note, Place, Places, Weight};

pub(super) fn place_of(yaml: &MarkedYaml<'_>) -> Place {
    Place { line: yaml.span.start.line(), column: yaml.span.start.col() + 1 }
}

/// Where everything in an object stands.
pub(super) fn places(yaml: &MarkedYaml<'_>) -> Places {
    fn walk(yaml: &MarkedYaml<'_>, path: &str, found: &mut Vec<(String, Place)>) {
        match &yaml.data {
            YamlData::Mapping(mapping) => {
                for (key, value) in mapping {
                    if let YamlData::Value(Scalar::String(name)) = &key.data {
                        let path = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
                        found.push((path.clone(), place_of(key)));
                        walk(value, &path, found);
                    }
                }
            }
            YamlData::Sequence(list) => {
                for (index, item) in list.iter().enumerate() {
                    let path = format!("{path}[{index}]");
                    found.push((path.clone(), place_of(item)));
                    walk(item, &path, found);
                }
            }
            _ => {}
        }
    }
    let mut found = vec![(String::new(), place_of(yaml))];
    walk(yaml, "", &mut found);
    Places(found)
}

/// Fields whose absence changes nothing in a simulation, with the reason in words.
pub(super) type Meaningless = &'static [(&'static str, &'static str)];

/// A mapping being read.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    path: String,
    place: Place,
    entries: Vec<(&'a str, &'a MarkedYaml<'a>, &'a MarkedYaml<'a>, bool)>,
}

/// Where notes are collected.
#[derive(Debug, Default)]
pub(super) struct Notes(pub Vec<Note>);

impl Notes {
    pub(super) fn say(&mut self, place: Place, path: &str, weight: Weight, text: impl Into<String>) {
        self.0.push(Note { place, path: path.to_owned(), weight, text: text.into() });
    }
}

/// What a value is, in words.
fn sort_of(yaml: &MarkedYaml<'_>) -> &'static str {
    match &yaml.data {
        YamlData::Mapping(_) => "a mapping",
        YamlData::Sequence(_) => "a list",
        YamlData::Value(Scalar::Null) => "nothing",
        YamlData::Value(Scalar::Boolean(_)) => "true or false",
        YamlData::Value(Scalar::Integer(_) | Scalar::FloatingPoint(_)) => "a number",
        YamlData::Value(Scalar::String(_)) => "text",
        _ => "something else",
    }
}

impl<'a> Fields<'a> {
    /// The fields of a mapping; a note if it is none.
    pub(super) fn of(yaml: &'a MarkedYaml<'a>, path: &str, notes: &mut Notes) -> Option<Self> {
        let YamlData::Mapping(mapping) = &yaml.data else {
            let text = format!("a mapping belongs here, not {}", sort_of(yaml));
            notes.say(place_of(yaml), path, Weight::Error, text);
            return None;
        };
        let mut entries = Vec::new();
        for (key, value) in mapping {
            match &key.data {
                YamlData::Value(Scalar::String(name)) => entries.push((name.as_ref(), key, value, false)),
                _ => notes.say(place_of(key), path, Weight::Warning, "the name of a field is text; left out"),
            }
        }
        Some(Self { path: path.to_owned(), place: place_of(yaml), entries })
    }

    pub(super) fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub(super) const fn place(&self) -> Place {
        self.place
    }

    /// Where a field's name stands; where the mapping begins if there is no such field.
    pub(super) fn place_of(&self, key: &str) -> Place {
        self.entries.iter().find(|entry| entry.0 == key).map_or(self.place, |entry| place_of(entry.1))
    }

    /// A field's value; an empty one is none.
    pub(super) fn take(&mut self, key: &str) -> Option<&'a MarkedYaml<'a>> {
        let entry = self.entries.iter_mut().find(|entry| entry.0 == key)?;
        entry.3 = true;
        (!matches!(entry.2.data, YamlData::Value(Scalar::Null))).then_some(entry.2)
    }

    /// A mapping within.
    pub(super) fn fields(&mut self, key: &str, notes: &mut Notes) -> Option<Self> {
        let path = self.path(key);
        self.take(key).and_then(|yaml| Self::of(yaml, &path, notes))
    }

    /// A list within, each with its path.
    pub(super) fn list(&mut self, key: &str, notes: &mut Notes) -> Option<Vec<(String, &'a MarkedYaml<'a>)>> {
        let yaml = self.take(key)?;
        let path = self.path(key);
        let YamlData::Sequence(list) = &yaml.data else {
            let text = format!("a list belongs here, not {}", sort_of(yaml));
            notes.say(place_of(yaml), &path, Weight::Error, text);
            return None;
        };
        Some(list.iter().enumerate().map(|(index, one)| (format!("{path}[{index}]"), one)).collect())
    }

    pub(super) fn text(&mut self, key: &str, notes: &mut Notes) -> Option<String> {
        let yaml = self.take(key)?;
        match &yaml.data {
            YamlData::Value(Scalar::String(text)) => Some(text.to_string()),
            _ => {
                let text = format!("text belongs here, not {}; put it into quotes", sort_of(yaml));
                notes.say(place_of(yaml), &self.path(key), Weight::Error, text);
                None
            }
        }
    }

    /// A whole number of at least 0.
    pub(super) fn count(&mut self, key: &str, notes: &mut Notes) -> Option<u32> {
        let yaml = self.take(key)?;
        match &yaml.data {
            YamlData::Value(Scalar::Integer(number)) if (0..=i64::from(i32::MAX)).contains(number) => {
                Some(*number as u32)
            }
            _ => {
                let text = "a whole number from 0 belongs here, without quotes";
                notes.say(place_of(yaml), &self.path(key), Weight::Error, text);
                None
            }
        }
    }

    /// A quantity in thousandths.
    pub(super) fn quantity(&mut self, key: &str, notes: &mut Notes) -> Option<i64> {
        let yaml = self.take(key)?;
        let text = match &yaml.data {
            YamlData::Value(Scalar::String(text)) => text.to_string(),
            YamlData::Value(Scalar::Integer(number)) => number.to_string(),
            YamlData::Value(Scalar::FloatingPoint(number)) => number.to_string(),
            _ => String::new(),
        };
        match super::parse_quantity(&text) {
            Ok(milli) => Some(milli),
            Err(wrong) => {
                notes.say(place_of(yaml), &self.path(key), Weight::Error, wrong);
                None
            }
        }
    }

    /// Names every field that nobody has taken.
    pub(super) fn end(self, meaningless: Meaningless, notes: &mut Notes) {
        for (name, key, _, taken) in &self.entries {
            if *taken {
                continue;
            }
            let path = self.path(name);
            match meaningless.iter().find(|(known, _)| known == name) {
                Some((_, why)) => notes.say(place_of(key), &path, Weight::Info, format!("left out: {why}")),
                None => notes.say(
                    place_of(key),
                    &path,
                    Weight::Warning,
                    "left out: it is not supported here, or it is misspelled",
                ),
            }
        }
    }
}
