//! Native integration tests, one binary.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod any;
mod caches;
mod command;
mod data;
mod disciplines;
mod faults;
mod fixture;
mod flash_sale;
mod golden;
mod health;
mod hpa;
mod kinds;
mod lab;
mod labs;
mod labs_faults;
mod labs_memory;
mod labs_messages;
mod lessons;
mod manifests;
mod mesh;
mod money;
mod moved_keys;
mod object_pool;
mod outlier;
mod percentiles;
mod places;
mod policies;
mod policy_labs;
mod profiler;
mod queueing_formulas;
mod robust;
mod scaling;
mod spot_market;
mod station_labs;
mod strategies;
mod strategy_contracts;
mod strategy_words;
mod supermarket;
mod system;
mod theory;
mod tidy;
mod vectors;
mod versions;
mod why;
