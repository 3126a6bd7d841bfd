//! Who edits: this tab, or another one that this one follows until it lets go or is asked to.

use wasm_bindgen_futures::spawn_local;

use super::{Access, Keeper, Told};
use crate::drawings::DrawingId;
use crate::ui::browser::{self, Timer};
use crate::ui::drawings::channel::{self, News};
use crate::ui::drawings::lock::{self, Ask, Hold};

/// A lock that is not granted within this time is another tab's [ms].
const GRANTED_WITHIN_MS: i32 = 400;
/// How long another tab may take to save what it has before the drawing is taken from it [ms].
const READY_WITHIN_MS: i32 = 1_500;

impl Keeper {
    /// Asks for the lock; a tab that does not get it soon only shows. (A page that is being left gives its locks up late.)
    pub(super) fn ask_for(&self, id: DrawingId) {
        let (serial, turn) = self.turn();
        let keeper = self.clone();
        spawn_local(async move {
            if !lock::are_there() {
                let free = lock::ask(&id, Ask::Now, || {}).await.is_some();
                if !free && keeper.turn() == (serial, turn) {
                    keeper.step_back();
                }
                return;
            }
            let mut asked = Box::pin(lock::ask(&id, Ask::Wait, keeper.lost(&id)));
            let mut soon = browser::within(GRANTED_WITHIN_MS, asked.as_mut()).await;
            if soon.is_none() {
                // A busy page hears of the time before it hears of the lock: both may be over.
                soon = browser::within(GRANTED_WITHIN_MS / 4, asked.as_mut()).await;
            }
            if keeper.turn() != (serial, turn) {
                return;
            }
            match soon {
                Some(hold) => keeper.0.now.borrow_mut().hold = hold,
                None => {
                    if keeper.step_back() {
                        keeper.wait(asked).await;
                    }
                }
            }
        });
    }

    /// Asks for the lock of a drawing that nobody else can know yet: it is granted, however late a busy page hears of it.
    pub(super) fn ask_for_new(&self, id: DrawingId) {
        let (serial, turn) = self.turn();
        let keeper = self.clone();
        spawn_local(async move {
            let hold = lock::ask(&id, Ask::Wait, keeper.lost(&id)).await;
            if keeper.turn() == (serial, turn) {
                keeper.0.now.borrow_mut().hold = hold;
            }
        });
    }

    fn turn(&self) -> (u32, u32) {
        let now = self.0.now.borrow();
        (now.serial, now.turn)
    }

    /// Comes forward when the tab that edits lets go.
    async fn wait(&self, asked: impl Future<Output = Option<Hold>>) {
        let (serial, turn) = self.turn();
        self.refresh(serial).await;
        let hold = asked.await;
        if self.turn() != (serial, turn) {
            return;
        }
        self.refresh(serial).await;
        if self.turn() == (serial, turn) {
            self.come_forward(hold);
            self.tell(Told::Say("The other tab has let go of this drawing: you can edit it here.".to_owned()));
        }
    }

    /// What happens when the lock is taken away.
    fn lost(&self, id: &DrawingId) -> impl Fn() + 'static {
        let (keeper, id) = (self.clone(), id.clone());
        move || {
            let mine = {
                let now = keeper.0.now.borrow();
                now.id.as_ref() == Some(&id) && now.access == Access::Here
            };
            if mine {
                keeper.give_up();
            }
        }
    }

    /// Another tab has taken the drawing.
    fn give_up(&self) {
        if !self.step_back() {
            return;
        }
        let Some(id) = self.0.now.borrow().id.clone() else { return };
        let keeper = self.clone();
        let lost = self.lost(&id);
        spawn_local(async move { keeper.wait(lock::ask(&id, Ask::Wait, lost)).await });
    }

    /// Another tab edits: this one only shows. `false`: what is drawn here is a drawing of its own instead.
    fn step_back(&self) -> bool {
        let dirty = {
            let mut now = self.0.now.borrow_mut();
            now.turn = now.turn.wrapping_add(1);
            now.hold = None;
            now.is_dirty()
        };
        if dirty {
            // Only where this tab was asleep when it was asked for the drawing.
            self.stand_apart();
            return false;
        }
        self.0.now.borrow_mut().access = Access::Elsewhere;
        self.tell_state();
        true
    }

    fn come_forward(&self, hold: Option<Hold>) {
        {
            let mut now = self.0.now.borrow_mut();
            now.turn = now.turn.wrapping_add(1);
            now.hold = hold;
            now.access = Access::Here;
        }
        self.tell_state();
    }

    /// Takes the drawing over from the tab that edits it, with everything that was drawn there.
    pub fn take(&self) {
        let (id, serial) = {
            let mut now = self.0.now.borrow_mut();
            let Some(id) = now.id.clone().filter(|_| now.access == Access::Elsewhere) else { return };
            now.access = Access::Taking;
            now.turn = now.turn.wrapping_add(1);
            (id, now.serial)
        };
        self.tell_state();
        channel::tell(&News::Take(id));
        let keeper = self.clone();
        let timer = Timer::once(READY_WITHIN_MS, move || keeper.take_now(serial));
        self.0.now.borrow_mut().timer = Some(timer);
    }

    fn take_now(&self, serial: u32) {
        let id = {
            let mut now = self.0.now.borrow_mut();
            // Once: what was taken would be taken from itself.
            let waits = now.timer.take().is_some();
            now.id.clone().filter(|_| waits && now.access == Access::Taking && now.serial == serial)
        };
        let Some(id) = id else { return };
        let keeper = self.clone();
        spawn_local(async move {
            let hold = lock::ask(&id, Ask::Take, keeper.lost(&id)).await;
            keeper.refresh(serial).await;
            if keeper.is_current(serial) && keeper.0.now.borrow().access == Access::Taking {
                keeper.come_forward(hold);
            }
        });
    }

    pub(super) fn heard(&self, news: News) {
        let (id, serial, access) = {
            let now = self.0.now.borrow();
            (now.id.clone(), now.serial, now.access)
        };
        let mine = |other: &DrawingId| id.as_ref() == Some(other);
        let keeper = self.clone();
        match news {
            News::Saved(other) if mine(&other) => spawn_local(async move { keeper.refresh(serial).await }),
            News::Take(other) if mine(&other) && access == Access::Here => spawn_local(async move {
                // What cannot be stored lies in the reserve; the other tab looks there too.
                let _ = keeper.settle().await;
                channel::tell(&News::Ready(other));
                if !lock::are_there() && keeper.is_current(serial) {
                    keeper.give_up();
                }
            }),
            News::Ready(other) if mine(&other) => self.take_now(serial),
            News::Who(other) if mine(&other) && access == Access::Here && !lock::are_there() => {
                channel::tell(&News::Me(other));
            }
            _ => {}
        }
    }
}
