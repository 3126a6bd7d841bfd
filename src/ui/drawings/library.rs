//! All drawings of this browser: the store with the reserve laid over it.

use std::cell::RefCell;
use std::rc::Rc;

use super::channel::{self, News};
use super::reserve;
use super::store::{Put, Store, Trouble};
use crate::drawings::record::{Arrival, arrive};
use crate::drawings::reserve::{Entry, Replay, replay};
use crate::drawings::{Address, Drawing, DrawingId, Meta, bundle, earlier, list};
use crate::topology::document::Document;
use crate::topology::format::Run;
use crate::ui::{browser, storage};

thread_local! {
    static STORE: RefCell<Result<Store, Trouble>> = const { RefCell::new(Err(Trouble::Blocked)) };
}

/// The store, or why there is none.
///
/// # Errors
/// The browser does not allow one.
pub fn store() -> Result<Store, Trouble> {
    STORE.with_borrow(Clone::clone)
}

/// Opens the library, once, before anything else asks for it: what closed pages and an older Headroom left behind is put
/// in its place. Each step may be interrupted and repeated.
pub async fn open() {
    let opened = Store::open().await;
    STORE.set(opened.clone());
    let Ok(store) = opened else { return };
    for entry in reserve::all() {
        // What fails stays in the reserve, for the next start.
        let _ = put_back(&store, entry).await;
    }
    let old = browser::stored_keys()
        .into_iter()
        .filter(|key| key == earlier::DRAFT || key == earlier::SHELF || key.starts_with(earlier::LESSON));
    // The draft comes first: it is the newest.
    let mut old: Vec<String> = old.collect();
    old.sort();
    let now_ms = browser::date_ms();
    for key in old {
        let text = browser::stored(&key).unwrap_or_default();
        let Some(drawings) = earlier::drawings(&key, &text, now_ms) else { continue };
        let mut all_in = true;
        // Where an older Headroom would have begun.
        if let (earlier::DRAFT, Some(draft), None) = (key.as_str(), drawings.first(), storage::place()) {
            storage::keep_place(&Address::Drawing(draft.meta.id.clone()));
        }
        for drawing in drawings {
            all_in &= take_in(&store, drawing).await.is_ok();
        }
        if all_in {
            browser::forget(&key);
        }
    }
    for meta in store.list().await.unwrap_or_default() {
        if list::is_spent(&meta, browser::date_ms()) {
            // It is tried again at the next start.
            let _ = store.remove(&meta.id).await;
        }
    }
}

async fn put_back(store: &Store, entry: Entry) -> Result<(), Trouble> {
    let (id, revision, based_on) = (entry.drawing.meta.id.clone(), entry.drawing.meta.revision, entry.based_on);
    let stored = store.get(&id).await?.map(|drawing| drawing.meta);
    let apart = match replay(entry, stored.as_ref()) {
        Replay::Drop => None,
        Replay::Write(drawing) => match store.put(&drawing, based_on).await? {
            Put::Done => None,
            // Another tab was quicker.
            Put::Conflict(stored) => match replay(Entry { based_on, drawing: *drawing }, Some(&stored)) {
                Replay::Apart(drawing) => Some(drawing),
                Replay::Drop | Replay::Write(_) => None,
            },
        },
        Replay::Apart(drawing) => Some(drawing),
    };
    if let Some(drawing) = apart {
        // Put::Conflict: an interrupted start has stored it already.
        store.put(&drawing, 0).await?;
    }
    reserve::confirmed(&id, revision);
    Ok(())
}

/// Takes in a drawing from outside; `true`: it was not there.
async fn take_in(store: &Store, incoming: Drawing) -> Result<bool, Trouble> {
    let stored = store.get(&incoming.meta.id).await?;
    let twin = store.get(&DrawingId::of_text(&incoming.text)).await?.is_some();
    match arrive(incoming, stored.as_ref(), |_| twin) {
        Arrival::Known => Ok(false),
        Arrival::Add(drawing) => {
            let based_on = drawing.meta.revision - 1;
            Ok(store.put(&drawing, based_on).await? == Put::Done)
        }
    }
}

