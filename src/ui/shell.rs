//! What the page around the canvas shares: which dialog is open, and how another document gets in.

use std::rc::Rc;

use yew::prelude::*;

use crate::topology::document::{Document, Input, NodeId};

/// The dialogs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialogKind {
    Help,
    Gallery,
    Share,
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
    /// The learner's own work.
    Draft,
    Scenario(String),
    Lesson(String),
    Link,
    File,
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
}

/// Something that comes with Headroom and is asked for by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A lesson where the learner left it, by its slug or another of its names.
    Lesson(String),
    /// A scenario, by its id.
    Scenario(String),
    /// The scenario that a first visit shows.
    First,
}

/// Asks for something that has to be fetched first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub wanted: Wanted,
    /// Whether to ask before it takes the place of the learner's draft: a link came over it.
    pub asks: bool,
}

/// Asks of the page; never a cause to render.
#[derive(Clone, Debug, PartialEq)]
pub struct Shell {
    pub dialog: Callback<Option<DialogKind>>,
    pub open: Callback<Rc<Opening>>,
    pub fetch: Callback<Request>,
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
        self.fetch.emit(Request { wanted, asks: false });
    }
}

#[hook]
pub fn use_shell() -> Shell {
    use_context().expect("every component of the page stands inside the providers")
}
