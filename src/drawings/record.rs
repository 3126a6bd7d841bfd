//! A drawing as it is stored: what the list shows of it, and its text.

use serde::{Deserialize, Serialize};

use super::picture::Picture;
use crate::topology::document::Document;
use crate::topology::format::Run;

/// Longest id [characters].
const ID_CHARS_MAX: usize = 80;
/// Letters of an id that was drawn at random: no vowels and no look-alikes, so that no id is a word.
const LETTERS: &[u8; 32] = b"0123456789bcdfghjkmnpqrstvwxyzBC";

/// Names a drawing in this browser, for good; it stands in the address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DrawingId(String);

impl DrawingId {
    /// An id as it stands in an address or a file; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=ID_CHARS_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        fits.then(|| Self(text.to_owned()))
    }

    /// A new one from random bits.
    #[must_use]
    pub fn from_bits(bits: u64) -> Self {
        let letter = |place: u32| char::from(LETTERS[(bits >> (place * 5) & 31) as usize]);
        Self((0..12).map(letter).collect())
    }

    /// The id of one's design in a lesson: there is one for each lesson.
    #[must_use]
    pub fn of_lesson(slug: &str) -> Self {
        Self(format!("lesson-{slug}"))
    }

    /// Made of a text: the same text always gets the same id.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        // FNV-1a, 64 bits: nobody attacks it, and two texts of one person do not meet by chance.
        let hash = text
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self(format!("t{hash:016x}"))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a drawing began as.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "of", rename_all = "snake_case")]
pub enum Source {
    /// An empty canvas.
    #[default]
    Blank,
    /// A scenario, by id.
    Scenario(String),
    /// The person's design in a lesson, by slug. It is opened with its lesson and not listed.
    Lesson(String),
    Link,
    File,
    /// Another drawing, by title.
    Copy(String),
    /// A draft that an older Headroom kept.
    Earlier,
}

impl Source {
    /// In words, for the list; empty where there is nothing to say.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Blank => String::new(),
            Self::Scenario(_) => "from a scenario".to_owned(),
            Self::Lesson(_) => "from a lesson".to_owned(),
            Self::Link => "from a link".to_owned(),
            Self::File => "from a file".to_owned(),
            Self::Copy(title) => format!("copy of {title}"),
            Self::Earlier => "from an earlier visit".to_owned(),
        }
    }
}

/// Everything about a drawing but its text: what the list reads. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    pub id: DrawingId,
    pub title: String,
    #[serde(default)]
    pub source: Source,
    pub created_ms: u64,
    pub changed_ms: u64,
    /// Counts the stored versions, from 1.
    pub revision: u64,
    /// The tab that wrote this version.
    #[serde(default)]
    pub writer: String,
    /// When it was deleted; it can be brought back until it is cleared away, see [`super::list::is_spent`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_ms: Option<u64>,
    /// Number of stations.
    #[serde(default)]
    pub stations: usize,
    #[serde(default)]
    pub picture: Picture,
}

/// A drawing with its text, a saved run (see [`crate::topology::format`]).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drawing {
    #[serde(flatten)]
    pub meta: Meta,
    pub text: String,
}

impl Drawing {
    /// A first version.
    #[must_use]
    pub fn new(id: DrawingId, source: Source, run: &Run, now_ms: u64, writer: &str) -> Self {
        let meta = Meta {
            id,
            title: run.document.title.clone(),
            source,
            created_ms: now_ms,
            changed_ms: now_ms,
            revision: 1,
            writer: writer.to_owned(),
            deleted_ms: None,
            stations: run.document.nodes.len(),
            picture: Picture::of(&run.document),
        };
        Self { meta, text: run.to_json() }
    }

    /// The version after `before`: the same drawing with another document. A deleted one that is drawn on is back.
    #[must_use]
    pub fn after(before: &Meta, document: &Document, now_ms: u64, writer: &str) -> Self {
        let mut next = Self::new(before.id.clone(), before.source.clone(), &Run::new(document.clone()), now_ms, writer);
        next.meta.created_ms = before.created_ms;
        next.meta.changed_ms = now_ms.max(before.changed_ms);
        next.meta.revision = before.revision + 1;
        next
    }

