//! The worker's glue: messages in, frames out, the simulation in slices between.
//!
//! Nothing here decides a result: that is the session's. Here are the clock, the wall, and the message port.
//!
//! The worker announces itself first, with protocol version and build id; a worker from an old cache is told apart there. Every
//! message carries the run it belongs to, and answers to an older run are dropped. It simulates in turns of about 8 ms, so that
//! pause answers at once at any speed.

pub mod manifests;
mod state;

use std::cell::RefCell;

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent, MessagePort};

use self::state::{Next, State};
use crate::protocol::{BUILD, FromWorker, PROTOCOL, ToWorker};

thread_local! {
    static STATE: RefCell<State> = RefCell::new(State::default());
    static WAKE: RefCell<Option<Wake>> = const { RefCell::new(None) };
}

/// The ways to come back after letting messages in.
#[derive(Debug)]
struct Wake {
    /// At once, behind the messages that wait.
    port: MessagePort,
    /// After a while.
    timer: Closure<dyn FnMut()>,
    /// A wake-up is on its way: there is never more than one.
    pending: bool,
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Wall time [ms] since the worker began.
fn wall_ms() -> f64 {
    scope().performance().map_or(0.0, |performance| performance.now())
}

/// Starts the worker: it announces itself first, since what was posted before is lost.
pub fn run() {
    std::panic::set_hook(Box::new(|info| {
        let what = info.payload_as_str().unwrap_or("no message");
        let at = info.location().map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
        let about = STATE.with(|state| state.try_borrow().map(|state| state.about()).unwrap_or_default());
        post(&FromWorker::Panicked { message: format!("{what}{at}; build {BUILD}{about}") });
    }));
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| {
        let bytes = js_sys::Uint8Array::new(&event.data()).to_vec();
        // What cannot be read comes from a page of another build, which the handshake tells apart.
        if let Ok(message) = postcard::from_bytes::<ToWorker>(&bytes) {
            hear(message);
        }
    });
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    if let Ok(channel) = MessageChannel::new() {
        let on_wake = Closure::<dyn FnMut()>::new(wake);
        channel.port1().set_onmessage(Some(on_wake.as_ref().unchecked_ref()));
        on_wake.forget();
        let timer = Closure::<dyn FnMut()>::new(wake);
        WAKE.with(|slot| *slot.borrow_mut() = Some(Wake { port: channel.port2(), timer, pending: false }));
    }
    post(&FromWorker::Ready { protocol: PROTOCOL, build: BUILD.to_owned() });
}

fn hear(message: ToWorker) {
    assert!(message != ToWorker::Crash, "asked to crash, to show that nothing is lost");
    let answers = STATE.with(|state| state.borrow_mut().hear(message, wall_ms()));
    answers.iter().for_each(post);
    schedule(Next::AtOnce);
}

fn wake() {
    WAKE.with(|slot| {
        if let Some(wake) = slot.borrow_mut().as_mut() {
            wake.pending = false;
        }
    });
    let (messages, next) = STATE.with(|state| state.borrow_mut().turn(wall_ms));
    messages.iter().for_each(post);
    schedule(next);
}

fn schedule(next: Next) {
    WAKE.with(|slot| {
        let mut slot = slot.borrow_mut();
        let Some(wake) = slot.as_mut().filter(|wake| !wake.pending) else { return };
        wake.pending = match next {
            Next::AtOnce => wake.port.post_message(&JsValue::NULL).is_ok(),
            Next::AfterMs(ms) => scope()
                .set_timeout_with_callback_and_timeout_and_arguments_0(wake.timer.as_ref().unchecked_ref(), ms)
                .is_ok(),
            Next::Sleep => false,
        };
    });
}

/// Sends bytes whose buffer goes over to the page without a copy.
fn post(message: &FromWorker) {
    let bytes = postcard::to_allocvec(message).expect("messages are plain data");
    let array = js_sys::Uint8Array::from(bytes.as_slice());
    let transfer = js_sys::Array::of1(&array.buffer());
    let _ = scope().post_message_with_transfer(&array, &transfer);
}
