//! The marks between the parts of a lesson's prose as the build stores it. `build/course/prose.rs` writes them,
//! `text.rs` reads them. Control characters: no text that a person writes holds one.

/// Between sections. A section: its id, its title, its blocks.
pub const SECTION: char = '\u{1c}';
/// Between the parts of a section.
pub const BLOCK: char = '\u{1d}';
/// Between the items of a list.
pub const ITEM: char = '\u{1e}';
/// Before and after marked words within a line.
pub const SPAN: char = '\u{1f}';

/// Begins a block that is a list. A block without such a mark is a paragraph.
pub const BULLETS: char = '\u{1}';
/// The same, numbered.
pub const NUMBERS: char = '\u{2}';

/// Begins strong words; one of the marks below may follow.
pub const STRONG: char = '\u{3}';
/// Begins code.
pub const CODE: char = '\u{4}';
/// Begins words that a glossary card explains: the term's id, [`IS`], the words.
pub const TERM: char = '\u{5}';
pub const IS: char = '\u{6}';
