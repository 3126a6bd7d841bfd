//! Drives the editor in tests as a person would: by pointer, finger and key, with the invariants swept at each step.

use std::rc::Rc;

use super::invariants::validate_invariants;
use super::{
    Action, Button, EditCommand, EditorState, Input, InputKind, Modifiers, SessionChange, Size, Target, ToolRequest,
    geometry, update,
};
use crate::model::params::Params;
use crate::topology::document::{Document, Edge, Node, NodeId, Point};

/// A document from a line of text: `src -> lb; lb -> a; e`. Kinds follow from the names: `src…` source, `lb…`
/// balancer, `db…` database, `cache…` cache, anything else a service. Cards stand in rows of four.
pub(crate) fn document(text: &str) -> Document {
    let mut document = Document::default();
    let node = |document: &mut Document, label: &str| -> NodeId {
        if let Some((id, _)) = document.nodes.iter().find(|(_, node)| node.label == label) {
            return *id;
        }
        let kind = ["source", "balancer", "database", "cache"]
            .into_iter()
            .zip(["src", "lb", "db", "cache"])
            .find(|(_, prefix)| label.starts_with(prefix))
            .map_or("service", |(kind, _)| kind);
        let place = document.nodes.len();
        let at = Point { x: (place % 4) as f64 * 240.0, y: (place / 4) as f64 * 144.0 };
        document.add_node(Node {
            kind: kind.to_owned(),
            label: label.to_owned(),
            role: None,
            area: None,
            at,
            params: Params::new(),
        })
    };
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        match part.split_once("->") {
            Some((from, to)) => {
                let from = node(&mut document, from.trim());
                let to = node(&mut document, to.trim());
                document.add_edge(Edge { from, to, params: Params::new() });
            }
            None => drop(node(&mut document, part)),
        }
    }
    document
}

/// Nodes with places, edges by name: what an editor test wants to see of a document.
pub(crate) fn outline(document: &Document) -> String {
    let nodes = document.nodes.values().map(|node| format!("{} {},{}", node.label, node.at.x, node.at.y));
    let edges = document
        .edges
        .values()
        .map(|edge| format!("{} -> {}", document.nodes[&edge.from].label, document.nodes[&edge.to].label));
    nodes.chain(edges).collect::<Vec<_>>().join("\n")
}

pub(crate) struct TestEditor {
    pub(crate) state: EditorState,
    pos: Point,
    modifiers: Modifiers,
    touch: bool,
    pointer: u32,
}

impl TestEditor {
    /// Camera at the origin, zoom 1: screen and world agree.
    pub(crate) fn new(text: &str) -> Self {
        let mut state = EditorState::new(Rc::new(document(text)));
        state.session.viewport = Size { width: 1200.0, height: 800.0 };
        Self { state, pos: Point::default(), modifiers: Modifiers::default(), touch: false, pointer: 1 }
    }

    #[track_caller]
    pub(crate) fn act(mut self, action: Action) -> Self {
        self.state = update(&self.state, action);
        if let Err(broken) = validate_invariants(&self.state) {
            panic!("{broken}");
        }
        self
    }

    #[track_caller]
    fn input(self, kind: InputKind) -> Self {
        let input =
            Input { kind, pos_screen: self.pos, modifiers: self.modifiers, pointer: self.pointer, touch: self.touch };
        self.act(Action::Input(input))
    }

    pub(crate) fn holding(mut self, modifiers: Modifiers) -> Self {
        self.modifiers = modifiers;
        self
    }

    pub(crate) fn finger(mut self, pointer: u32) -> Self {
        (self.touch, self.pointer) = (true, pointer);
        self
    }

    #[track_caller]
    pub(crate) fn down(mut self, x: f64, y: f64) -> Self {
        self.pos = Point { x, y };
        self.input(InputKind::Down(Button::Primary))
    }

    #[track_caller]
    pub(crate) fn middle_down(mut self, x: f64, y: f64) -> Self {
        self.pos = Point { x, y };
        self.input(InputKind::Down(Button::Middle))
    }

    #[track_caller]
    pub(crate) fn moved(mut self, x: f64, y: f64) -> Self {
        self.pos = Point { x, y };
        self.input(InputKind::Move)
    }

