//! A lesson's prose: Markdown in, the stored form of `src/lesson/text.rs` out.
//!
//! What the page cannot show is refused, with its line.

use pulldown_cmark::{Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};

use super::glossary::Terms;
use super::marks::{BLOCK, BULLETS, CODE, IS, ITEM, NUMBERS, SECTION, SPAN, STRONG, TERM};
use super::{Problem, Source, is_id};

/// What can be written, for those who tried something else.
const REMEDY: &str =
    "write paragraphs, flat lists, **strong words**, `code`, [words](term), and sections `## Title {#id}`";

/// A lesson's prose.
#[derive(Default)]
pub struct Prose {
    /// Where each section begins in the file [byte], and its id.
    pub sections: Vec<(usize, String)>,
    /// As it is stored.
    pub stored: String,
}

/// Reads all sections. Text before the first is left out: it is for those who edit the file.
pub fn read(source: &Source, terms: &Terms, problems: &mut Vec<Problem>) -> Prose {
    let mut writer = Writer { source, terms, problems, prose: Prose::default(), within: Vec::new(), skipped: 0 };
    if let Some(at) = source.text.find(|c: char| c.is_control() && c != '\n' && c != '\r' && c != '\t') {
        writer.problem(at, "there is a control character: delete it");
    }
    // Tables are read so that they are refused rather than shown as a row of bars.
    let options = Options::ENABLE_HEADING_ATTRIBUTES | Options::ENABLE_TABLES;
    for (event, range) in Parser::new_ext(&source.text, options).into_offset_iter() {
        writer.take(event, range.start);
    }
    writer.end_of_section();
    if writer.prose.sections.is_empty() {
        writer.problem(0, "there is no section: begin one with `## Title {#id}`");
    }
    writer.prose
}

/// What the writer stands in, apart from sections.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Heading,
    Paragraph,
    List {
        items: usize,
    },
    /// An item of a list that already holds a paragraph of its own, or not.
    Item {
        paragraphs: usize,
    },
    Strong,
    Term,
}

struct Writer<'a> {
    source: &'a Source,
    terms: &'a Terms,
    problems: &'a mut Vec<Problem>,
    prose: Prose,
    within: Vec<Within>,
    /// How deep in something that is refused: what stands in it is passed over.
    skipped: usize,
}

