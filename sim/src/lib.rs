//! What decides every result: the discrete-event kernel and the model on top of it.
//!
//! A crate of its own, so that it can be built for speed while everything around it is built small.
//! `headroom` shows both modules again under its own name, as `headroom::engine` and `headroom::model`.

pub mod engine;
pub mod model;

// The tests' systems are built from documents, as everybody's are. Topology stands above this crate, so its source is
// compiled in for the tests alone.
#[cfg(test)]
#[path = "../../src/topology/mod.rs"]
#[allow(dead_code, reason = "the tests of the model need a part of it")]
mod topology;

// The generators of the integration tests name the crate as its users do; unit tests share them.
#[cfg(test)]
extern crate self as headroom;
