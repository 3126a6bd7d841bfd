//! The document and everything that reads or writes it.

pub mod chaos;
pub mod check;
pub mod compile;
pub mod document;
pub mod format;
pub mod link;
