//! Parts of the page in a real browser: `cargo xtask test wasm`.
//!
//! Each test mounts into an element of its own: the test runner reads its results from the page's body.

use headroom::drawings::{Drawing, DrawingId, Source};
use headroom::topology::document::Document;
use headroom::topology::format::Run;
use headroom::ui::drawings::store::{Put, Store};
use headroom::ui::kit::icons::{Icon, IconProps};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::Element;
use yew::BaseComponent;

wasm_bindgen_test_configure!(run_in_browser);

/// Renders a component into a new element and returns that element, once Yew has drawn.
async fn mount<C: BaseComponent>(props: C::Properties) -> Element {
    let document = web_sys::window().and_then(|window| window.document()).expect("a page has a document");
    let root = document.create_element("div").expect("div is an element");
    document.body().expect("a page has a body").append_child(&root).expect("a body takes elements");
    yew::Renderer::<C>::with_root_and_props(root.clone(), props).render();
    // Yew draws in microtasks: they run while one resolved promise after another is awaited.
    for _ in 0..100 {
        if root.has_child_nodes() {
            break;
        }
        let resolved = js_sys::Promise::resolve(&wasm_bindgen::JsValue::NULL);
        wasm_bindgen_futures::JsFuture::from(resolved).await.expect("a resolved promise resolves");
    }
    root
}

/// Goal: icons reach the page as drawings that a screen reader passes over.
#[wasm_bindgen_test]
async fn an_icon_is_a_drawing_without_words() {
    let root = mount::<Icon>(IconProps { name: "server".into(), class: "big".into() }).await;
    let icon = root.first_element_child().expect("the icon was drawn");
    assert_eq!(icon.tag_name(), "svg");
    assert_eq!(icon.get_attribute("aria-hidden").as_deref(), Some("true"));
    assert!(icon.class_list().contains("big"));
    assert!(icon.child_element_count() > 0);
}

/// Goal: the store gives back what was put, takes a version only over the one that it builds on, and can be emptied again.
#[wasm_bindgen_test]
async fn the_store_takes_a_version_over_its_predecessor_only() {
    let document = |title: &str| Document { title: title.to_owned(), ..Document::default() };
    let id = DrawingId::parse("stored-in-a-test").expect("a sound id");
    let store = Store::open().await.expect("a browser under test stores");
    store.remove(&id).await.expect("nothing is taken out without a complaint");

    let first = Drawing::new(id.clone(), Source::Blank, &Run::new(document("First")), 1, "a");
    assert_eq!(store.put(&first, 0).await, Ok(Put::Done));
    let second = Drawing::after(&first.meta, &document("Second"), 2, "a");
    assert_eq!(store.put(&second, 1).await, Ok(Put::Done));
    let rival = Drawing::after(&first.meta, &document("Rival"), 3, "b");
    assert_eq!(store.put(&rival, 1).await, Ok(Put::Conflict(Box::new(second.meta.clone()))));
    assert_eq!(store.get(&id).await, Ok(Some(second.clone())));
    assert!(store.list().await.expect("it can be read").contains(&second.meta));

    store.remove(&id).await.expect("it is there");
    assert_eq!(store.get(&id).await, Ok(None));
}
