//! The programs that workers run, as `boot.js` loads them beside the page: how far that is, workers that get theirs once it
//! is there, and another try.

use js_sys::Float64Array;
use wasm_bindgen::prelude::*;
use web_sys::Worker;

use crate::ui::browser::{self, Listener};

/// Told on the window whenever [`Loading`] may have changed, at most ten times a second.
const EVENT: &str = "headroom-load";

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = headroom, js_name = spawn, catch)]
    fn spawn_js() -> Result<Worker, JsValue>;
    #[wasm_bindgen(js_namespace = headroom, js_name = progress)]
    fn progress_js() -> Float64Array;
    #[wasm_bindgen(js_namespace = headroom, js_name = address)]
    fn address_js(program: &str, attempt: u32) -> String;
    #[wasm_bindgen(js_namespace = headroom, js_name = again)]
    fn again_js();
    #[wasm_bindgen(js_namespace = headroom, js_name = stale)]
    fn stale_js();
}

/// How far loading is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Loading {
    /// Bytes that have come, page and simulation together, as unpacked.
    pub got: f64,
    /// Bytes that there are in all; 0: not known.
    pub of: f64,
    /// Of all bytes the page's, which come first.
    pub page: f64,
    /// Nothing has come for a while.
    pub stalled: bool,
}

impl Loading {
    /// As it is now.
    #[must_use]
    pub fn now() -> Self {
        let mut figures = [0.0; 4];
        progress_js().copy_to(&mut figures);
        let [got, of, page, stalled] = figures;
        Self { got, of, page, stalled: stalled > 0.0 }
    }

    /// All bytes are here: what is left is to start.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.of > 0.0 && self.got >= self.of
    }
}

/// Calls whenever loading may have got on, as long as the listener lives.
#[must_use]
pub fn listen(mut told: impl FnMut(Loading) + 'static) -> Listener {
    Listener::new(&browser::window(), EVENT, move |_| told(Loading::now()))
}

/// A worker that begins as soon as its program is there. What keeps it from that comes as its `error` event, in words.
/// Fails where the browser has no workers.
pub fn spawn() -> Result<Worker, JsValue> {
    spawn_js()
}

/// The address at which a worker starts a program that is loaded when it is wanted (`manifests`). A later `attempt` (the
/// first is 1) has another one, so that it does not get what a cache kept of a failed one.
#[must_use]
pub fn address(program: &str, attempt: u32) -> String {
    address_js(program, attempt)
}

/// Gives up what has stalled, and asks anew.
pub fn again() {
    again_js();
}

/// The program that came belongs to another version: the next worker gets a fresh one, past every cache.
pub fn stale() {
    stale_js();
}
