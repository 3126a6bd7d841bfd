//! Drives a simulation: sessions with an input log, checkpoints and forks; frames for the page.

pub mod frame;
pub mod session;
