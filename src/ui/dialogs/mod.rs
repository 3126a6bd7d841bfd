//! The dialogs, a file each; `shell.rs` says which of them is open.

pub mod drawings;
pub mod gallery;
pub mod help;
pub mod manifest;
pub mod money;
pub mod share;
pub mod what_if;
