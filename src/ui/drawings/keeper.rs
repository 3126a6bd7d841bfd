//! What ties the store to the editor: when something becomes a drawing, when it is saved, and when this tab may not edit it.
//!
//! What was only opened and not changed is no drawing: the scenario, the link or the lesson can be opened again. The first
//! change makes it one. Whether anything is unsaved is asked of the editor's document, never of the store.

mod access;

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};
use yew::prelude::*;

use super::channel;
use super::library;
use super::lock::Hold;
use super::reserve;
use super::store::{Put, Trouble};
use crate::drawings::reserve::Entry;
use crate::drawings::{Drawing, DrawingId, Meta, Source, list};
use crate::topology::document::{Document, Input};
use crate::topology::format::Run;
use crate::ui::browser::{self, Timer};
use crate::ui::shell::{Opening, Origin};

/// Rest after the last change before it is stored [ms].
const SAVE_AFTER_MS: i32 = 400;
/// The reserve is renewed at most this often while somebody drags [ms].
const RESERVE_EVERY_MS: f64 = 100.0;

/// Whether this tab may edit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    #[default]
    Here,
    /// Another tab edits; this one shows what that one saves.
    Elsewhere,
    /// It was asked for.
    Taking,
}

/// What the page shows of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeeperState {
    pub access: Access,
    /// Why the newest change is not stored.
    pub trouble: Option<Trouble>,
    /// The drawing that is open, once it is stored.
    pub id: Option<DrawingId>,
    /// Its stored version; 0: none.
    pub revision: u64,
}

/// What the keeper asks of the page.
#[derive(Clone, Debug)]
pub enum Told {
    State(KeeperState),
    Say(String),
    /// The newest version, written by another tab.
    Show(Rc<Document>),
    /// What is open has become a drawing with an address of its own.
    Became(DrawingId),
}

#[derive(Default)]
struct Now {
    /// Counts what was opened: what belongs to something earlier is void.
    serial: u32,
    /// Counts changes of access, likewise.
    turn: u32,
    source: Source,
    id: Option<DrawingId>,
    /// The version that is stored.
    meta: Option<Meta>,
    /// The version on its way into the store.
    sent: Option<Meta>,
    /// What is stored, or was opened and can be opened again; `None`: nothing of what is shown is.
    clean: Option<Rc<Document>>,
    newest: Rc<Document>,
    /// As opened, with the changes recorded while it ran: they belong to this document alone.
    opened: Option<(Rc<Document>, Vec<Input>)>,
    access: Access,
    hold: Option<Hold>,
    trouble: Option<Trouble>,
    timer: Option<Timer>,
    saving: Option<js_sys::Promise>,
    reserved_at_ms: f64,
}

impl Now {
    fn is_dirty(&self) -> bool {
        self.clean.as_ref().is_none_or(|clean| !Rc::ptr_eq(clean, &self.newest) && **clean != *self.newest)
    }

    /// The version to store next, and the one that it builds on.
    fn next(&self, base: Option<&Meta>) -> Option<(Drawing, u64)> {
        let id = self.id.clone()?;
        let (now_ms, tab) = (browser::date_ms(), channel::tab());
        let inputs = self.opened.as_ref().filter(|(document, _)| Rc::ptr_eq(document, &self.newest));
        let mut run = Run::new((*self.newest).clone());
        let drawing = match (base, inputs) {
            (Some(base), _) => Drawing::after(base, &self.newest, now_ms, &tab),
            (None, Some((_, inputs))) => {
                run.inputs.clone_from(inputs);
                Drawing::new(id, self.source.clone(), &run, now_ms, &tab)
            }
            (None, None) => Drawing::new(id, self.source.clone(), &run, now_ms, &tab),
        };
        Some((drawing, base.map_or(0, |base| base.revision)))
    }
}

/// Keeps what is drawn; cheap to clone, never a cause to render.
#[derive(Clone)]
pub struct Keeper(Rc<Inner>);

struct Inner {
    now: RefCell<Now>,
    told: RefCell<Callback<Told>>,
    listener: RefCell<Option<browser::Listener>>,
}

impl PartialEq for Keeper {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper").finish_non_exhaustive()
    }
}

impl Keeper {
    /// Begins with what the page begins with.
    #[must_use]
    pub fn new(opening: &Opening) -> Self {
        let keeper = Self(Rc::new(Inner {
            now: RefCell::default(),
            told: RefCell::new(Callback::noop()),
            listener: RefCell::default(),
        }));
        keeper.begin(opening);
        let heard = keeper.clone();
        *keeper.0.listener.borrow_mut() = channel::hear(move |news| heard.heard(news));
        keeper
    }

    /// Whom to tell.
    pub fn listen(&self, told: Callback<Told>) {
        *self.0.told.borrow_mut() = told;
        self.tell_state();
    }

    fn tell(&self, what: Told) {
        let told = self.0.told.borrow().clone();
        told.emit(what);
    }

    /// As it is now.
    #[must_use]
    pub fn state(&self) -> KeeperState {
        let now = self.0.now.borrow();
        KeeperState {
            access: now.access,
            trouble: now.trouble,
            id: now.meta.as_ref().and(now.id.clone()),
            revision: now.meta.as_ref().map_or(0, |meta| meta.revision),
        }
    }

