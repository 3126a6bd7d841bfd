//! Headroom: a playground where people learn how systems scale by breaking them.
//!
//! The map, from the ground up (a layer may use what stands above it here, never what stands below):
//!
//! | module | layer | what it holds |
//! | --- | --- | --- |
//! | [`engine`] | 0 | discrete-event kernel: time, event queue, random numbers, distributions, statistics |
//! | [`model`] | 1 | what stations do: sources, balancers, services, caches, databases, faults; closed forms |
//! | [`topology`] | 1 | the document, its checks, its saved form, the link codec |
//! | [`runner`] | 2 | drives a simulation in slices; checkpoints, seek, fork, replications, reports |
//! | [`figure`] | 2 | what is measured: an entry for each figure, from which all that shows it is made |
//! | [`facet`] | 2 | what a station shows of its inside: data, reader, words for its card |
//! | [`protocol`] | 2 | messages between page and worker |
//! | [`conversation`] | 2 | which message follows which, on the page's side |
//! | [`glossary`] | 2 | the words of the field, once for page, lessons and documents |
//! | [`interop`] | 2 | other programs' files: Kubernetes manifests in and out |
//! | [`lesson`] | 2 | lessons, goals as data, grading, progress |
//! | [`registry`] | 2 | everything that can be chosen, as plain data |
//! | [`editor`] | 2 | document + session + history + tools; pure, no browser |
//! | [`drawings`] | 2 | one's own drawings: versions, list, files, addresses |
//! | `api` | 3 | JavaScript classes for embedders and Node (feature `api`) |
//! | `ui` | 3 | Yew components, painter, storage (feature `ui`) |
//! | `worker` | 3 | the worker's glue (feature `worker`) |
//!
//! **Order.** Events happen by `(time, sequence number)`: events at the same nanosecond happen in the order
//! in which they were scheduled.
//!
//! **Determinism.** Same document, seed, inputs and engine version give the same trace hash natively and in every browser.

// A crate of its own, in `sim/`.
pub use headroom_sim::{engine, model};

pub mod conversation;
pub mod drawings;
pub mod editor;
pub mod facet;
pub mod figure;
pub mod glossary;
pub mod interop;
pub mod lesson;
pub mod protocol;
#[cfg(embeds_course)]
pub mod registry;
pub mod runner;
pub mod topology;

#[cfg(feature = "api")]
pub mod api;
#[cfg(feature = "ui")]
pub mod ui;
#[cfg(feature = "worker")]
pub mod worker;

// The generators of the integration tests name the crate as its users do; unit tests share them.
#[cfg(test)]
extern crate self as headroom;
