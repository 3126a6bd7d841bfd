//! What the page around the canvas shares: which dialog is open, and how another document gets in.

use std::rc::Rc;

use yew::prelude::*;

use crate::drawings::{Address, DrawingId, Meta};
use crate::topology::document::{Document, Input, NodeId};

/// The dialogs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialogKind {
    Help,
    /// Stations, commands, settings and words by name.
    Search,
    Gallery,
    /// The lessons alone.
    Learn,
    Share,
    /// One's own drawings, all of them.
    Drawings,
    /// Kubernetes manifests in, with a text to begin with (may be empty), or out.
    Manifest {
        text: String,
        out: bool,
    },
    /// Why it costs what it costs.
    Money,
    /// Other scalers at a station.
    WhatIf(NodeId),
}

/// Where an opened document comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An empty canvas.
    New,
    /// One's own, stored in this browser.
    Drawing(DrawingId),
    Scenario(String),
    Lesson(String),
    /// The fragment of its address, without `#`.
    Link(String),
    /// It becomes a drawing at once.
    File,
}

impl Origin {
    /// Where the same can be opened again.
    #[must_use]
    pub fn address(&self) -> Address {
        match self {
            Self::New | Self::File => Address::New,
            Self::Drawing(id) => Address::Drawing(id.clone()),
            Self::Scenario(id) => Address::Scenario(id.clone()),
            Self::Lesson(slug) => Address::Lesson(slug.clone()),
            Self::Link(fragment) => Address::Link(fragment.clone()),
        }
    }
}

/// A document on its way into the editor.
#[derive(Clone, Debug)]
pub struct Opening {
    pub document: Rc<Document>,
    /// Recorded changes of a shared run.
    pub inputs: Vec<Input>,
    pub origin: Origin,
    pub play: bool,
    /// Something to tell, e.g. that another version of the engine made it.
    pub note: Option<String>,
    /// The stored version that it is, for a drawing or a design in a lesson.
    pub kept: Option<Meta>,
}

impl Opening {
    /// An empty canvas.
    #[must_use]
    pub fn blank() -> Self {
        Self {
            document: Rc::new(Document::default()),
            inputs: Vec::new(),
            origin: Origin::New,
            play: false,
            note: None,
            kept: None,
        }
    }
}

/// Something that is asked for by name and has to be fetched first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A lesson where the learner left it, by its slug or another of its names.
    Lesson(String),
    /// A scenario, by its id.
    Scenario(String),
    /// The scenario of the tour, which a first visit shows.
    Tour,
    /// What a visit begins with after that.
    First,
    /// A drawing of one's own.
    Drawing(DrawingId),
}

/// Asks of the page; never a cause to render.
#[derive(Clone, Debug, PartialEq)]
pub struct Shell {
    pub dialog: Callback<Option<DialogKind>>,
    pub open: Callback<Rc<Opening>>,
    pub fetch: Callback<Wanted>,
    /// Starts the tour again, or ends it for good.
    pub tour: Callback<bool>,
}

impl Shell {
    pub fn show(&self, dialog: DialogKind) {
        self.dialog.emit(Some(dialog));
    }

    pub fn open(&self, opening: Opening) {
        self.open.emit(Rc::new(opening));
    }

    /// Opens what was chosen by name, as soon as its file is here.
    pub fn fetch(&self, wanted: Wanted) {
        self.fetch.emit(wanted);
    }
}

#[hook]
pub fn use_shell() -> Shell {
    use_context().expect("every component of the page stands inside the providers")
}
