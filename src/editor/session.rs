//! What is not the document: what is selected, what the camera shows, which panels are open. Never undone.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::geometry::{Camera, Size};
use crate::engine::sort;
pub use crate::topology::document::Target;
use crate::topology::document::{AreaId, Change, Document, EdgeId, Fault, FaultTarget, NodeId, Point};

/// The selected nodes, edges and areas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    pub nodes: BTreeSet<NodeId>,
    pub edges: BTreeSet<EdgeId>,
    pub areas: BTreeSet<AreaId>,
}

impl Selection {
    #[must_use]
    pub fn of(target: Target) -> Self {
        let mut selection = Self::default();
        selection.insert(target);
        selection
    }

    #[must_use]
    pub fn of_nodes(nodes: impl IntoIterator<Item = NodeId>) -> Self {
        Self { nodes: sort::set(nodes), ..Self::default() }
    }

    #[must_use]
    pub fn all(document: &Document) -> Self {
        Self {
            nodes: sort::set(document.nodes.keys().copied()),
            edges: sort::set(document.edges.keys().copied()),
            areas: sort::set(document.areas.keys().copied()),
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.edges.is_empty() && self.areas.is_empty()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len() + self.edges.len() + self.areas.len()
    }

    #[must_use]
    pub fn contains(&self, target: Target) -> bool {
        match target {
            Target::Node(id) => self.nodes.contains(&id),
            Target::Edge(id) => self.edges.contains(&id),
            Target::Area(id) => self.areas.contains(&id),
        }
    }

    pub fn insert(&mut self, target: Target) {
        match target {
            Target::Node(id) => drop(self.nodes.insert(id)),
            Target::Edge(id) => drop(self.edges.insert(id)),
            Target::Area(id) => drop(self.areas.insert(id)),
        }
    }

    pub fn toggle(&mut self, target: Target) {
        let (had, _) = match target {
            Target::Node(id) => (self.nodes.remove(&id), ()),
            Target::Edge(id) => (self.edges.remove(&id), ()),
            Target::Area(id) => (self.areas.remove(&id), ()),
        };
        if !had {
            self.insert(target);
        }
    }

    /// The one selected thing; `None` for none or several.
    #[must_use]
    pub fn single(&self) -> Option<Target> {
        match (self.nodes.len(), self.edges.len(), self.areas.len()) {
            (1, 0, 0) => self.nodes.first().map(|id| Target::Node(*id)),
            (0, 1, 0) => self.edges.first().map(|id| Target::Edge(*id)),
            (0, 0, 1) => self.areas.first().map(|id| Target::Area(*id)),
            _ => None,
        }
    }

    /// Only what the document still has.
    #[must_use]
    pub fn within(&self, document: &Document) -> Self {
        Self {
            nodes: sort::set(self.nodes.iter().copied().filter(|id| document.nodes.contains_key(id))),
            edges: sort::set(self.edges.iter().copied().filter(|id| document.edges.contains_key(id))),
            areas: sort::set(self.areas.iter().copied().filter(|id| document.areas.contains_key(id))),
        }
    }
}

/// Light, dark, or as the system says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

/// What survives a reload, in the browser's local storage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PersistedSession {
    pub camera: Camera,
    pub theme: Theme,
    /// Cards snap to the grid.
    pub snap: bool,
    /// Dots move. Off is the visible pause of the animation; the simulation goes on.
    pub animate: bool,
    /// Panels by name, open or not; a missing name means the panel's own default.
    pub panels: BTreeMap<String, bool>,
    /// Chosen tab by panel name.
    pub tabs: BTreeMap<String, String>,
    /// Keys that were changed, by the command's id; an empty one: the command has none.
    pub keys: BTreeMap<String, String>,
    /// Whether keys without Control do anything: letters, digits and signs.
    pub plain_keys: bool,
}

impl Default for PersistedSession {
    fn default() -> Self {
        Self {
            camera: Camera::default(),
            theme: Theme::System,
            snap: true,
            animate: true,
            panels: BTreeMap::new(),
            tabs: BTreeMap::new(),
            keys: BTreeMap::new(),
            plain_keys: true,
        }
    }
}

/// A sentence for the person at the screen; a new `serial` means that it shall be said again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notice {
    pub serial: u32,
    pub text: String,
}

/// The fault whose card is open.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultCard {
    /// Planned: its place in the timetable.
    Planned(usize),
    /// Aimed, not let loose yet: its numbers come first.
    Aimed(Fault),
    /// In force.
    InForce { kind: String, target: FaultTarget },
}

