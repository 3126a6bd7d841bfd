//! One's own drawings in the browser: the store, who may edit, what is saved when, the list, and what is said about it.
//!
//! A drawing lives in IndexedDB (`store.rs`). Until IndexedDB confirms a version, the newest one also lies in the local
//! storage, where writing takes effect at once (`reserve.rs`): a page that closes in the middle loses nothing, the next one
//! puts it in its place (`library.rs`). A tab that edits holds the drawing's lock and tells the others what it wrote
//! (`lock.rs`, `channel.rs`). `keeper.rs` ties that to the editor: what becomes a drawing, when it is saved, when not.

pub mod banner;
pub mod channel;
pub mod keeper;
pub mod library;
pub mod list;
pub mod lock;
pub mod reserve;
pub mod store;

pub use keeper::{Access, Keeper, KeeperState};
