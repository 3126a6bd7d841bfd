//! The rail on the left: what can be placed, what can go wrong, and the tools.

pub mod palette;
pub mod tray;
