//! The page's side of its workers: the run in one of them, crews of them, and what the page knows of the run.

pub mod crew;
pub mod frames;
pub mod manifests;
pub mod programs;
pub mod run_view;
pub mod speed;
mod watchdog;
pub mod worker_client;
pub mod worker_link;
