//! Native integration tests, one binary.

mod caches;
mod fixture;
mod golden;
mod lessons;
mod percentiles;
mod queueing_formulas;
mod strategies;
mod system;
mod theory;
mod tidy;
mod vectors;
