//! Writes live numbers straight into cards and wires, past Yew: ten times a second, only what changed, and only where
//! something is drawn.
//!
//! Elements are found by their id and `data-live`. Yew renders those marked `data-live` empty and never looks into them
//! again, so the two do not get in each other's way.

use std::collections::BTreeMap;

use web_sys::Element;

use crate::editor::gauge::{self, Squares, Strip};
use crate::editor::geometry::card_rect;
use crate::editor::{EditorState, Rect, Target, wire};
use crate::protocol::{Frame, ReplicaState, RunStatus};
use crate::topology::document::{Edge, EdgeId, Node, NodeId};

/// A card, a wire or its words: its element, those within it, and what was written where.
#[derive(Debug)]
struct Written {
    root: Option<Element>,
    parts: BTreeMap<&'static str, Option<Element>>,
    values: BTreeMap<(&'static str, &'static str), String>,
}

impl Written {
    fn find(stage: &Element, kind: &str, id: u32) -> Self {
        let root = stage.query_selector(&format!("#{kind}-{id}")).ok().flatten();
        Self { root, parts: BTreeMap::new(), values: BTreeMap::new() }
    }

    fn element(&mut self, part: &'static str) -> Option<&Element> {
        let root = self.root.as_ref()?;
        if part.is_empty() {
            return Some(root);
        }
        let find = || root.query_selector(&format!("[data-live={part}]")).ok().flatten();
        self.parts.entry(part).or_insert_with(find).as_ref()
    }

    /// Whether this is not what stands there.
    fn is_new(&mut self, part: &'static str, name: &'static str, value: &str) -> bool {
        match self.values.get_mut(&(part, name)) {
            Some(before) if before == value => return false,
            Some(before) => value.clone_into(before),
            None => drop(self.values.insert((part, name), value.to_owned())),
        }
        true
    }

    fn text(&mut self, part: &'static str, text: &str) {
        if self.is_new(part, "text", text)
            && let Some(element) = self.element(part)
        {
            element.set_text_content(Some(text));
        }
    }

    /// An empty value takes the attribute away.
    fn attribute(&mut self, part: &'static str, name: &'static str, value: &str) {
        if self.is_new(part, name, value)
            && let Some(element) = self.element(part)
        {
            // Fails only for names that are no attribute names.
            let _ = if value.is_empty() { element.remove_attribute(name) } else { element.set_attribute(name, value) };
        }
    }

    /// `far`: the card is too small for more than its state.
    fn node(&mut self, id: NodeId, node: &Node, frame: Option<&Frame>, far: bool) {
        let station = frame.and_then(|frame| frame.stations.iter().find(|station| station.node == id.0));
        let finished = frame.is_some_and(|frame| frame.status == RunStatus::Finished);
        let Some(told) = station.map(|station| gauge::gauge(node, station, finished)) else {
            self.attribute("", "data-condition", "");
            for part in ["state", "value", "queue"] {
                self.text(part, "");
            }
            self.attribute("bar", "width", "0");
            self.attribute("queue-bar", "height", "0");
            self.squares(&gauge::resting_squares(node));
            self.strip(&Strip::default());
            return;
        };
        self.attribute("", "data-condition", told.condition.word());
        if far {
            return;
        }
        self.text("state", told.state_line.as_deref().unwrap_or(""));
        self.text("value", &told.value);
        self.text("queue", told.queue.as_deref().unwrap_or(""));
        let (share, level) = told.bar.map_or((0.0, ""), |(share, level)| (share, level.word()));
        self.attribute("bar", "width", &format!("{:.1}", share * 100.0));
        self.attribute("bar", "data-level", level);
        self.attribute("", "data-bar", if told.bar.is_some() { "yes" } else { "" });
        let waiting = told.queue_share.unwrap_or(0.0) * 100.0;
        self.attribute("queue-bar", "height", &format!("{waiting:.1}"));
        self.attribute("queue-bar", "y", &format!("{:.1}", 100.0 - waiting));
        self.strip(&told.strip.unwrap_or_default());
        if let Some(squares) = &told.squares {
            self.squares(squares);
        }
    }

