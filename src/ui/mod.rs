//! The page: Yew components, painter, storage.

pub mod browser;
pub mod canvas;
pub mod format;
pub mod frames;
pub mod icons;
pub mod outline;
pub mod run_view;
pub mod shared;
pub mod store;
pub mod worker_client;

use yew::prelude::*;

/// Starts the page. Panics are reported readably on the console.
pub fn run() {
    console_error_panic_hook::set_once();
    yew::Renderer::<App>::new().render();
}

#[component]
fn App() -> Html {
    html! { <main><h1>{ "Headroom" }</h1></main> }
}
