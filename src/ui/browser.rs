//! Small things of the browser, each undone on drop where there is something to undo.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

use wasm_bindgen::prelude::*;
use web_sys::{Document, EventTarget, HtmlElement, Window};

/// The window. The page's program runs in no other place.
#[must_use]
pub fn window() -> Window {
    web_sys::window().expect("the page's program runs in a window")
}

#[must_use]
pub fn document() -> Document {
    window().document().expect("a window holds a document")
}

/// Wall time since the page opened [ms].
#[must_use]
pub fn now_ms() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

/// Wall time [ms since 1970].
#[must_use]
pub fn date_ms() -> u64 {
    // Positive for some time to come, and exact up to the year 287396.
    js_sys::Date::now().max(0.0) as u64
}

/// A moment in words, as one reads it beside a title, e.g. "Nov 30, 2026, 8:04 AM".
#[must_use]
pub fn date_words(date_ms: u64) -> String {
    let options = js_sys::Object::new();
    for (name, value) in [("dateStyle", "medium"), ("timeStyle", "short")] {
        // Setting a property of a new object cannot fail.
        let _ = js_sys::Reflect::set(&options, &JsValue::from_str(name), &JsValue::from_str(value));
    }
    let date = js_sys::Date::new(&JsValue::from_f64(date_ms as f64));
    String::from(date.to_locale_string("en", &options))
}

/// Bits that no other page has drawn.
#[must_use]
pub fn random_bits() -> u64 {
    // Without a source of randomness the moment has to do: ids meet only within one browser.
    getrandom::u64().unwrap_or_else(|_| date_ms() ^ now_ms().to_bits())
}

/// Whether nobody can see the page.
#[must_use]
pub fn hidden() -> bool {
    document().hidden()
}

/// `path` under the folder that the page came from.
#[must_use]
pub fn beside_page(path: &str) -> String {
    let base = document().base_uri().ok().flatten().unwrap_or_default();
    web_sys::Url::new_with_base(path, &base).map_or_else(|_| path.to_owned(), |url| url.href())
}

/// The page's address without query and fragment.
#[must_use]
pub fn page_address() -> String {
    let href = window().location().href().unwrap_or_default();
    href.split(['?', '#']).next().unwrap_or_default().to_owned()
}

/// The fragment without its `#`.
#[must_use]
pub fn fragment() -> String {
    window().location().hash().unwrap_or_default().trim_start_matches('#').to_owned()
}

/// Shows this fragment (without its `#`) in the address bar: as a new entry of the history, or in place of the one that is
/// shown.
pub fn show_fragment(fragment: &str, new_entry: bool) {
    let Ok(history) = window().history() else { return };
    let search = window().location().search().unwrap_or_default();
    let mark = if fragment.is_empty() { "" } else { "#" };
    let url = format!("{}{search}{mark}{fragment}", page_address());
    // Refused for sandboxed documents, and after hundreds of entries in a few seconds; the address then just stays.
    let _ = if new_entry {
        history.push_state_with_url(&JsValue::NULL, "", Some(&url))
    } else {
        history.replace_state_with_url(&JsValue::NULL, "", Some(&url))
    };
}

/// Whether the address carries this query key, e.g. `?test`.
#[must_use]
pub fn has_query(key: &str) -> bool {
    let search = window().location().search().unwrap_or_default();
    web_sys::UrlSearchParams::new_with_str(&search).is_ok_and(|params| params.has(key))
}

/// Whether a media query holds now.
#[must_use]
pub fn matches_media(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|list| list.matches())
}

/// Moves the keyboard's focus to the element with this id, if it is there.
pub fn focus_id(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        // Elements of drawings have the same method; it cannot fail on one that is in the page.
        let _ = element.unchecked_into::<HtmlElement>().focus();
    }
}

/// A listener that goes with its owner.
pub struct Listener {
    target: EventTarget,
    name: &'static str,
    closure: Closure<dyn FnMut(web_sys::Event)>,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Listener {
    pub fn new(target: &EventTarget, name: &'static str, handler: impl FnMut(web_sys::Event) + 'static) -> Self {
        let closure = Closure::new(handler);
        // Fails only for callbacks that are no functions.
        let _ = target.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
        Self { target: target.clone(), name, closure }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.target.remove_event_listener_with_callback(self.name, self.closure.as_ref().unchecked_ref());
    }
}

/// A timer that goes with its owner.
pub struct Timer {
    handle: i32,
    repeats: bool,
    _closure: Closure<dyn FnMut()>,
}

impl std::fmt::Debug for Timer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Timer").field("repeats", &self.repeats).finish_non_exhaustive()
    }
}

