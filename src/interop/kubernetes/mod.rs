//! Kubernetes manifests: a Deployment and the HorizontalPodAutoscaler on it, read with the place of every value.
//!
//! Whatever has no meaning in the simulation is named with its line, never dropped in silence: [`Manifest::notes`].

mod fields;
mod offer;
mod quantity;
mod read;
mod service;
mod write;

pub use offer::{answer, export, understand};
pub use quantity::{parse_quantity, write_quantity};
pub use read::read;
pub use service::{Adopted, Part, Remark, from_service, to_scaler, to_service};
pub use write::write;

use crate::model::scaler::hpa::Settings;

/// A place in the text, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

/// How much a note matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The object could not be read.
    Error,
    /// Something that is meant was left out.
    Warning,
    /// Something without meaning in a simulation was left out.
    Info,
}

/// Something to know about a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub place: Place,
    /// Where in the object, e.g. `spec.metrics[2].pods`.
    pub path: String,
    pub weight: Weight,
    /// What is the matter, and what to do about it.
    pub text: String,
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}: {}", self.place.line, self.path, self.text)
    }
}

/// Where the values of one object stand, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places(Vec<(String, Place)>);

impl Places {
    /// Where a value stands; if it is not there, where what is around it does.
    #[must_use]
    pub fn of(&self, path: &str) -> Option<Place> {
        let mut path = path;
        loop {
            if let Some((_, place)) = self.0.iter().find(|(known, _)| known == path) {
                return Some(*place);
            }
            path = &path[..path.rfind(['.', '[']).unwrap_or(0)];
            if path.is_empty() {
                return self.0.first().map(|(_, place)| *place);
            }
        }
    }

    /// Where a value stands, if it is there.
    #[must_use]
    pub fn exactly(&self, path: &str) -> Option<Place> {
        self.0.iter().find(|(known, _)| known == path).map(|(_, place)| *place)
    }
}

/// Whether a text looks like a manifest, so that it is worth reading as one. Any object of Kubernetes says what it is.
#[must_use]
pub fn looks_like_one(text: &str) -> bool {
    text.contains("apiVersion") && text.contains("kind")
}

/// What a text of manifests says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    pub deployments: Vec<Deployment>,
    pub autoscalers: Vec<Autoscaler>,
    /// Where their values stand, one for each.
    pub deployment_places: Vec<Places>,
    pub autoscaler_places: Vec<Places>,
    /// By place.
    pub notes: Vec<Note>,
}

impl Manifest {
    /// The notes of errors.
    pub fn errors(&self) -> impl Iterator<Item = &Note> {
        self.notes.iter().filter(|note| note.weight == Weight::Error)
    }
}

/// A Deployment, as far as it shapes a simulation.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    pub name: String,
    /// `None`: not said, which means 1 unless an autoscaler sets it.
    pub replicas: Option<u32>,
    pub containers: Vec<Container>,
    pub strategy: Strategy,
    /// A new pod counts as available only after being ready this long [s].
    pub min_ready_secs: u32,
    /// How long a pod has to end what it holds [s].
    pub grace_secs: u32,
}

impl Deployment {
    /// One container of the pod's name with Kubernetes' defaults.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            replicas: None,
            containers: vec![Container { name: name.to_owned(), ..Container::default() }],
            strategy: Strategy::default(),
            min_ready_secs: 0,
            grace_secs: 30,
        }
    }

    /// CPU that a pod requests [thousandths of a core]; `None` where a container states none.
    #[must_use]
    pub fn cpu_request_milli(&self) -> Option<i64> {
        self.containers.iter().map(|container| container.requests.cpu_milli).sum()
    }

    /// Memory that a pod requests [bytes]; `None` where a container states none.
    #[must_use]
    pub fn memory_request_bytes(&self) -> Option<i64> {
        self.containers.iter().map(|container| container.requests.memory_bytes).sum()
    }
}

/// A container of a pod.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Container {
    pub name: String,
    pub image: String,
    pub requests: Amounts,
    pub limits: Amounts,
    pub readiness: Option<Probe>,
}

/// CPU and memory, each if stated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    pub cpu_milli: Option<i64>,
    pub memory_bytes: Option<i64>,
}

/// A readiness probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    pub initial_delay_secs: u32,
    pub period_secs: u32,
    pub timeout_secs: u32,
    pub success_threshold: u32,
    pub failure_threshold: u32,
}

impl Default for Probe {
    /// Kubernetes' defaults.
    fn default() -> Self {
        Self { initial_delay_secs: 0, period_secs: 10, timeout_secs: 1, success_threshold: 1, failure_threshold: 3 }
    }
}

/// A number of pods, or a share of the desired ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Portion {
    Pods(u32),
    Percent(u32),
}

/// How a new version replaces the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    Rolling {
        max_surge: Portion,
        max_unavailable: Portion,
    },
    /// All old ones first, then the new ones.
    Recreate,
}

impl Default for Strategy {
    /// Kubernetes' defaults.
    fn default() -> Self {
        Self::Rolling { max_surge: Portion::Percent(25), max_unavailable: Portion::Percent(25) }
    }
}

/// A HorizontalPodAutoscaler.
#[derive(Clone, Debug, PartialEq)]
pub struct Autoscaler {
    pub name: String,
    /// Name of the Deployment that it scales.
    pub target: String,
    pub settings: Settings,
    /// What the metrics in `settings` are called, one for each.
    pub names: Vec<MetricName>,
}

/// What a metric is called, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricName {
    /// `cpu` or `memory`, of the whole pod.
    Resource,
    /// The same, of one container.
    ContainerResource {
        container: String,
    },
    Pods {
        metric: String,
    },
    Object {
        metric: String,
        kind: String,
        name: String,
    },
    External {
        metric: String,
    },
}