    fn tell_state(&self) {
        self.tell(Told::State(self.state()));
    }

    fn is_current(&self, serial: u32) -> bool {
        self.0.now.borrow().serial == serial
    }

    /// Something was opened. What was open before is let go; [`Keeper::settle`] comes first.
    pub fn begin(&self, opening: &Opening) {
        let kept = opening.kept.clone();
        let (source, id) = match &opening.origin {
            Origin::New => (Source::Blank, None),
            Origin::Drawing(id) => (Source::Blank, Some(id.clone())),
            Origin::Scenario(id) => (Source::Scenario(id.clone()), None),
            Origin::Lesson(slug) => (Source::Lesson(slug.clone()), Some(DrawingId::of_lesson(slug))),
            Origin::Link(_) => (Source::Link, None),
            Origin::File => (Source::File, None),
        };
        let (held, replaced);
        {
            let mut now = self.0.now.borrow_mut();
            let (serial, turn) = (now.serial.wrapping_add(1), now.turn.wrapping_add(1));
            let from_file = opening.origin == Origin::File;
            // The same again, e.g. a lesson's system as it was given: version and lock stay.
            let same = id.is_some() && now.id == id;
            let (meta, hold) = if same { (now.meta.take(), now.hold.take()) } else { (None, None) };
            held = hold.is_some();
            replaced = meta.is_some() && kept.is_none();
            let kept = kept.or(meta);
            *now = Now {
                hold,
                serial,
                turn,
                source: kept.as_ref().map_or(source, |kept| kept.source.clone()),
                id: id.clone(),
                meta: kept,
                // A file cannot be opened again without the person: it becomes a drawing at once.
                clean: (!from_file).then(|| opening.document.clone()),
                newest: opening.document.clone(),
                opened: Some((opening.document.clone(), opening.inputs.clone())),
                trouble: now.trouble.filter(|_| from_file),
                ..Now::default()
            };
        }
        self.tell_state();
        if let Some(id) = id {
            if replaced {
                spawn_local(library::keep_apart(id.clone(), opening.document.clone()));
            }
            if !held {
                self.ask_for(id);
            }
        } else if opening.origin == Origin::File {
            self.found();
            drop(self.save());
        }
    }

    /// The first change, or a file: from now on it is a drawing.
    fn found(&self) {
        let id = DrawingId::from_bits(browser::random_bits());
        {
            let mut now = self.0.now.borrow_mut();
            now.id = Some(id.clone());
            // Its address has to lead somewhere, even if the change is undone at once.
            now.clean = None;
        }
        self.ask_for_new(id.clone());
        self.tell(Told::Became(id));
    }

    /// Shows the newest version, if it is another than the one shown.
    async fn refresh(&self, serial: u32) {
        let Some(id) = self.0.now.borrow().id.clone() else { return };
        let Ok(Some(drawing)) = library::get(&id).await else { return };
        let Ok(run) = Run::from_json(&drawing.text) else { return };
        let shown = {
            let mut now = self.0.now.borrow_mut();
            let known = now.meta.as_ref().is_some_and(|meta| meta.revision >= drawing.meta.revision);
            // What is drawn here is never replaced.
            if now.serial != serial || known || now.is_dirty() {
                return;
            }
            now.meta = Some(drawing.meta);
            let document = Rc::new(run.document);
            now.clean = Some(document.clone());
            now.newest = document.clone();
            document
        };
        self.tell(Told::Show(shown));
    }

    /// What is shown becomes another drawing than the one that was opened.
    fn stand_apart(&self) {
        {
            let mut now = self.0.now.borrow_mut();
            let title = now.newest.title.clone();
            now.turn = now.turn.wrapping_add(1);
            now.hold = None;
            now.access = Access::Here;
            now.source = Source::Copy(title);
            now.meta = None;
            now.sent = None;
            now.clean = None;
        }
        self.found();
        drop(self.save());
        self.tell_state();
        let title = self.0.now.borrow().newest.title.clone();
        self.tell(Told::Say(format!(
            "\"{title}\" was changed in another tab. What you drew here is kept beside it, as a drawing of its own."
        )));
    }

    /// Makes what is shown a drawing of one's own, under a title of its own.
    pub fn copy(&self) {
        let keeper = self.clone();
        spawn_local(async move {
            let metas = library::metas().await;
            let document = {
                let mut now = keeper.0.now.borrow_mut();
                let mut document = (*now.newest).clone();
                let title = now.newest.title.clone();
                document.title = list::copy_title(&title, &metas);
                let document = Rc::new(document);
                now.newest = document.clone();
                now.turn = now.turn.wrapping_add(1);
                now.hold = None;
                now.access = Access::Here;
                now.source = Source::Copy(title);
                now.meta = None;
                now.clean = None;
                document
            };
            keeper.tell(Told::Show(document));
            keeper.found();
            drop(keeper.save());
            keeper.tell_state();
        });
    }

