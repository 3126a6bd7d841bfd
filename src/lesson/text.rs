//! A lesson's prose: a small part of Markdown, read into plain data that any page can show.
//!
//! `## Title {#id}` opens a section. Within it: paragraphs, lists (`- ` or `1. `), `**strong**`, `` `code` ``, and
//! `[words](term)` for a word of the glossary. Nothing else; raw HTML is text.

/// A section of a lesson's prose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    pub id: String,
    pub title: String,
    pub blocks: Vec<Block>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    Paragraph(Vec<Span>),
    /// Items; numbered or not.
    List {
        numbered: bool,
        items: Vec<Vec<Span>>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    Text(String),
    Strong(String),
    Code(String),
    /// Words that a glossary card explains.
    Term {
        words: String,
        id: String,
    },
}

/// Reads all sections, in order. Text before the first heading is left out: it is for whoever edits the file.
#[must_use]
pub fn sections(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().chain(["## "]) {
        let Some(heading) = line.strip_prefix("## ") else {
            lines.push(line);
            continue;
        };
        if let Some(section) = sections.last_mut() {
            section.blocks = blocks(&lines);
        }
        lines.clear();
        if !heading.is_empty() {
            let (title, id) =
                heading.split_once("{#").map_or((heading, ""), |(title, id)| (title, id.trim_end_matches('}')));
            sections.push(Section { id: id.trim().to_owned(), title: title.trim().to_owned(), blocks: Vec::new() });
        }
    }
    sections
}

fn blocks(lines: &[&str]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    // Whether the next line goes on with the block before it.
    let mut open = false;
    for line in lines.iter().map(|line| line.trim()) {
        if line.is_empty() {
            open = false;
            continue;
        }
        let number = line.split_once(". ").filter(|(number, _)| number.parse::<u32>().is_ok()).map(|(_, item)| item);
        let item = line.strip_prefix("- ").map(|item| (false, item)).or(number.map(|item| (true, item)));
        match (item, blocks.last_mut()) {
            (Some((numbered, item)), Some(Block::List { numbered: same, items })) if *same == numbered => {
                items.push(spans(item))
            }
            (Some((numbered, item)), _) => blocks.push(Block::List { numbered, items: vec![spans(item)] }),
            (None, Some(Block::Paragraph(paragraph))) if open => {
                paragraph.push(Span::Text(" ".to_owned()));
                paragraph.extend(spans(line));
            }
            (None, Some(Block::List { items, .. })) if open => {
                if let Some(item) = items.last_mut() {
                    item.push(Span::Text(" ".to_owned()));
                    item.extend(spans(line));
                }
            }
            (None, _) => blocks.push(Block::Paragraph(spans(line))),
        }
        open = true;
    }
    blocks
}

/// Reads the marks within a line; an opening mark without its end is text.
#[must_use]
pub fn spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let marked = if let Some(after) = rest.strip_prefix("**") {
            after.split_once("**").map(|(words, rest)| (Span::Strong(words.to_owned()), rest))
        } else if let Some(after) = rest.strip_prefix('`') {
            after.split_once('`').map(|(words, rest)| (Span::Code(words.to_owned()), rest))
        } else if let Some(after) = rest.strip_prefix('[') {
            after.split_once("](").and_then(|(words, after)| {
                let (id, rest) = after.split_once(')')?;
                Some((Span::Term { words: words.to_owned(), id: id.to_owned() }, rest))
            })
        } else {
            None
        };
        if let Some((span, after)) = marked {
            if !plain.is_empty() {
                spans.push(Span::Text(std::mem::take(&mut plain)));
            }
            spans.push(span);
            rest = after;
        } else {
            plain.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    if !plain.is_empty() {
        spans.push(Span::Text(plain));
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_hold_paragraphs_and_lists() {
        let text = "For editors.\n\n## The brief {#brief}\n\nOne line\nand its end.\n\nMore: **now**.\n- a\n- b goes\n  on\n\n1. first\n2. `x`\n## Next {#next}\n";
        let found = sections(text);
        assert_eq!(
            found.iter().map(|section| (&*section.id, &*section.title)).collect::<Vec<_>>(),
            [("brief", "The brief"), ("next", "Next")]
        );
        let plain = |text: &str| Span::Text(text.to_owned());
        assert_eq!(
            found[0].blocks,
            [
                Block::Paragraph(vec![plain("One line"), plain(" "), plain("and its end.")]),
                Block::Paragraph(vec![plain("More: "), Span::Strong("now".into()), plain(".")]),
                Block::List {
                    numbered: false,
                    items: vec![vec![plain("a")], vec![plain("b goes"), plain(" "), plain("on")]]
                },
                Block::List { numbered: true, items: vec![vec![plain("first")], vec![Span::Code("x".into())]] },
            ]
        );
        assert!(found[1].blocks.is_empty());
    }

    #[test]
    fn marks_without_an_end_are_text() {
        let plain = |text: &str| vec![Span::Text(text.to_owned())];
        assert_eq!(spans("5 ** 3 ` [x]"), plain("5 ** 3 ` [x]"));
        assert_eq!(spans("<b>no</b>"), plain("<b>no</b>"));
        assert_eq!(spans("[busy](utilization)"), [Span::Term { words: "busy".into(), id: "utilization".into() }]);
    }
}
