//! The store: two tables in IndexedDB, what the list shows of each drawing, and its text. The one place that knows it.

use std::rc::Rc;

use idb::{Database, DatabaseEvent, Factory, ObjectStoreParams, Transaction, TransactionMode};
use wasm_bindgen::JsValue;

use crate::drawings::record::may_follow;
use crate::drawings::{Drawing, DrawingId, Meta};
use crate::ui::browser;

const NAME: &str = "headroom";
const VERSION: u32 = 1;
/// [`Meta`] as JSON, by id.
const LIST: &str = "list";
/// Saved runs, by id.
const TEXTS: &str = "texts";
/// How long the store may take to open [ms]: some browsers never answer where they allow nothing.
const OPEN_WITHIN_MS: i32 = 4_000;

/// Why something is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The browser lets the page store nothing.
    Blocked,
    /// There is no more room.
    Full,
    /// Anything else; the next change tries again.
    Failed,
}

impl Trouble {
    /// What is wrong, in one sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Blocked => "This browser does not let the page store anything: a private window, or a setting.",
            Self::Full => "The browser's storage for this page is full.",
            Self::Failed => "The browser failed to store the last change.",
        }
    }

    /// What to do about it, in one sentence.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Blocked => "Save your work as a file before you leave, or open Headroom in an ordinary window.",
            Self::Full => "Save this drawing as a file, then delete drawings that you no longer need.",
            Self::Failed => "Save this drawing as a file; the next change tries to store it again.",
        }
    }
}

/// How a write went.
#[derive(Clone, Debug, PartialEq)]
pub enum Put {
    Done,
    /// Another version is stored than the one that this one builds on.
    Conflict(Box<Meta>),
}

/// The open store.
#[derive(Clone)]
pub struct Store(Rc<Database>);

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

fn trouble(error: idb::Error) -> Trouble {
    let exception: JsValue = match error {
        idb::Error::DomException(exception) => exception.into(),
        idb::Error::AddFailed(value) | idb::Error::UpdateFailed(value) | idb::Error::TransactionCommitError(value) => {
            value
        }
        _ => return Trouble::Failed,
    };
    let name = js_sys::Reflect::get(&exception, &JsValue::from_str("name")).ok().and_then(|name| name.as_string());
    if name.as_deref() == Some("QuotaExceededError") { Trouble::Full } else { Trouble::Failed }
}

impl Store {
    /// Opens it, and makes it where there is none.
    ///
    /// # Errors
    /// The browser does not allow it, or does not answer.
    pub async fn open() -> Result<Self, Trouble> {
        let open = async {
            let mut request = Factory::new()?.open(NAME, Some(VERSION))?;
            request.on_upgrade_needed(|event| {
                if let Ok(database) = event.database() {
                    for table in [LIST, TEXTS] {
                        // Fails only for a table that is there already.
                        let _ = database.create_object_store(table, ObjectStoreParams::new());
                    }
                }
            });
            request.await
        };
        match browser::within(OPEN_WITHIN_MS, open).await {
            Some(Ok(mut database)) => {
                // A later Headroom in another tab wants to change the tables: it must not wait for this page.
                database.on_version_change(|event: web_sys::Event| {
                    let target = event.target().map(JsValue::from);
                    if let Some(database) = target.and_then(|target| Database::try_from(target).ok()) {
                        database.close();
                    }
                });
                Ok(Self(Rc::new(database)))
            }
            Some(Err(_)) | None => Err(Trouble::Blocked),
        }
    }

    fn begin(&self, mode: TransactionMode) -> Result<Transaction, Trouble> {
        self.0.transaction(&[LIST, TEXTS], mode).map_err(trouble)
    }

    /// All drawings without their texts, deleted ones too. What cannot be read is left out and stays.
    ///
    /// # Errors
    /// The browser could not read.
    pub async fn list(&self) -> Result<Vec<Meta>, Trouble> {
        let read = async {
            let list = self.0.transaction(&[LIST], TransactionMode::ReadOnly)?.object_store(LIST)?;
            list.get_all(None, None)?.await
        };
        let values = read.await.map_err(trouble)?;
        let metas = values.iter().filter_map(|value| serde_json::from_str(&value.as_string()?).ok());
        Ok(metas.collect())
    }

    /// A drawing with its text.
    ///
    /// # Errors
    /// The browser could not read.
    pub async fn get(&self, id: &DrawingId) -> Result<Option<Drawing>, Trouble> {
        let key = JsValue::from_str(id.as_str());
        let transaction = self.begin(TransactionMode::ReadOnly)?;
        let read = async {
            let meta = transaction.object_store(LIST)?.get(key.clone())?.await?;
            let text = transaction.object_store(TEXTS)?.get(key)?.await?;
            Ok(meta.zip(text))
        };
        let found: Option<(JsValue, JsValue)> = read.await.map_err(trouble)?;
        Ok(found.and_then(|(meta, text)| {
            Some(Drawing { meta: serde_json::from_str(&meta.as_string()?).ok()?, text: text.as_string()? })
        }))
    }

    /// All drawings with their texts, deleted ones left out.
    ///
    /// # Errors
    /// The browser could not read.
    pub async fn everything(&self) -> Result<Vec<Drawing>, Trouble> {
        let mut all = Vec::new();
        for meta in self.list().await? {
            if meta.deleted_ms.is_none()
                && let Some(drawing) = self.get(&meta.id).await?
            {
                all.push(drawing);
            }
        }
        Ok(all)
    }

    /// Writes a version if the stored one is what it builds on (0: none). Comparing and writing are one step.
    ///
    /// # Errors
    /// The browser could not write; what was stored before is still stored.
    pub async fn put(&self, drawing: &Drawing, based_on: u64) -> Result<Put, Trouble> {
        let key = JsValue::from_str(drawing.meta.id.as_str());
        let meta = serde_json::to_string(&drawing.meta).expect("a record is plain data");
        let transaction = self.begin(TransactionMode::ReadWrite)?;
        let write = async {
            let list = transaction.object_store(LIST)?;
            let stored = list.get(key.clone())?.await?.and_then(|value| value.as_string());
            let stored: Option<Meta> = stored.and_then(|text| serde_json::from_str(&text).ok());
            if let Some(stored) = stored.filter(|stored| !may_follow(Some(stored), based_on)) {
                return Ok(Put::Conflict(Box::new(stored)));
            }
            list.put(&JsValue::from_str(&meta), Some(&key))?.await?;
            let texts = transaction.object_store(TEXTS)?;
            texts.put(&JsValue::from_str(&drawing.text), Some(&key))?.await?;
            Ok(Put::Done)
        };
        let put = write.await.map_err(trouble)?;
        match transaction.await {
            Ok(result) if result.is_committed() => Ok(put),
            // A transaction that the browser gives up at its end has run out of room.
            Ok(_) => Err(Trouble::Full),
            Err(error) => Err(trouble(error)),
        }
    }

    /// Takes a drawing out for good.
    ///
    /// # Errors
    /// The browser could not write.
    pub async fn remove(&self, id: &DrawingId) -> Result<(), Trouble> {
        let key = JsValue::from_str(id.as_str());
        let transaction = self.begin(TransactionMode::ReadWrite)?;
        let write = async {
            transaction.object_store(LIST)?.delete(key.clone())?.await?;
            transaction.object_store(TEXTS)?.delete(key)?.await
        };
        write.await.map_err(trouble)?;
        transaction.await.map(drop).map_err(trouble)
    }
}
