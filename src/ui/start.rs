//! How the page begins: with what its address asks for, where the last visit ended, or with something that already runs.

use std::rc::Rc;

use super::browser;
use super::course::Trouble;
use super::drawings::library;
use super::jump::INSPECTOR;
use super::opening;
use super::rail::tray::TRAY;
use super::shell::{Opening, Origin, Wanted};
use super::storage;
use crate::drawings::Address;
use crate::editor::{EditorState, Selection, Target};
use crate::topology::link;

/// How long the page waits for what it begins with before it shows itself without [ms].
const PATIENCE_MS: i32 = 3_000;

/// What the page begins with.
#[derive(Clone, Debug)]
pub struct Start {
    pub opening: Opening,
    /// What could not be opened, in plain words.
    pub trouble: Option<String>,
    /// What has not come yet: the page goes on fetching it.
    pub wanted: Option<Wanted>,
}

impl Start {
    fn of(opening: Opening) -> Self {
        let trouble = opening.note.clone();
        Self { opening, trouble, wanted: None }
    }

    /// An empty canvas until what is wanted has come.
    fn without(wanted: Wanted) -> Self {
        Self { wanted: Some(wanted), ..Self::of(Opening::blank()) }
    }
}

/// What an address leads to.
#[derive(Debug)]
pub enum Leads {
    Nowhere,
    /// It is here.
    To(Box<Opening>),
    /// It has to be fetched.
    Far(Wanted),
    /// It cannot be opened, in plain words.
    Wrong(String),
}

/// Follows an address.
#[must_use]
pub fn follow(address: Address) -> Leads {
    match address {
        Address::Nothing => Leads::Nowhere,
        Address::New => Leads::To(Box::new(Opening::blank())),
        Address::Drawing(id) => Leads::Far(Wanted::Drawing(id)),
        Address::Lesson(slug) => Leads::Far(Wanted::Lesson(slug)),
        Address::Scenario(id) => Leads::Far(Wanted::Scenario(id)),
        Address::Unknown(fragment) => Leads::Wrong(Address::complaint(&fragment)),
        Address::Link(fragment) => match link::decode(&format!("#{fragment}")) {
            Ok(run) => {
                let (note, document) = (run.engine_note(), Rc::new(run.document));
                let origin = Origin::Link(fragment);
                Leads::To(Box::new(Opening { document, inputs: run.inputs, origin, play: true, note, kept: None }))
            }
            Err(error) => {
                let words = error.to_string();
                Leads::Wrong(format!("{}. {}", crate::ui::kit::hint::capital(&words), error.remedy()))
            }
        },
    }
}

/// Decides once, when the page opens. Waits a moment for files that have to be fetched; the page shows itself without
/// those that take longer.
pub async fn begin() -> Start {
    library::open().await;
    match follow(Address::parse(&browser::fragment())) {
        Leads::To(opening) => Start::of(*opening),
        Leads::Far(wanted) => match fetch(&wanted).await {
            Ok(opening) => Start::of(opening),
            Err(Some(unknown)) => Start { trouble: Some(unknown), ..again().await },
            Err(None) => Start::without(wanted),
        },
        Leads::Wrong(trouble) => Start { trouble: Some(trouble), ..again().await },
        Leads::Nowhere => again().await,
    }
}

/// Where the last visit ended; on a first visit the first scenario.
async fn again() -> Start {
    let wanted = match storage::place().map(follow) {
        Some(Leads::Far(wanted)) => wanted,
        _ => return first().await,
    };
    match fetch(&wanted).await {
        Ok(opening) => {
            let welcome = matches!(opening.origin, Origin::Drawing(_))
                .then(|| format!("Welcome back: \"{}\" is as you left it.", opening.document.title));
            Start { trouble: welcome, ..Start::of(opening) }
        }
        // It was renamed, taken out or deleted since.
        Err(Some(_)) => first().await,
        Err(None) => Start::without(wanted),
    }
}

/// The tour, until it was seen or skipped.
async fn first() -> Start {
    let wanted = if storage::toured() { Wanted::First } else { Wanted::Tour };
    match fetch(&wanted).await {
        Ok(first) => Start::of(first),
        Err(_) => Start::without(wanted),
    }
}

/// `Err(None)`: it has not come yet, or could not be fetched; with words: there is no such thing.
async fn fetch(wanted: &Wanted) -> Result<Opening, Option<String>> {
    match browser::within(PATIENCE_MS, opening::fetch(wanted)).await {
        Some(Ok(opening)) => Ok(opening),
        Some(Err(Trouble::Unknown(message))) => Err(Some(message)),
        Some(Err(Trouble::Missing(_))) | None => Err(None),
    }
}

/// Whether "Break something now" was chosen while the page loaded (`#break`).
#[must_use]
pub fn to_break() -> bool {
    browser::fragment() == "break"
}

/// Brings the faults to hand: as a tray beside the stage, on a small screen as those of the first service.
pub fn reach_faults(state: &mut EditorState) {
    let kept = &mut state.session.kept;
    if browser::matches_media("(min-width: 901px)") {
        kept.panels.insert(TRAY.to_owned(), true);
    } else if let Some((id, _)) = state.document.nodes.iter().find(|(_, node)| node.kind == "service") {
        kept.tabs.insert(INSPECTOR.to_owned(), "break".to_owned());
        state.session.selection = Selection::of(Target::Node(*id));
    }
}