impl Writer<'_> {
    fn problem(&mut self, at: usize, message: impl Into<String>) {
        self.problems.push(self.source.problem(at, message));
    }

    fn take(&mut self, event: Event<'_>, at: usize) {
        let heading = matches!(event, Event::Start(Tag::Heading { level: HeadingLevel::H2, .. }));
        if self.prose.sections.is_empty() && !heading {
            return;
        }
        if self.skipped > 0 {
            match event {
                Event::Start(_) => self.skipped += 1,
                Event::End(_) => self.skipped -= 1,
                _ => {}
            }
            return;
        }
        match event {
            Event::Start(tag) => self.start(tag, at),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.prose.stored.push_str(&text),
            Event::SoftBreak => self.prose.stored.push(' '),
            Event::Code(text) if self.may_mark() => {
                self.open(CODE);
                self.prose.stored.push_str(&text);
                self.close();
            }
            Event::Code(_) => self.problem(at, "code within a term or a title: leave one of them out"),
            Event::HardBreak => self.problem(at, "a line break within a paragraph: begin a new paragraph"),
            Event::Html(_) | Event::InlineHtml(_) => self.problem(at, format!("HTML is not shown: {REMEDY}")),
            Event::Rule => self.problem(at, format!("a rule is not shown: {REMEDY}")),
            _ => self.problem(at, format!("this is not shown: {REMEDY}")),
        }
    }

    fn start(&mut self, tag: Tag<'_>, at: usize) {
        let top = self.within.last().copied();
        match tag {
            Tag::Heading { level: HeadingLevel::H2, id, .. } if top.is_none() => {
                self.end_of_section();
                let id = id.map(|id| id.to_string()).unwrap_or_default();
                if !is_id(&id, '-') {
                    self.problem(at, "a section needs an id that a step can name: `## Title {#id}`");
                } else if self.prose.sections.iter().any(|(_, other)| *other == id) {
                    self.problem(at, format!("two sections are called \"{id}\": give one another id"));
                }
                if !self.prose.sections.is_empty() {
                    self.prose.stored.push(SECTION);
                }
                self.prose.stored.push_str(&id);
                self.prose.stored.push(BLOCK);
                self.prose.sections.push((at, id));
                self.within.push(Within::Heading);
            }
            Tag::Paragraph => {
                match self.within.last_mut() {
                    None => self.prose.stored.push(BLOCK),
                    Some(Within::Item { paragraphs }) => {
                        *paragraphs += 1;
                        if *paragraphs > 1 {
                            self.problem(at, "an item of a list has a second paragraph: make it one, or two items");
                        }
                    }
                    Some(_) => {}
                }
                self.within.push(Within::Paragraph);
            }
            Tag::List(first) if top.is_none() => {
                self.prose.stored.extend([BLOCK, if first.is_some() { NUMBERS } else { BULLETS }]);
                self.within.push(Within::List { items: 0 });
            }
            Tag::Item => {
                if let Some(Within::List { items }) = self.within.last_mut() {
                    *items += 1;
                    if *items > 1 {
                        self.prose.stored.push(ITEM);
                    }
                }
                self.within.push(Within::Item { paragraphs: 0 });
            }
            Tag::Strong if self.may_mark() && !self.is_strong() => {
                self.prose.stored.extend([SPAN, STRONG]);
                self.within.push(Within::Strong);
            }
            Tag::Link { link_type: LinkType::Inline, dest_url, .. } if self.may_mark() => {
                if !self.terms.contains_key(&*dest_url) {
                    let message = format!(
                        "the glossary has no \"{dest_url}\": add it to www/glossary.toml, or name another term"
                    );
                    self.problem(at, message);
                }
                self.open(TERM);
                self.prose.stored.push_str(&dest_url);
                self.prose.stored.push(IS);
                self.within.push(Within::Term);
            }
            refused => {
                let what = match refused {
                    Tag::Strong | Tag::Link { .. } if !self.may_mark() => "a mark within a term or a title",
                    Tag::Strong => "a strong word within strong words",
                    Tag::Link { .. } => "a link that is no [words](term)",
                    Tag::Heading { .. } => "a heading of another level",
                    Tag::List(_) => "a list within a list",
                    Tag::Emphasis => "emphasis",
                    Tag::CodeBlock(_) => "a block of code (four spaces at the start of a line make one)",
                    Tag::BlockQuote(_) => "a quotation",
                    Tag::Table(_) => "a table",
                    Tag::Image { .. } => "an image",
                    Tag::HtmlBlock => "HTML",
                    _ => "this",
                };
                self.problem(at, format!("{what} is not shown: {REMEDY}"));
                self.skipped = 1;
                if top.is_none() {
                    self.prose.stored.push(BLOCK);
                }
            }
        }
    }

    fn end(&mut self, tag: TagEnd) {
        self.within.pop();
        if matches!(tag, TagEnd::Strong | TagEnd::Link) {
            self.close();
        }
    }

    /// Begins words with a mark of their own.
    fn open(&mut self, mark: char) {
        self.prose.stored.push(SPAN);
        self.prose.stored.extend(self.is_strong().then_some(STRONG));
        self.prose.stored.push(mark);
    }

    /// Ends them: what follows is as what was before.
    fn close(&mut self) {
        self.prose.stored.push(SPAN);
        self.prose.stored.extend(self.is_strong().then_some(STRONG));
    }

    fn is_strong(&self) -> bool {
        self.within.contains(&Within::Strong)
    }

    /// Titles and terms are plain words.
    fn may_mark(&self) -> bool {
        !self.within.iter().any(|within| matches!(within, Within::Heading | Within::Term))
    }

    /// A section has a title and says something.
    fn end_of_section(&mut self) {
        let Some((at, id)) = self.prose.sections.last().cloned() else { return };
        let stored = self.prose.stored.rsplit(SECTION).next().unwrap_or_default();
        let mut parts = stored.split(BLOCK).skip(1);
        if parts.next().is_none_or(str::is_empty) {
            self.problem(at, format!("the section \"{id}\" has no title: `## Title {{#{id}}}`"));
        } else if parts.next().is_none() {
            self.problem(at, format!("the section \"{id}\" is empty: write it, or delete its heading"));
        }
    }
}
