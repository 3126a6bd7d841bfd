//! The discrete-event kernel. Knows time, randomness and statistics; knows nothing of what is simulated.

pub mod time;
