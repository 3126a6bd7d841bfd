//! Undo and redo: capped stacks of whole documents behind `Rc`, one entry per gesture.
//!
//! Nodes and edges are shared between snapshots, so an entry costs two small maps, not a deep copy.

use std::collections::VecDeque;
use std::rc::Rc;

use super::session::{Selection, Target};
use crate::topology::document::{Change, Document};

/// Steps kept at most; the oldest is forgotten first.
pub const HISTORY_MAX: usize = 200;

/// A document to go back (or forward) to, and what separates it from its neighbor.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What the step did, e.g. "Move 3 nodes".
    pub label: String,
    pub document: Rc<Document>,
    pub selection: Selection,
    /// It did this to the run under way instead: its number, and what.
    pub deed: Option<Rc<(u32, Vec<Change>)>>,
}

/// Which movement edits belong to: edits of one gesture make one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GestureId {
    /// Dragging cards.
    Move,
    /// Dragging a copy away.
    Copy,
    /// Arrow keys held down.
    Nudge,
    /// A slider or a field being changed.
    Param(Target, String),
    /// Anything else; the name tells gestures apart.
    Named(String),
}

/// A gesture under way.
#[derive(Clone, Debug)]
pub struct OpenGesture {
    pub id: GestureId,
    /// Label and document from before the gesture.
    pub start: Entry,
}

/// The stacks.
#[derive(Clone, Debug, Default)]
pub struct History {
    past: VecDeque<Entry>,
    future: Vec<Entry>,
    open: Option<OpenGesture>,
}

impl History {
    /// Label of the step that undo would take back.
    #[must_use]
    pub fn undo_label(&self) -> Option<&str> {
        match &self.open {
            Some(open) => Some(&open.start.label),
            None => self.past.back().map(|entry| entry.label.as_str()),
        }
    }

    /// How many steps can be undone.
    #[must_use]
    pub fn undo_len(&self) -> usize {
        self.past.len()
    }

    /// How many steps can be redone.
    #[must_use]
    pub fn redo_len(&self) -> usize {
        self.future.len()
    }

    /// The gesture under way.
    #[must_use]
    pub fn gesture(&self) -> Option<&OpenGesture> {
        self.open.as_ref()
    }

    /// Notes a finished step; `before` is what stood before it. What could be redone is forgotten.
    pub(super) fn push(&mut self, before: Entry) {
        self.past.push_back(before);
        if self.past.len() > HISTORY_MAX {
            self.past.pop_front();
        }
        self.future.clear();
    }

    pub(super) fn begin(&mut self, id: GestureId, start: Entry) {
        self.open = Some(OpenGesture { id, start });
    }

    pub(super) fn relabel(&mut self, label: String) {
        if let Some(open) = &mut self.open {
            open.start.label = label;
        }
    }

    /// Ends the gesture without noting it: to commit or to take back is the caller's choice.
    pub(super) fn take_gesture(&mut self) -> Option<OpenGesture> {
        self.open.take()
    }

    /// One step back: gives what stood before, keeps `now` for redo.
    pub(super) fn undo(&mut self, document: &Rc<Document>, selection: &Selection) -> Option<Entry> {
        let back = self.past.pop_back()?;
        self.future.push(beside(&back, document, selection));
        Some(back)
    }

    /// One step forward again.
    pub(super) fn redo(&mut self, document: &Rc<Document>, selection: &Selection) -> Option<Entry> {
        let forth = self.future.pop()?;
        self.past.push_back(beside(&forth, document, selection));
        Some(forth)
    }

    /// Number of the latest step, if it was a deed.
    #[must_use]
    pub fn latest_deed(&self) -> Option<u32> {
        self.past.back().and_then(|entry| entry.deed.as_ref()).map(|deed| deed.0)
    }

    pub(super) fn forget_deeds(&mut self) {
        self.past.retain(|entry| entry.deed.is_none());
        self.future.retain(|entry| entry.deed.is_none());
    }
}

/// The same step, seen from its other side.
fn beside(step: &Entry, document: &Rc<Document>, selection: &Selection) -> Entry {
    Entry { document: document.clone(), selection: selection.clone(), ..step.clone() }
}
