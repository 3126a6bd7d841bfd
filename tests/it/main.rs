//! Native integration tests, one binary.

mod caches;
mod percentiles;
mod queueing_formulas;
mod strategies;
mod tidy;
mod vectors;
