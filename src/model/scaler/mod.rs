//! Scalers: how many replicas there should be. Pure: told the time and what was measured, they answer with a number.

pub mod hpa;
