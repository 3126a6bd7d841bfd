//! A run in newer words: what stands in its document beside what decides it.

use std::rc::Rc;

use super::Run;
use crate::topology::document::{Area, AreaId, Change, Document, Node, NodeId};

impl Run {
    /// The run with the title, notes, labels and places of `document`: they change no result, so who computes the run need
    /// not be told of them, but its link should show the newest.
    #[must_use]
    pub fn relabeled(mut self, document: &Document) -> Self {
        self.document.title.clone_from(&document.title);
        self.document.notes.clone_from(&document.notes);
        let relabel = |id: &NodeId, node: &mut Rc<Node>| {
            if let Some(seen) = document.nodes.get(id) {
                let node = Rc::make_mut(node);
                node.label.clone_from(&seen.label);
                node.at = seen.at;
            }
        };
        let relabel_area = |id: &AreaId, area: &mut Rc<Area>| {
            if let Some(seen) = document.areas.get(id) {
                let area = Rc::make_mut(area);
                area.label.clone_from(&seen.label);
                (area.at, area.size) = (seen.at, seen.size);
            }
        };
        for (id, node) in &mut self.document.nodes {
            relabel(id, node);
        }
        for (id, area) in &mut self.document.areas {
            relabel_area(id, area);
        }
        for input in &mut self.inputs {
            if let Change::Edit(edit) = &mut input.change {
                for (id, node) in &mut edit.nodes {
                    if let Some(node) = node {
                        relabel(id, node);
                    }
                }
                for (id, area) in &mut edit.areas {
                    if let Some(area) = area {
                        relabel_area(id, area);
                    }
                }
            }
        }
        self
    }
}