    #[track_caller]
    pub(crate) fn up(self) -> Self {
        self.input(InputKind::Up)
    }

    #[track_caller]
    pub(crate) fn click(self, x: f64, y: f64) -> Self {
        self.down(x, y).up()
    }

    #[track_caller]
    pub(crate) fn double_click(self, x: f64, y: f64) -> Self {
        self.click(x, y).input(InputKind::DoubleClick)
    }

    #[track_caller]
    pub(crate) fn right_click(mut self, x: f64, y: f64) -> Self {
        self.pos = Point { x, y };
        let input = Input {
            kind: InputKind::Down(Button::Secondary),
            pos_screen: self.pos,
            modifiers: self.modifiers,
            pointer: self.pointer,
            touch: self.touch,
        };
        self.act(Action::AskMenu(input))
    }

    #[track_caller]
    pub(crate) fn wheel(self, dx: f64, dy: f64) -> Self {
        self.input(InputKind::Wheel { dx, dy, pinch: false })
    }

    #[track_caller]
    pub(crate) fn key(self, key: &str) -> Self {
        self.input(InputKind::KeyDown(key.to_owned())).input(InputKind::KeyUp(key.to_owned()))
    }

    #[track_caller]
    pub(crate) fn ctrl(self, key: &str) -> Self {
        let before = self.modifiers;
        self.holding(Modifiers { ctrl: true, ..before }).key(key).holding(before)
    }

    #[track_caller]
    pub(crate) fn edit(self, edit: EditCommand) -> Self {
        self.act(Action::Edit(edit))
    }

    #[track_caller]
    pub(crate) fn ask(self, request: ToolRequest) -> Self {
        self.act(Action::Tool(request))
    }

    pub(crate) fn id(&self, label: &str) -> NodeId {
        self.state.document.node_by_role(label).unwrap_or_else(|| panic!("no node is called {label}"))
    }

    /// The middle of a card, on the screen.
    pub(crate) fn middle(&self, label: &str) -> Point {
        let rect = geometry::card_rect(&self.state.document.nodes[&self.id(label)]);
        self.state.session.camera().screen_from_world(rect.center())
    }

    pub(crate) fn port(&self, label: &str) -> Point {
        let port = geometry::output_port(&self.state.document.nodes[&self.id(label)]);
        self.state.session.camera().screen_from_world(port)
    }

    #[track_caller]
    pub(crate) fn select(self, labels: &[&str]) -> Self {
        let nodes: Vec<NodeId> = labels.iter().map(|label| self.id(label)).collect();
        self.act(Action::Session(SessionChange::Select(super::Selection::of_nodes(nodes))))
    }

    #[track_caller]
    pub(crate) fn expect_tool(self, word: &str) -> Self {
        assert_eq!(self.state.tool.word(), word);
        self
    }

    #[track_caller]
    pub(crate) fn expect_selected(self, labels: &[&str]) -> Self {
        let selected: Vec<&str> =
            self.state.session.selection.nodes.iter().map(|id| self.state.document.nodes[id].label.as_str()).collect();
        assert_eq!(selected, labels);
        self
    }

    #[track_caller]
    pub(crate) fn expect_edge_selected(self, from: &str, to: &str) -> Self {
        let (from, to) = (self.id(from), self.id(to));
        match self.state.session.selection.single() {
            Some(Target::Edge(id)) => {
                let edge = &self.state.document.edges[&id];
                assert_eq!((edge.from, edge.to), (from, to));
            }
            other => panic!("selected is {other:?}"),
        }
        self
    }

    #[track_caller]
    pub(crate) fn expect_outline(self, expected: expect_test::Expect) -> Self {
        expected.assert_eq(&outline(&self.state.document));
        self
    }

    #[track_caller]
    pub(crate) fn expect_undo(self, label: Option<&str>, steps: usize) -> Self {
        assert_eq!(self.state.history.undo_label(), label);
        assert_eq!(self.state.history.undo_len(), steps);
        self
    }

    #[track_caller]
    pub(crate) fn expect_notice(self, part: &str) -> Self {
        let text = &self.state.session.notice.text;
        assert!(text.contains(part), "the notice says {text:?}");
        self
    }
}
