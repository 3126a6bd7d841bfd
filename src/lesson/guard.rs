//! A lesson's lock on the drawing, as the editor asks it before each change; [`super::rules`] makes it from the lesson.

use std::collections::{BTreeMap, BTreeSet};

use crate::topology::document::{AreaId, Document, EdgeId, NodeId, Target};

/// What a lesson keeps from being changed. Empty = everything may change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    /// May not be deleted.
    pub keep_nodes: BTreeSet<NodeId>,
    /// May not be deleted or re-plugged.
    pub keep_edges: BTreeSet<EdgeId>,
    /// Parameters that may not be set; key `*` = all of the target's.
    pub fixed_params: BTreeSet<(Target, String)>,
    /// Areas that may not be deleted and stay the region that they are.
    pub keep_areas: BTreeSet<AreaId>,
    /// Nodes that stay in the area that they stand in.
    pub keep_places: BTreeSet<NodeId>,
    /// Kinds that may be added, with [`AREA_KIND`] for areas; `None` = all.
    pub kinds: Option<BTreeSet<String>>,
    /// Where only some of a parameter's options may be chosen: their ids.
    pub choices: BTreeMap<(Target, String), BTreeSet<String>>,
    /// Faults, windows, seed, run length, warm-up, "good within" stay.
    pub fixed_run: bool,
    /// It is no lesson: another tab edits the drawing.
    pub read_only: bool,
}

/// What [`Guard::kinds`] calls regions and zones.
pub const AREA_KIND: &str = "region";

impl Guard {
    /// Nothing of `document` may change.
    #[must_use]
    pub fn whole(document: &Document) -> Self {
        let targets = document.nodes.keys().map(|id| Target::Node(*id));
        let targets = targets.chain(document.edges.keys().map(|id| Target::Edge(*id)));
        Self {
            keep_nodes: document.nodes.keys().copied().collect(),
            keep_edges: document.edges.keys().copied().collect(),
            fixed_params: targets.map(|target| (target, "*".to_owned())).collect(),
            keep_areas: document.areas.keys().copied().collect(),
            keep_places: document.nodes.keys().copied().collect(),
            kinds: Some(BTreeSet::new()),
            choices: BTreeMap::new(),
            fixed_run: true,
            read_only: true,
        }
    }

    /// Why something may not be added.
    #[must_use]
    pub const fn absence(&self) -> &'static str {
        if self.read_only { "Another tab edits this drawing." } else { "Not available in this lesson." }
    }

    /// Whether regions and zones may be added.
    #[must_use]
    pub fn allows_areas(&self) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(AREA_KIND))
    }

    /// Whether a parameter may not be set.
    #[must_use]
    pub fn fixes(&self, target: Target, key: &str) -> bool {
        ["*", key].iter().any(|key| self.fixed_params.contains(&(target, (*key).to_owned())))
    }

    /// Whether an option of a parameter is held back.
    #[must_use]
    pub fn holds_back(&self, target: Target, key: &str, option: &str) -> bool {
        self.choices.get(&(target, key.to_owned())).is_some_and(|allowed| !allowed.contains(option))
    }
}