impl Timer {
    /// Calls once, `millis` from now.
    pub fn once(millis: i32, handler: impl FnMut() + 'static) -> Self {
        let closure: Closure<dyn FnMut()> = Closure::new(handler);
        let handle = window()
            .set_timeout_with_callback_and_timeout_and_arguments_0(closure.as_ref().unchecked_ref(), millis)
            .unwrap_or(0);
        Self { handle, repeats: false, _closure: closure }
    }

    /// Calls every `millis`.
    pub fn every(millis: i32, handler: impl FnMut() + 'static) -> Self {
        let closure: Closure<dyn FnMut()> = Closure::new(handler);
        let handle = window()
            .set_interval_with_callback_and_timeout_and_arguments_0(closure.as_ref().unchecked_ref(), millis)
            .unwrap_or(0);
        Self { handle, repeats: true, _closure: closure }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if self.repeats {
            window().clear_interval_with_handle(self.handle);
        } else {
            window().clear_timeout_with_handle(self.handle);
        }
    }
}

/// What `work` comes to; `None` if that takes longer than `millis`.
pub async fn within<T>(millis: i32, work: impl Future<Output = T>) -> Option<T> {
    let time_is_up = js_sys::Promise::new(&mut |resolve, _| {
        // Fails only for callbacks that are no functions.
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis);
    });
    let (mut work, mut time_is_up) = (pin!(work), wasm_bindgen_futures::JsFuture::from(time_is_up));
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending => Pin::new(&mut time_is_up).poll(cx).map(|_| None),
    })
    .await
}

/// Text under `key` in the learner's own storage; `None` if there is none or storage is shut.
#[must_use]
pub fn stored(key: &str) -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(key).ok().flatten()
}

/// All keys of the learner's own storage.
#[must_use]
pub fn stored_keys() -> Vec<String> {
    let Some(storage) = window().local_storage().ok().flatten() else { return Vec::new() };
    (0..storage.length().unwrap_or(0)).filter_map(|place| storage.key(place).ok().flatten()).collect()
}

/// Keeps text under `key`. Fails with what to tell the learner.
pub fn store(key: &str, text: &str) -> Result<(), &'static str> {
    let storage =
        window().local_storage().ok().flatten().ok_or("This browser does not let the page store anything.")?;
    storage.set_item(key, text).map_err(|_| "The browser's storage for this page is full.")
}

/// Forgets what is under `key`.
pub fn forget(key: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        // Removing what is not there is no failure.
        let _ = storage.remove_item(key);
    }
}

/// Puts text on the clipboard and tells whether that worked.
pub fn copy_text(text: &str, done: impl FnOnce(bool) + 'static) {
    let promise = window().navigator().clipboard().write_text(text);
    wasm_bindgen_futures::spawn_local(async move {
        done(wasm_bindgen_futures::JsFuture::from(promise).await.is_ok());
    });
}

/// Offers text as a file to save.
pub fn save_file(name: &str, media_type: &str, text: &str) -> Result<(), JsValue> {
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(media_type);
    let blob = web_sys::Blob::new_with_str_sequence_and_options(&parts, &options)?;
    let url = web_sys::Url::create_object_url_with_blob(&blob)?;
    let anchor: web_sys::HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    web_sys::Url::revoke_object_url(&url)
}

/// Reads a file that the learner chose or dropped; `Err` is a plain message.
pub fn read_file(file: &web_sys::File, bytes_max: f64, done: impl FnOnce(Result<String, String>) + 'static) {
    if file.size() > bytes_max {
        done(Err(format!("The file is too large: {:.0} KiB.", file.size() / 1024.0)));
        return;
    }
    let promise = file.text();
    wasm_bindgen_futures::spawn_local(async move {
        let text = wasm_bindgen_futures::JsFuture::from(promise).await.ok().and_then(|text| text.as_string());
        done(text.ok_or_else(|| "The browser could not read the file.".to_owned()));
    });
}

/// A place for one listener or timer that is set up later, or replaced.
pub type Slot<T> = Rc<RefCell<Option<T>>>;
