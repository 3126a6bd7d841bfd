//! The page: Yew components, painter, storage. A folder for each part of the screen, `kit/` for what they share.

pub mod address;
pub mod app;
pub mod browser;
pub mod client;
pub mod commands;
pub mod course;
pub mod dialogs;
pub mod dock;
pub mod drawings;
pub mod inspector;
pub mod jump;
pub mod keeping;
pub mod kit;
pub mod later;
pub mod mobile;
pub mod opening;
pub mod practice;
pub mod rail;
pub mod shared;
pub mod shell;
pub mod stage;
pub mod start;
pub mod storage;
pub mod store;
pub mod topbar;
pub mod tour;
pub mod why;
pub mod words;

/// Starts the page, once it is known what it begins with. Panics are reported readably on the console.
pub fn run() {
    console_error_panic_hook::set_once();
    wasm_bindgen_futures::spawn_local(async {
        let start = shared::Shared::new(start::begin().await);
        yew::Renderer::<app::App>::with_props(app::AppProps { start }).render();
    });
}
