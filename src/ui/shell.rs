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

/// Asks of the page; never a cause to render.
#[derive(Clone, Debug, PartialEq)]
pub struct Shell {
    pub dialog: Callback<Option<DialogKind>>,
    pub open: Callback<Rc<Opening>>,
}

impl Shell {
    pub fn show(&self, dialog: DialogKind) {
        self.dialog.emit(Some(dialog));
    }

    pub fn open(&self, opening: Opening) {
        self.open.emit(Rc::new(opening));
    }
}

#[hook]
pub fn use_shell() -> Shell {
    use_context().expect("every component of the page stands inside the providers")
}
