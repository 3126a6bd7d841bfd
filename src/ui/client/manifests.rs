//! The program that reads and writes manifests, as the page holds it: fetched when it is first wanted, gone with its owner.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{MessageEvent, Worker};
use yew::Callback;

use super::programs;
use crate::conversation::manifests::{Asking, Heard};
use crate::protocol::BUILD;
use crate::protocol::manifest::{FromManifests, ManifestAnswer, ManifestAsk, ToManifests};
use crate::ui::browser::{Listener, Timer};

/// After so long without a word the wait is said to be too long [ms].
const PATIENCE_MS: i32 = 8_000;

/// How the program is.
#[derive(Clone, Debug, PartialEq)]
pub enum Reader {
    /// On its way.
    Loading,
    Ready,
    /// Why it does not answer, and what to do, in words.
    Failed(String),
}

/// The program, held for as long as any copy of this is. Equal if it is the same one.
#[derive(Clone)]
pub struct Manifests(Rc<Inner>);

impl PartialEq for Manifests {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Manifests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manifests").finish_non_exhaustive()
    }
}

struct Inner {
    told: Callback<Reader>,
    asking: RefCell<Asking>,
    answer: RefCell<Callback<ManifestAnswer>>,
    link: RefCell<Option<Link>>,
    /// Ends when something is heard.
    patience: RefCell<Option<Timer>>,
    /// Counts attempts, so that a retry does not get what a cache kept of a failed one.
    attempt: Cell<u32>,
}

struct Link {
    worker: Worker,
    _listeners: [Listener; 2],
}

impl Drop for Link {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

impl Manifests {
    /// Fetches the program. `told` hears how it is, never before this has returned.
    #[must_use]
    pub fn fetch(told: Callback<Reader>) -> Self {
        let manifests = Self(Rc::new(Inner {
            told,
            asking: RefCell::default(),
            answer: RefCell::default(),
            link: RefCell::default(),
            patience: RefCell::default(),
            attempt: Cell::new(0),
        }));
        manifests.spawn();
        manifests
    }

    /// Asks; a newer question takes an older one's place. While the program is still on its way the question waits for it;
    /// if the program broke, it is fetched anew; one that could not be fetched waits for [`Manifests::retry`].
    pub fn ask(&self, ask: ManifestAsk, answer: Callback<ManifestAnswer>) {
        *self.0.answer.borrow_mut() = answer;
        let message = self.0.asking.borrow_mut().ask(ask);
        if let Some(message) = message {
            self.send(&message);
        } else if self.0.asking.borrow().broke() {
            self.retry();
        }
    }

    /// Fetches the program anew; what was asked and not answered is asked again.
    pub fn retry(&self) {
        self.0.asking.borrow_mut().lost();
        self.0.told.emit(Reader::Loading);
        self.spawn();
    }

    fn spawn(&self) {
        let attempt = self.0.attempt.replace(self.0.attempt.get() + 1);
        let url = programs::address("manifests", attempt + 1);
        let Ok(worker) = Worker::new(&url) else {
            self.fail_soon("This browser could not start a web worker, which reads manifests.");
            return;
        };
        let (heard, broke) = (Rc::downgrade(&self.0), Rc::downgrade(&self.0));
        let on_message = Listener::new(&worker, "message", move |event| {
            let Some(inner) = heard.upgrade() else { return };
            let data = event.unchecked_into::<MessageEvent>().data();
            match postcard::from_bytes(&js_sys::Uint8Array::new(&data).to_vec()) {
                Ok(message) => Self(inner).heard(message),
                Err(_) => Self(inner).fail_soon("The manifest reader sent something that this page cannot read."),
            }
        });
        let on_error = Listener::new(&worker, "error", move |event| {
            event.prevent_default();
            let Some(inner) = broke.upgrade() else { return };
            let ready = inner.asking.borrow().ready();
            Self(inner).fail_soon(if ready {
                "The manifest reader broke over this text. Your design is safe: change the text, or try again."
            } else {
                "The manifest reader could not be loaded. Your design is safe: check the connection, then try again."
            });
        });
        *self.0.link.borrow_mut() = Some(Link { worker, _listeners: [on_message, on_error] });
        self.wait("The manifest reader has not arrived after 8 seconds. The connection may be slow or lost.");
    }

    fn heard(&self, message: FromManifests) {
        let heard = self.0.asking.borrow_mut().received(message);
        match heard {
            Heard::Ready(open) => {
                self.0.patience.take();
                self.0.told.emit(Reader::Ready);
                if let Some(message) = open {
                    self.send(&message);
                }
            }
            Heard::WrongBuild(build) => self.fail_soon(&format!(
                "The page and its manifest reader come from different versions (this page {BUILD}, reader {build}). Reload the page."
            )),
            Heard::Answer(answer) => {
                self.0.patience.take();
                self.0.told.emit(Reader::Ready);
                let asked = self.0.answer.borrow().clone();
                asked.emit(answer);
            }
            Heard::Late => {}
        }
    }

    fn send(&self, message: &ToManifests) {
        let bytes = postcard::to_allocvec(message).expect("messages are plain data");
        if let Some(link) = self.0.link.borrow().as_ref() {
            // Posting fails only for things that cannot be cloned; bytes can.
            let _ = link.worker.post_message(&js_sys::Uint8Array::from(bytes.as_slice()));
        }
        self.wait("The manifest reader has been busy with this text for 8 seconds.");
    }

    /// Says so if nothing is heard for too long; a late answer still counts.
    fn wait(&self, words: &'static str) {
        let inner = Rc::downgrade(&self.0);
        *self.0.patience.borrow_mut() = Some(Timer::once(PATIENCE_MS, move || {
            if let Some(inner) = inner.upgrade() {
                inner.told.emit(Reader::Failed(words.to_owned()));
            }
        }));
    }

    /// Gives the program up. Not at once: the listener that hears of the loss goes with it and must not be dropped by its own
    /// call.
    fn fail_soon(&self, words: &str) {
        let (inner, words) = (Rc::downgrade(&self.0), words.to_owned());
        wasm_bindgen_futures::spawn_local(async move {
            if let Some(inner) = inner.upgrade() {
                inner.link.take();
                inner.patience.take();
                inner.asking.borrow_mut().lost();
                inner.told.emit(Reader::Failed(words));
            }
        });
    }
}
