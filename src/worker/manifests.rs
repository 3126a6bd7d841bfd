//! The program of manifests: a question in, its answer out. What breaks it is heard as an error of its worker.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::MessageEvent;

use super::scope;
use crate::interop::kubernetes;
use crate::protocol::BUILD;
use crate::protocol::manifest::{FromManifests, ToManifests};

/// Starts the program: it announces itself first, since whatever was posted before is lost.
pub fn run() {
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| {
        let bytes = js_sys::Uint8Array::new(&event.data()).to_vec();
        // What cannot be read comes from a page of another build, which the first message tells apart.
        if let Ok(ToManifests { job, ask }) = postcard::from_bytes(&bytes) {
            post(&FromManifests::Answer { job, answer: kubernetes::answer(&ask) });
        }
    });
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    post(&FromManifests::Ready { build: BUILD.to_owned() });
}

fn post(message: &FromManifests) {
    let bytes = postcard::to_allocvec(message).expect("messages are plain data");
    // Posting fails only for things that cannot be cloned; bytes can.
    let _ = scope().post_message(&js_sys::Uint8Array::from(bytes.as_slice()));
}