/// All drawings; where the store cannot be read, those of the reserve.
pub async fn metas() -> Vec<Meta> {
    let stored = match store() {
        Ok(store) => store.list().await.unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    let mut metas = stored;
    for Entry { drawing, .. } in reserve::all() {
        match metas.iter_mut().find(|meta| meta.id == drawing.meta.id) {
            Some(meta) if meta.revision < drawing.meta.revision => *meta = drawing.meta,
            Some(_) => {}
            None => metas.push(drawing.meta),
        }
    }
    metas
}

/// The newest version of a drawing.
///
/// # Errors
/// The store cannot be read.
pub async fn get(id: &DrawingId) -> Result<Option<Drawing>, Trouble> {
    let reserved = reserve::of(id).map(|entry| entry.drawing);
    let stored = match store() {
        Ok(store) => store.get(id).await?,
        Err(_) => None,
    };
    Ok(match (stored, reserved) {
        (Some(stored), Some(reserved)) if reserved.meta.revision > stored.meta.revision => Some(reserved),
        (None, reserved) => reserved,
        (stored, _) => stored,
    })
}

/// Writes a version; the reserve holds it until the store has confirmed.
///
/// # Errors
/// It is not stored.
pub async fn put(drawing: &Drawing, based_on: u64) -> Result<Put, Trouble> {
    let put = store()?.put(drawing, based_on).await?;
    if put == Put::Done {
        reserve::confirmed(&drawing.meta.id, drawing.meta.revision);
        channel::tell(&News::Saved(drawing.meta.id.clone()));
    }
    Ok(put)
}

/// Changes what is said of a drawing, not what is drawn. Gives what is stored then; `None`: there is no such drawing.
///
/// # Errors
/// It is not stored.
pub async fn change(id: &DrawingId, next: impl Fn(&Drawing) -> Drawing) -> Result<Option<Meta>, Trouble> {
    // A write in between is seldom; the second try builds on it.
    for _ in 0..3 {
        let Some(drawing) = get(id).await? else { return Ok(None) };
        let changed = next(&drawing);
        if put(&changed, drawing.meta.revision).await? == Put::Done {
            return Ok(Some(changed.meta));
        }
    }
    Err(Trouble::Failed)
}

/// Something else is drawn under this id from now on: what is stored, if it differs, becomes a drawing of its own. (A design
/// in a lesson, when the lesson's own system is taken up again.) A failure leaves it where it is until the next change.
pub async fn keep_apart(id: DrawingId, document: Rc<Document>) {
    let Ok(Some(drawing)) = get(&id).await else { return };
    if Run::from_json(&drawing.text).is_ok_and(|run| run.document != *document) {
        let title = format!("{} (earlier design)", drawing.meta.title);
        let apart = drawing.copied(DrawingId::of_text(&drawing.text), title, drawing.meta.changed_ms);
        // Put::Conflict: this very design was kept before.
        let _ = put(&apart, 0).await;
    }
}

/// All drawings in one file.
///
/// # Errors
/// The store cannot be read.
pub async fn export() -> Result<String, Trouble> {
    Ok(bundle::write(&store()?.everything().await?))
}

/// Takes in a file of drawings. Gives how many are new and how many were there already.
///
/// # Errors
/// In plain words: the file cannot be read, or there is no room.
pub async fn import(text: &str) -> Result<(usize, usize), String> {
    let drawings = bundle::read(text)?;
    let (mut added, mut known) = (0, 0);
    let told = |trouble: Trouble, added: usize| {
        format!("{} {added} drawings were imported before that. {}", trouble.words(), trouble.remedy())
    };
    let store = store().map_err(|trouble| told(trouble, 0))?;
    for drawing in drawings {
        match take_in(&store, drawing).await {
            Ok(true) => added += 1,
            Ok(false) => known += 1,
            Err(trouble) => return Err(told(trouble, added)),
        }
    }
    channel::tell(&News::List);
    Ok((added, known))
}
