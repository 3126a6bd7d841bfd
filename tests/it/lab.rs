//! A lab whose prose is held to what its documents do.

use std::collections::BTreeSet;

use headroom::lesson::catalog;
use headroom::topology::document::Document;

use crate::lessons::{numbers, prose, read};

/// A lab with its prose, and the numbers of it that have been checked.
pub struct Lab {
    pub slug: &'static str,
    prose: String,
    pub start: Document,
    pub solutions: Vec<(&'static str, Document)>,
    said: BTreeSet<String>,
}

impl Lab {
    pub fn open(slug: &str) -> Self {
        let files = catalog::lesson(slug).expect("the lab exists");
        let (_, start, solutions) = read(files);
        let prose = prose(files.slug);
        Self { slug: files.slug, prose, start, solutions, said: BTreeSet::new() }
    }

    /// The prose says these words, and they are so.
    #[track_caller]
    pub fn says(&mut self, words: &str, so: bool) {
        assert!(self.prose.contains(words), "{}: the prose does not say: {words}", self.slug);
        assert!(so, "{}: it is not so: {words}", self.slug);
        self.said.extend(numbers(words));
    }

    /// No number of the prose is left over.
    #[track_caller]
    pub fn is_checked(&self) {
        let left_over: Vec<String> = numbers(&self.prose).difference(&self.said).cloned().collect();
        assert!(left_over.is_empty(), "{}: numbers that nobody checked: {left_over:?}", self.slug);
    }
}
