//! One web worker with its two listeners.

use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, MessageEvent, Worker};

use super::programs;
use crate::protocol::{FromWorker, ToWorker};
use crate::ui::browser::Listener;

/// One worker and its listeners; dropped = terminated.
#[derive(Debug)]
pub struct WorkerLink {
    worker: Worker,
    _listeners: Vec<Listener>,
}

impl WorkerLink {
    /// Starts a worker. `heard` gets its messages, `broke` a sentence when it fails to start or throws.
    pub fn spawn(heard: impl Fn(FromWorker) + 'static, broke: impl Fn(String) + 'static) -> Result<Self, String> {
        let worker = programs::spawn().map_err(|_| "This browser could not start a web worker.".to_owned())?;
        let broke = Rc::new(broke);
        let on_message = {
            let broke = broke.clone();
            Listener::new(&worker, "message", move |event| {
                let data = event.unchecked_into::<MessageEvent>().data();
                let bytes = js_sys::Uint8Array::new(&data).to_vec();
                match postcard::from_bytes(&bytes) {
                    Ok(message) => heard(message),
                    Err(_) => broke("The simulation sent something that this page cannot read.".to_owned()),
                }
            })
        };
        let on_error = Listener::new(&worker, "error", move |event| {
            event.prevent_default();
            let message = event.dyn_into::<ErrorEvent>().map(|event| event.message()).unwrap_or_default();
            broke(message);
        });
        Ok(Self { worker, _listeners: vec![on_message, on_error] })
    }

    pub fn send(&self, message: &ToWorker) {
        let bytes = postcard::to_allocvec(message).expect("messages are plain data");
        // Posting fails only for things that cannot be cloned; bytes can.
        let _ = self.worker.post_message(&js_sys::Uint8Array::from(bytes.as_slice()));
    }
}

impl Drop for WorkerLink {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}
