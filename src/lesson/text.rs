//! A lesson's prose as plain data that any page can show.
//!
//! It is written in Markdown (`text.md`); the build reads that, refuses what is not here, and stores the rest with the
//! marks of `marks.rs`, so that no browser program carries a reader of Markdown.

use super::marks::{BLOCK, BULLETS, CODE, IS, ITEM, NUMBERS, SECTION, SPAN, STRONG, TERM};

/// A section of a lesson's prose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section<'a> {
    /// kebab-case: steps name it.
    pub id: &'a str,
    pub title: &'a str,
    pub blocks: Vec<Block<'a>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block<'a> {
    Paragraph(Vec<Span<'a>>),
    /// Items; numbered or not.
    List {
        numbered: bool,
        items: Vec<Vec<Span<'a>>>,
    },
}

/// Words within a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span<'a> {
    pub words: Words<'a>,
    pub strong: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words<'a> {
    Text(&'a str),
    Code(&'a str),
    /// Text that a glossary card explains.
    Term {
        text: &'a str,
        id: &'a str,
    },
}

impl<'a> Words<'a> {
    /// Without its mark.
    #[must_use]
    pub fn text(self) -> &'a str {
        match self {
            Self::Text(text) | Self::Code(text) | Self::Term { text, .. } => text,
        }
    }
}

/// Reads what the build has stored, in order.
#[must_use]
pub fn sections(prose: &str) -> Vec<Section<'_>> {
    let section = |stored| {
        let mut parts = str::split(stored, BLOCK);
        let mut next = || parts.next().unwrap_or_default();
        Section { id: next(), title: next(), blocks: parts.map(block).collect() }
    };
    prose.split(SECTION).map(section).collect()
}

fn block(stored: &str) -> Block<'_> {
    if !stored.starts_with([BULLETS, NUMBERS]) {
        return Block::Paragraph(spans(stored));
    }
    // Both marks are one byte long.
    Block::List { numbered: stored.starts_with(NUMBERS), items: stored[1..].split(ITEM).map(spans).collect() }
}

fn spans(stored: &str) -> Vec<Span<'_>> {
    stored.split(SPAN).map(span).filter(|span| !span.words.text().is_empty()).collect()
}

fn span(stored: &str) -> Span<'_> {
    let plain = stored.strip_prefix(STRONG);
    let (strong, stored) = (plain.is_some(), plain.unwrap_or(stored));
    let words = if let Some(code) = stored.strip_prefix(CODE) {
        Words::Code(code)
    } else if let Some((id, text)) = stored.strip_prefix(TERM).and_then(|term| term.split_once(IS)) {
        Words::Term { text, id }
    } else {
        Words::Text(stored)
    };
    Span { words, strong }
}
