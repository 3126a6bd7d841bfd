//! Native integration tests, one binary.

mod percentiles;
mod queueing_formulas;
mod vectors;