    /// The document is this one now.
    pub fn changed(&self, document: &Rc<Document>) {
        let founds = {
            let mut now = self.0.now.borrow_mut();
            if Rc::ptr_eq(&now.newest, document) || now.access != Access::Here {
                return;
            }
            now.newest = document.clone();
            if !now.is_dirty() {
                now.timer = None;
                if let Some(id) = now.id.as_ref().filter(|_| now.sent.is_none()) {
                    reserve::forget(id);
                }
                return;
            }
            now.id.is_none()
        };
        if founds {
            self.found();
        }
        let due = browser::now_ms() - self.0.now.borrow().reserved_at_ms >= RESERVE_EVERY_MS;
        if due {
            self.reserve();
        }
        let keeper = self.clone();
        let timer = Timer::once(SAVE_AFTER_MS, move || drop(keeper.save()));
        self.0.now.borrow_mut().timer = Some(timer);
    }

    /// A change recorded in the run takes place: it is no change of the person's.
    pub fn replayed(&self, document: &Rc<Document>) {
        let mut now = self.0.now.borrow_mut();
        if !now.is_dirty() {
            now.clean = Some(document.clone());
            now.newest = document.clone();
        }
    }

    /// Lays the newest version where writing takes effect at once.
    fn reserve(&self) {
        let mut now = self.0.now.borrow_mut();
        now.reserved_at_ms = browser::now_ms();
        let base = now.sent.as_ref().or(now.meta.as_ref());
        if let Some((drawing, based_on)) = now.next(base) {
            reserve::keep(&Entry { based_on, drawing });
        }
    }

    /// The page may go at any moment: nothing may be lost from here on.
    pub fn flush(&self) {
        let dirty = {
            let now = self.0.now.borrow();
            now.is_dirty() && now.id.is_some() && now.access == Access::Here
        };
        if dirty {
            self.reserve();
            drop(self.save());
        }
    }

    /// Waits until everything is stored.
    ///
    /// # Errors
    /// Why it is not.
    pub async fn settle(&self) -> Result<(), Trouble> {
        if !self.is_unsaved() {
            return Ok(());
        }
        // The promise only says that it is over.
        let _ = JsFuture::from(self.save()).await;
        if self.is_unsaved() { Err(self.0.now.borrow().trouble.unwrap_or(Trouble::Failed)) } else { Ok(()) }
    }

    /// Whether something was drawn that is not stored.
    #[must_use]
    pub fn is_unsaved(&self) -> bool {
        let now = self.0.now.borrow();
        now.access == Access::Here && now.is_dirty()
    }

    /// Stores what is not stored. The promise is kept when that is done or has failed.
    fn save(&self) -> js_sys::Promise {
        if let Some(saving) = &self.0.now.borrow().saving {
            return saving.clone();
        }
        let keeper = self.clone();
        let serial = self.0.now.borrow().serial;
        let promise = future_to_promise(async move {
            while keeper.save_once(serial).await {}
            if keeper.is_current(serial) {
                keeper.0.now.borrow_mut().saving = None;
            }
            Ok(JsValue::UNDEFINED)
        });
        self.0.now.borrow_mut().saving = Some(promise.clone());
        promise
    }

    /// One version; whether there may be another.
    async fn save_once(&self, serial: u32) -> bool {
        let (drawing, based_on, document) = {
            let mut now = self.0.now.borrow_mut();
            if now.serial != serial || !now.is_dirty() || now.access != Access::Here {
                return false;
            }
            now.timer = None;
            let Some((drawing, based_on)) = now.next(now.meta.as_ref()) else { return false };
            now.sent = Some(drawing.meta.clone());
            (drawing, based_on, now.newest.clone())
        };
        let entry = Entry { based_on, drawing };
        reserve::keep(&entry);
        let drawing = entry.drawing;
        let outcome = library::put(&drawing, based_on).await;
        if !self.is_current(serial) {
            return false;
        }
        self.0.now.borrow_mut().sent = None;
        match outcome {
            Ok(Put::Done) => {
                {
                    let mut now = self.0.now.borrow_mut();
                    now.meta = Some(drawing.meta);
                    now.clean = Some(document);
                    now.trouble = None;
                }
                self.tell_state();
                true
            }
            Ok(Put::Conflict(_)) => {
                // What the reserve holds under the old id is this version: it goes on under the new one.
                reserve::forget(&drawing.meta.id);
                self.stand_apart();
                true
            }
            Err(trouble) => {
                self.0.now.borrow_mut().trouble = Some(trouble);
                self.tell_state();
                false
            }
        }
    }

    /// The open drawing was changed in the list (its title, or it was deleted): what is stored is this version now.
    pub fn adopt(&self, meta: &Meta) {
        let mut now = self.0.now.borrow_mut();
        if now.id.as_ref() == Some(&meta.id) {
            now.meta = Some(meta.clone());
        }
    }
}

/// The keeper; never a cause to render.
#[hook]
pub fn use_keeper() -> Keeper {
    use_context().expect("every component of the page stands inside the providers")
}

/// Renders when access or trouble changes, or something else is open.
#[hook]
pub fn use_keeper_state() -> KeeperState {
    use_context().expect("every component of the page stands inside the providers")
}
