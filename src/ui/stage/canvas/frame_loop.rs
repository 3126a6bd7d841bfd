//! A loop over the browser's animation frames that ends with its owner.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::prelude::*;

use crate::ui::browser;

type Handler = Closure<dyn FnMut(f64)>;

/// Calls back before every repaint, and never again once dropped. The browser itself holds it while the page is hidden.
pub struct FrameLoop {
    pending: Rc<Cell<Option<i32>>>,
    handler: Rc<RefCell<Option<Handler>>>,
}

impl std::fmt::Debug for FrameLoop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FrameLoop").field("pending", &self.pending.get()).finish_non_exhaustive()
    }
}

impl FrameLoop {
    /// `each` gets the time of the frame [ms since the page opened].
    pub fn start(mut each: impl FnMut(f64) + 'static) -> Self {
        let pending = Rc::new(Cell::new(None));
        let handler: Rc<RefCell<Option<Handler>>> = Rc::default();
        let (next, again) = (pending.clone(), Rc::downgrade(&handler));
        *handler.borrow_mut() = Some(Closure::new(move |now_ms: f64| {
            next.set(None);
            each(now_ms);
            if let Some(handler) = again.upgrade() {
                request(&handler, &next);
            }
        }));
        request(&handler, &pending);
        Self { pending, handler }
    }
}

fn request(handler: &Rc<RefCell<Option<Handler>>>, pending: &Rc<Cell<Option<i32>>>) {
    if let Some(handler) = handler.borrow().as_ref() {
        pending.set(browser::window().request_animation_frame(handler.as_ref().unchecked_ref()).ok());
    }
}

impl Drop for FrameLoop {
    fn drop(&mut self) {
        if let Some(handle) = self.pending.take() {
            // Refused only for a handle that is none.
            let _ = browser::window().cancel_animation_frame(handle);
        }
        // Dropping the closure while it runs would pull the floor from under it: it is dropped with the last reference.
        let _ = &self.handler;
    }
}