    /// From a text that may be unreadable to this version: kept as it is under `title`, nothing is thrown away.
    #[must_use]
    pub fn of_text(text: String, title: &str, source: Source, now_ms: u64) -> Self {
        let id = DrawingId::of_text(&text);
        match Run::from_json(&text) {
            Ok(run) => {
                let mut drawing = Self::new(id, source, &run, now_ms, "");
                drawing.text = text;
                drawing
            }
            Err(_) => {
                let meta = Meta {
                    id,
                    title: title.to_owned(),
                    source,
                    created_ms: now_ms,
                    changed_ms: now_ms,
                    revision: 1,
                    writer: String::new(),
                    deleted_ms: None,
                    stations: 0,
                    picture: Picture::default(),
                };
                Self { meta, text }
            }
        }
    }

    /// The same content as a drawing of its own, with the title `title`.
    #[must_use]
    pub fn copied(&self, id: DrawingId, title: String, now_ms: u64) -> Self {
        let source = Source::Copy(self.meta.title.clone());
        // The title stands in the document too; a text that cannot be read keeps its own.
        match Run::from_json(&self.text) {
            Ok(mut run) => {
                run.document.title = title;
                Self::new(id, source, &run, now_ms, &self.meta.writer)
            }
            Err(_) => {
                let mut copy = self.clone();
                copy.meta =
                    Meta { id, title, source, created_ms: now_ms, changed_ms: now_ms, revision: 1, ..copy.meta };
                copy.meta.deleted_ms = None;
                copy
            }
        }
    }

    /// The next version: deleted at that time, or (`None`) not deleted any more.
    #[must_use]
    pub fn marked(&self, deleted_ms: Option<u64>, writer: &str) -> Self {
        let mut next = self.clone();
        next.meta.deleted_ms = deleted_ms;
        next.meta.revision += 1;
        writer.clone_into(&mut next.meta.writer);
        next
    }

    /// The next version with another title.
    #[must_use]
    pub fn renamed(&self, title: &str, now_ms: u64, writer: &str) -> Self {
        let mut next = self.clone();
        if let Ok(mut run) = Run::from_json(&self.text) {
            title.clone_into(&mut run.document.title);
            next.text = run.to_json();
        }
        title.clone_into(&mut next.meta.title);
        next.meta.revision += 1;
        next.meta.changed_ms = now_ms.max(self.meta.changed_ms);
        writer.clone_into(&mut next.meta.writer);
        next
    }
}

/// Whether a version that builds on `based_on` may take the place of what is stored. `based_on` is 0 for a new drawing.
#[must_use]
pub fn may_follow(stored: Option<&Meta>, based_on: u64) -> bool {
    stored.is_none_or(|stored| stored.revision <= based_on)
}

/// What becomes of a drawing that comes from outside: an older Headroom, a file, another tab's leftovers.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrival {
    /// It is stored as given.
    Add(Box<Drawing>),
    /// The very same text is there already.
    Known,
}

/// Decides that, given what is stored under its id and whether something is stored under the id made of its text.
#[must_use]
pub fn arrive(incoming: Drawing, stored: Option<&Drawing>, known: impl Fn(&DrawingId) -> bool) -> Arrival {
    match stored {
        None => Arrival::Add(Box::new(incoming)),
        Some(stored) if stored.meta.deleted_ms.is_some() && stored.text == incoming.text => {
            // It was deleted here and is brought back.
            let meta = Meta { revision: stored.meta.revision + 1, deleted_ms: None, ..incoming.meta };
            Arrival::Add(Box::new(Drawing { meta, text: incoming.text }))
        }
        Some(stored) if stored.text == incoming.text => Arrival::Known,
        Some(_) => {
            let id = DrawingId::of_text(&incoming.text);
            if known(&id) {
                return Arrival::Known;
            }
            let source = match incoming.meta.source {
                Source::Lesson(_) => Source::Earlier,
                source => source,
            };
            let meta = Meta { id, source, revision: 1, ..incoming.meta };
            Arrival::Add(Box::new(Drawing { meta, text: incoming.text }))
        }
    }
}
