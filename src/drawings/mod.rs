//! One's own drawings, apart from the browser that stores them: what a stored drawing is, which of two versions stays,
//! how the list is ordered and searched, the file that holds all of them, and the addresses that lead back to each.
//!
//! Two promises decide the shape of everything here. **No version is ever written over in silence**: a drawing counts its
//! versions ([`record::Meta::revision`]), a write names the version that it builds on, and where the stored one is another,
//! the newcomer becomes a drawing of its own. **Doing it again changes nothing**: what comes from an older Headroom, from
//! the reserve of a page that was closed too early or from a file has an id made of its content, so that a step that was
//! interrupted and is repeated finds its own work and leaves it.

pub mod address;
pub mod bundle;
pub mod earlier;
pub mod list;
pub mod picture;
pub mod record;
pub mod reserve;

#[cfg(test)]
mod tests;

pub use address::Address;
pub use record::{Drawing, DrawingId, Meta, Source};
