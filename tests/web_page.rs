//! The page's program in a real browser: `cargo xtask test wasm`.

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Goal: the program starts and renders something with a heading, with no panic on the way.
#[wasm_bindgen_test]
async fn the_page_renders_a_heading() {
    headroom::ui::run();
    // Yew renders in microtasks: waiting for one resolved promise after another lets them run.
    for _ in 0..100 {
        let promise = js_sys::Promise::resolve(&wasm_bindgen::JsValue::NULL);
        wasm_bindgen_futures::JsFuture::from(promise).await.expect("a resolved promise resolves");
    }
    let document = web_sys::window().and_then(|window| window.document()).expect("a page has a document");
    assert!(document.query_selector("h1").expect("the selector is valid").is_some());
}
