//! The discrete-event kernel. Knows time, randomness and statistics; knows nothing of what is simulated.

#![cfg_attr(not(test), deny(clippy::disallowed_types, clippy::disallowed_methods))]

pub mod dist;
pub mod event_queue;
pub mod heap;
pub mod key_map;
pub mod math;
pub mod ordered;
pub mod rng;
pub mod sort;
pub mod stats;
pub mod time;
pub mod trace;