    fn strip(&mut self, strip: &Strip) {
        for (part, path) in [("strip-up", &strip.up), ("strip-mistaken", &strip.mistaken), ("strip-down", &strip.down)]
        {
            self.attribute(part, "d", path);
        }
    }

    fn squares(&mut self, squares: &Squares) {
        for (part, path) in [
            ("sq-ready", &squares.ready),
            ("sq-busy", &squares.busy),
            ("sq-starting", &squares.starting),
            ("sq-draining", &squares.draining),
            ("sq-dead", &squares.dead),
        ] {
            self.attribute(part, "d", path);
        }
        let more = if squares.more > 0 { format!("+{}", squares.more) } else { String::new() };
        self.text("sq-more", &more);
    }
}

/// What is written now.
#[derive(Debug, Default)]
pub struct Gauges {
    places: BTreeMap<Target, Written>,
    /// The words at wires.
    labels: BTreeMap<EdgeId, Written>,
}

impl Gauges {
    /// The drawing changed: elements may be new.
    pub fn forget(&mut self) {
        self.places.clear();
        self.labels.clear();
    }

    /// Shows `frame`, or the system at rest, on what is `drawn` (`None`: everything). `told`: of which wires the rate is
    /// seen.
    pub(super) fn show(
        &mut self,
        stage: &Element,
        state: &EditorState,
        frame: Option<&Frame>,
        (drawn, far): (Option<Rect>, bool),
        told: &dyn Fn(&EdgeId) -> bool,
    ) {
        let near = |rect: Rect| drawn.is_none_or(|drawn| drawn.touches(&rect));
        for (id, node) in &state.drawn.nodes {
            let target = Target::Node(*id);
            if near(card_rect(node)) {
                let find = || Written::find(stage, "node", id.0);
                self.places.entry(target).or_insert_with(find).node(*id, node, frame, far);
            } else {
                self.places.remove(&target);
            }
        }
        for (id, edge) in &state.drawn.edges {
            if state.curves.get(id).is_some_and(|curve| near(curve.around())) {
                self.edge(stage, *id, edge, frame, told(id));
            } else {
                self.places.remove(&Target::Edge(*id));
                self.labels.remove(id);
            }
        }
    }

    fn edge(&mut self, stage: &Element, id: EdgeId, edge: &Edge, frame: Option<&Frame>, told_rate: bool) {
        let line = self.places.entry(Target::Edge(id)).or_insert_with(|| Written::find(stage, "edge", id.0));
        let label = self.labels.entry(id).or_insert_with(|| Written::find(stage, "edge-label", id.0));
        let of = frame.and_then(|frame| frame.edges.iter().find(|of| of.edge == id.0).map(|of| (frame, of)));
        let Some((frame, of)) = of else {
            line.attribute("", "data-cut", "");
            label.text("badge", "");
            label.text("rate", "");
            label.attribute("breaker", "data-state", "closed");
            label.text("breaker-state", "");
            return;
        };
        let target_dead = frame.stations.iter().find(|station| station.node == edge.to.0).is_some_and(|station| {
            !station.replicas.is_empty() && station.replicas.iter().all(|replica| replica.state == ReplicaState::Dead)
        });
        let told = wire::edge_gauge(of, target_dead);
        line.attribute("", "data-cut", if told.cut { "yes" } else { "" });
        label.text("badge", told.badge.as_deref().unwrap_or(""));
        label.text("rate", if told_rate { &told.rate } else { "" });
        if let Some((state, words)) = &told.breaker {
            label.attribute("breaker", "data-state", state);
            label.text("breaker-state", if *state == "closed" { "" } else { words });
        }
    }
}
