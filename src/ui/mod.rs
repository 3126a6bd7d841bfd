//! The page: Yew components, painter, storage.

pub mod app;
pub mod browser;
pub mod canvas;
pub mod charts;
pub mod commands;
pub mod crew;
pub mod dialog;
pub mod dock;
pub mod form;
pub mod format;
pub mod frames;
pub mod gallery;
pub mod grading;
pub mod help;
pub mod hint;
pub mod icons;
pub mod inspector;
pub mod manifest;
pub mod mobile;
pub mod money;
pub mod monitor;
pub mod outline;
pub mod palette;
pub mod practice;
pub mod profile;
pub mod race;
pub mod report;
pub mod run_view;
pub mod share;
pub mod shared;
pub mod shell;
pub mod stage;
pub mod start;
pub mod storage;
pub mod store;
pub mod strip;
pub mod theme;
pub mod timeline;
pub mod topbar;
pub mod tray;
pub mod what_if;
pub mod why;
pub mod worker_client;

/// Starts the page. Panics are reported readably on the console.
pub fn run() {
    console_error_panic_hook::set_once();
    yew::Renderer::<app::App>::new().render();
}
