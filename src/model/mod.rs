//! What stations do.

pub mod params;
