//! Writes live numbers straight into cards and wires, past Yew: ten times a second, and only what changed.
//!
//! Elements are found by `data-node`, `data-edge` and `data-live`. Yew renders those marked `data-live` empty and never
//! looks into them again, so the two do not get in each other's way.

use std::collections::HashMap;

use web_sys::Element;

use crate::editor::gauge::{self, Squares, Strip};
use crate::editor::wire;
use crate::protocol::{Frame, ReplicaState, RunStatus};
use crate::topology::document::{Document, Edge, EdgeId, Node, NodeId};

/// What was written where, so that nothing is written twice.
#[derive(Debug, Default)]
pub struct Gauges {
    /// Elements by `node 3/value`.
    found: HashMap<String, Option<Element>>,
    written: HashMap<String, String>,
}

impl Gauges {
    /// The drawing changed: elements may be new.
    pub fn forget(&mut self) {
        self.found.clear();
        self.written.clear();
    }

    /// Shows `frame`, or the system at rest.
    pub fn show(&mut self, stage: &Element, document: &Document, frame: Option<&Frame>) {
        for (id, node) in &document.nodes {
            self.show_node(stage, *id, node, frame);
        }
        for (id, edge) in &document.edges {
            self.show_edge(stage, *id, edge, frame);
        }
    }

    fn show_node(&mut self, stage: &Element, id: NodeId, node: &Node, frame: Option<&Frame>) {
        let owner = format!("node-{}", id.0);
        let station = frame.and_then(|frame| frame.stations.iter().find(|station| station.node == id.0));
        let finished = frame.is_some_and(|frame| frame.status == RunStatus::Finished);
        let Some(told) = station.map(|station| gauge::gauge(node, station, finished)) else {
            self.attribute(stage, &owner, "", "data-condition", "");
            for part in ["state", "value", "queue"] {
                self.text(stage, &owner, part, "");
            }
            self.attribute(stage, &owner, "bar", "width", "0");
            self.attribute(stage, &owner, "queue-bar", "height", "0");
            self.squares(stage, &owner, &gauge::resting_squares(node));
            self.strip(stage, &owner, &Strip::default());
            return;
        };
        self.attribute(stage, &owner, "", "data-condition", told.condition.word());
        self.text(stage, &owner, "state", told.state_line.as_deref().unwrap_or(""));
        self.text(stage, &owner, "value", &told.value);
        self.text(stage, &owner, "queue", told.queue.as_deref().unwrap_or(""));
        let (share, level) = told.bar.map_or((0.0, ""), |(share, level)| (share, level.word()));
        self.attribute(stage, &owner, "bar", "width", &format!("{:.1}", share * 100.0));
        self.attribute(stage, &owner, "bar", "data-level", level);
        self.attribute(stage, &owner, "", "data-bar", if told.bar.is_some() { "yes" } else { "" });
        let waiting = told.queue_share.unwrap_or(0.0) * 100.0;
        self.attribute(stage, &owner, "queue-bar", "height", &format!("{waiting:.1}"));
        self.attribute(stage, &owner, "queue-bar", "y", &format!("{:.1}", 100.0 - waiting));
        self.strip(stage, &owner, &told.strip.unwrap_or_default());
        if let Some(squares) = &told.squares {
            self.squares(stage, &owner, squares);
        }
    }

    fn strip(&mut self, stage: &Element, owner: &str, strip: &Strip) {
        for (part, path) in [("strip-up", &strip.up), ("strip-mistaken", &strip.mistaken), ("strip-down", &strip.down)]
        {
            self.attribute(stage, owner, part, "d", path);
        }
    }

    fn squares(&mut self, stage: &Element, owner: &str, squares: &Squares) {
        for (part, path) in [
            ("sq-ready", &squares.ready),
            ("sq-busy", &squares.busy),
            ("sq-starting", &squares.starting),
            ("sq-draining", &squares.draining),
            ("sq-dead", &squares.dead),
        ] {
            self.attribute(stage, owner, part, "d", path);
        }
        let more = if squares.more > 0 { format!("+{}", squares.more) } else { String::new() };
        self.text(stage, owner, "sq-more", &more);
    }

    fn show_edge(&mut self, stage: &Element, id: EdgeId, edge: &Edge, frame: Option<&Frame>) {
        let (owner, label) = (format!("edge-{}", id.0), format!("edge-label-{}", id.0));
        let of = frame.and_then(|frame| frame.edges.iter().find(|of| of.edge == id.0).map(|of| (frame, of)));
        let Some((frame, of)) = of else {
            self.attribute(stage, &owner, "", "data-cut", "");
            self.text(stage, &label, "badge", "");
            self.text(stage, &label, "rate", "");
            self.attribute(stage, &label, "breaker", "data-state", "closed");
            self.text(stage, &label, "breaker-state", "");
            return;
        };
        let target_dead = frame.stations.iter().find(|station| station.node == edge.to.0).is_some_and(|station| {
            !station.replicas.is_empty() && station.replicas.iter().all(|replica| replica.state == ReplicaState::Dead)
        });
        let told = wire::edge_gauge(of, target_dead);
        self.attribute(stage, &owner, "", "data-cut", if told.cut { "yes" } else { "" });
        self.text(stage, &label, "badge", told.badge.as_deref().unwrap_or(""));
        self.text(stage, &label, "rate", &told.rate);
        if let Some((state, words)) = &told.breaker {
            self.attribute(stage, &label, "breaker", "data-state", state);
            self.text(stage, &label, "breaker-state", if *state == "closed" { "" } else { words });
        }
    }

    fn element(&mut self, stage: &Element, owner: &str, part: &str) -> Option<Element> {
        self.found
            .entry(format!("{owner}/{part}"))
            .or_insert_with(|| {
                let selector =
                    if part.is_empty() { format!("#{owner}") } else { format!("#{owner} [data-live={part}]") };
                stage.query_selector(&selector).ok().flatten()
            })
            .clone()
    }

    fn text(&mut self, stage: &Element, owner: &str, part: &str, text: &str) {
        if self.is_new(owner, part, "text", text)
            && let Some(element) = self.element(stage, owner, part)
        {
            element.set_text_content(Some(text));
        }
    }

    /// An empty value takes the attribute away.
    fn attribute(&mut self, stage: &Element, owner: &str, part: &str, name: &'static str, value: &str) {
        if self.is_new(owner, part, name, value)
            && let Some(element) = self.element(stage, owner, part)
        {
            // Fails only for names that are no attribute names.
            let _ = if value.is_empty() { element.remove_attribute(name) } else { element.set_attribute(name, value) };
        }
    }

    fn is_new(&mut self, owner: &str, part: &str, name: &str, value: &str) -> bool {
        let key = format!("{owner}/{part}/{name}");
        if self.written.get(&key).is_some_and(|before| before == value) {
            return false;
        }
        self.written.insert(key, value.to_owned());
        true
    }
}
