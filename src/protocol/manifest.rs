//! Kubernetes manifests between the page and the program that reads and writes them.
//!
//! That program is loaded when manifests are first asked for, so that neither page nor simulation carries YAML. What manifests
//! say is offered with the line of every value, and applied as one edit; while anything in them is wrong, nothing is.

use serde::{Deserialize, Serialize};

/// Page to the program of manifests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToManifests {
    /// Comes back with the answer.
    pub job: u32,
    pub ask: ManifestAsk,
}

/// The program of manifests to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FromManifests {
    /// First of all: what it was built from.
    Ready {
        build: String,
    },
    Answer {
        job: u32,
        answer: ManifestAnswer,
    },
}

/// What the page wants to know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ManifestAsk {
    /// What this text says.
    Read { text: String, stations: Stations },
    /// A service of this name with these parameters (`model::params::Params` as JSON), as a manifest.
    Write { label: String, params_json: String, stations: Stations },
}

/// What the stations of the drawing are called: (number of the node, label).
pub type Stations = Vec<(u32, String)>;

/// The answer, of the same sort as the question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ManifestAnswer {
    Read(Understood),
    Written(Written),
}

/// What a text says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Understood {
    /// What services can be made of it.
    pub services: Vec<Offered>,
    /// What was left out or is wrong: errors first, then by line.
    pub notes: Vec<NoteFrame>,
}

impl Understood {
    /// Whether it can be applied: something was understood, and nothing is wrong.
    #[must_use]
    pub fn sound(&self) -> bool {
        !self.services.is_empty() && self.errors() == 0
    }

    #[must_use]
    pub fn errors(&self) -> usize {
        self.notes.iter().filter(|note| note.weight == NoteWeight::Error).count()
    }
}

/// A service that can be made of a Deployment, of an autoscaler, or of both.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Offered {
    pub name: String,
    /// What was understood, in order.
    pub facts: Vec<Fact>,
    /// What to set: `model::params::Params` as JSON.
    pub params_json: String,
}

/// Something that was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub what: String,
    pub value: String,
    /// Where it stands, counted from 1; 0: nowhere, it is what absence means.
    pub line: u32,
}

/// How much a note matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum NoteWeight {
    /// Nothing is applied as long as it remains.
    Error,
    /// Something that is meant was left out or taken otherwise.
    Warning,
    /// Something without meaning in a simulation was left out.
    Info,
}

/// Something to know about a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteFrame {
    /// Counted from 1.
    pub line: u32,
    /// Where in the object, e.g. `spec.metrics[2].pods`; may be empty.
    pub path: String,
    pub weight: NoteWeight,
    /// What is the matter, and what to do about it.
    pub text: String,
}

/// A service as a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// YAML that `kubectl apply` accepts.
    pub text: String,
    /// What of the service a manifest cannot say.
    pub notes: Vec<String>,
}
