//! Who may edit a drawing: the browser's own locks between tabs, or, where it has none, a question to the other tabs.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::channel::{self, News};
use crate::drawings::DrawingId;
use crate::ui::browser;

#[wasm_bindgen]
extern "C" {
    /// `navigator.locks`: part of every current browser, on secure pages.
    type LockManager;
    #[wasm_bindgen(method, js_name = request)]
    fn request(this: &LockManager, name: &str, options: &JsValue, granted: &Function) -> Promise;
}

/// How long another tab may take to say that it edits, where there are no locks [ms].
const ANSWER_WITHIN_MS: i32 = 250;

/// How to ask for a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Now or not at all.
    Now,
    /// When the tab that has it gives it up.
    Wait,
    /// In any case: the tab that has it loses it.
    Take,
}

/// A held lock; dropping it gives it up.
pub struct Hold {
    release: Option<Function>,
}

impl std::fmt::Debug for Hold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hold").field("real", &self.release.is_some()).finish()
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(release) = &self.release {
            // Resolving a promise cannot fail.
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

fn manager() -> Option<LockManager> {
    let locks = Reflect::get(&browser::window().navigator(), &JsValue::from_str("locks")).ok()?;
    (locks.is_object()).then(|| locks.unchecked_into())
}

/// Whether the browser has locks.
#[must_use]
pub fn are_there() -> bool {
    manager().is_some()
}

/// Asks for the lock of a drawing. `None`: another tab has it. `lost` is called if it is taken away later.
pub async fn ask(id: &DrawingId, how: Ask, lost: impl Fn() + 'static) -> Option<Hold> {
    let Some(manager) = manager() else { return ask_around(id, how).await };
    let options = js_sys::Object::new();
    let option = match how {
        Ask::Now => Some("ifAvailable"),
        Ask::Wait => None,
        Ask::Take => Some("steal"),
    };
    if let Some(option) = option {
        // Setting a property of a new object cannot fail.
        let _ = Reflect::set(&options, &JsValue::from_str(option), &JsValue::TRUE);
    }
    let release: Rc<RefCell<Option<Function>>> = Rc::default();
    let answer: Rc<RefCell<Option<Function>>> = Rc::default();
    let answered = Promise::new(&mut |resolve, _| {
        answer.replace(Some(resolve));
    });
    let granted = {
        let (release, answer) = (release.clone(), answer.clone());
        Closure::once_into_js(move |lock: JsValue| -> Promise {
            let has = !lock.is_null() && !lock.is_undefined();
            let held = if has {
                Promise::new(&mut |resolve, _| {
                    release.replace(Some(resolve));
                })
            } else {
                Promise::resolve(&JsValue::UNDEFINED)
            };
            if let Some(answer) = answer.borrow().as_ref() {
                let _ = answer.call1(&JsValue::UNDEFINED, &JsValue::from_bool(has));
            }
            held
        })
    };
    let name = format!("headroom.drawing.{}", id.as_str());
    let request = manager.request(&name, &options, granted.unchecked_ref());
    let had = Rc::new(Cell::new(false));
    {
        let (had, answer) = (had.clone(), answer.clone());
        wasm_bindgen_futures::spawn_local(async move {
            if JsFuture::from(request).await.is_err() {
                if had.get() {
                    lost();
                } else if let Some(answer) = answer.borrow().as_ref() {
                    // The browser refuses locks on this page: as if there were nobody else.
                    let _ = answer.call1(&JsValue::UNDEFINED, &JsValue::TRUE);
                }
            }
        });
    }
    let has = JsFuture::from(answered).await.is_ok_and(|answer| answer.is_truthy());
    had.set(has);
    has.then(|| Hold { release: release.take() })
}

/// Without locks: the tab that edits says so.
async fn ask_around(id: &DrawingId, how: Ask) -> Option<Hold> {
    let free = Hold { release: None };
    match how {
        Ask::Take => Some(free),
        // Nobody says when it is free: the person takes it.
        Ask::Wait => std::future::pending().await,
        Ask::Now => {
            let answered = Rc::new(Cell::new(false));
            let listener = {
                let (id, answered) = (id.clone(), answered.clone());
                channel::hear(move |news| {
                    if news == News::Me(id.clone()) {
                        answered.set(true);
                    }
                })
            };
            channel::tell(&News::Who(id.clone()));
            let _ = browser::within(ANSWER_WITHIN_MS, std::future::pending::<()>()).await;
            drop(listener);
            (!answered.get()).then_some(free)
        }
    }
}