/// Something that a hand does to the run under way, beside the document.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    Do(Vec<Change>),
    TakeBack,
}

/// Deeds that the run's side may still have to hear of.
const DEEDS_MAX: usize = 16;

/// What hands did to the run under way, latest last: each with the number of its step and a number of its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deeds {
    pub latest: Vec<(u32, u32, Deed)>,
    pub serial: u32,
}

impl Deeds {
    pub(super) fn push(&mut self, step: u32, deed: Deed) {
        self.serial = self.serial.wrapping_add(1);
        self.latest.push((self.serial, step, deed));
        if self.latest.len() > DEEDS_MAX {
            self.latest.remove(0);
        }
    }
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Session {
    pub kept: PersistedSession,
    pub selection: Selection,
    /// Size of the stage [screen px]; zero until the stage has measured itself.
    pub viewport: Size,
    /// Last thing to tell: why an edit was refused, what was undone. Shown and read aloud (a live region).
    pub notice: Notice,
    /// Where keyboard focus shall go; a new serial asks again.
    pub focus: Option<(Target, u32)>,
    pub fault: Option<FaultCard>,
    pub deeds: Deeds,
    /// Faults that a hand let loose for so many seconds.
    pub lasting: Vec<(Fault, f64)>,
    /// The card or frame whose name is being typed on the canvas.
    pub renaming: Option<Target>,
    /// Where the menu of commands is open [screen px].
    pub menu: Option<Point>,
    /// Fingers on the stage now.
    pub touches: Vec<(u32, Point)>,
}

impl Session {
    #[must_use]
    pub fn camera(&self) -> Camera {
        self.kept.camera
    }

    /// Whether a panel is open, given what it is by default.
    #[must_use]
    pub fn panel_open(&self, name: &str, by_default: bool) -> bool {
        self.kept.panels.get(name).copied().unwrap_or(by_default)
    }

    /// The world point in the middle of the stage.
    #[must_use]
    pub fn view_center(&self) -> Point {
        self.camera().world_from_screen(Point { x: self.viewport.width / 2.0, y: self.viewport.height / 2.0 })
    }
}

/// A change of the session.
#[derive(Clone, Debug, PartialEq)]
pub enum SessionChange {
    Select(Selection),
    Toggle(Target),
    SelectAll,
    ClearSelection,
    /// Selects the target, brings it into view and asks for keyboard focus: the jump from a problem to its place.
    Reveal(Target),
    /// The keyboard's focus goes to what lies nearest that way, and is brought into view; nothing is selected.
    Roam {
        from: Option<Target>,
        dx: f64,
        dy: f64,
    },
    SetCamera(Camera),
    /// By screen pixels; positive pushes the drawing right and down.
    PanBy {
        dx: f64,
        dy: f64,
    },
    /// Multiplies the zoom around a screen point (`None`: the middle).
    ZoomBy {
        factor: f64,
        at_screen: Option<Point>,
    },
    /// Zoom 1 around the middle.
    ZoomReset,
    /// All cards and frames in view.
    Fit,
    /// Moves the view just so far that what is selected is in it.
    ShowSelected,
    /// Opens a name on the canvas for typing, or closes it.
    Rename(Option<Target>),
    /// Opens the menu of commands at a point of the stage, or closes it.
    Menu(Option<Point>),
    SetViewport(Size),
    SetTheme(Theme),
    SetSnap(bool),
    SetAnimate(bool),
    SetPanel {
        panel: String,
        open: bool,
    },
    SetTab {
        panel: String,
        tab: String,
    },
    /// Gives a command another key; an empty one: none, `None`: its own again. Another command loses it.
    SetKey {
        id: String,
        key: Option<String>,
    },
    SetPlainKeys(bool),
    /// Opens the card of a fault, or closes it.
    ShowFault(Option<FaultCard>),
    /// A fault was dropped on something: it asks for its numbers first, or strikes at once where there are none.
    Aim(Fault),
    /// Does something to the run under way: one step to undo.
    Act(Vec<Change>),
    /// A fault starts now and is lifted so many seconds later; 0: it stays.
    Strike {
        fault: Fault,
        lasts_secs: f64,
    },
    /// That fault was lifted when its time was over, or is gone.
    Lasted(Fault),
    /// The run began anew: what was done to the earlier one cannot be undone any more.
    ForgetDeeds,
    /// Says a sentence.
    Notify(String),
    DismissNotice,
    /// Takes over what was stored by an earlier visit.
    Restore(PersistedSession),
}
