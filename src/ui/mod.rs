//! The page: Yew components, painter, storage.

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
