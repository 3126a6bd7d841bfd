//! Messages between the page and its worker: closed enums and plain data, no behavior.
//!
//! [`messages`] is the talk, [`frame`] the picture; what a station shows of its inside is in [`crate::facet`].
//! Both ends are built from the same source; [`PROTOCOL`] and the build id are compared at the handshake.
//! Messages travel as `postcard` bytes; frames in a transferred buffer, at most two in flight.
//! A document travels as its JSON text (`topology::format`), since `Value` needs a self-describing format.

pub mod frame;
pub mod manifest;
pub mod messages;
pub mod money;
pub mod profile;

use serde::{Deserialize, Serialize};

pub use self::frame::*;
pub use self::messages::*;
use crate::topology::document::Diagnostic;

/// Changes whenever a message changes shape.
pub const PROTOCOL: u32 = 8;

/// Names what page and worker were built from: equal in both, or one of them comes from an old cache.
/// Set by `build/main.rs`; a build without the page has the version alone.
pub const BUILD: &str = match option_env!("HEADROOM_BUILD") {
    Some(build) => build,
    None => env!("CARGO_PKG_VERSION"),
};

/// Which load a message belongs to; answers to an older load are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct RunId(pub u32);

/// Simulated seconds per wall second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Speed {
    /// 0.01 to 100.
    Times(f64),
    /// As fast as the machine can.
    Max,
}

/// What the worker is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum RunStatus {
    #[default]
    Paused,
    Running,
    /// Going forward to a past point (after a crash or a seek).
    Replaying,
    Finished,
}

/// Diagnostics as they cross the border.
#[must_use]
pub fn diagnostics_json(diagnostics: &[Diagnostic]) -> String {
    serde_json::to_string(diagnostics).expect("diagnostics are plain data")
}
