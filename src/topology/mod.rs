//! The document and everything that reads or writes it.

pub mod document;
