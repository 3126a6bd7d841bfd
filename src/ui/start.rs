//! How the page begins: a link, the draft of the last visit, or something that already runs.

use std::rc::Rc;

use yew::prelude::*;

use super::browser;
use super::course::Trouble;
use super::jump::INSPECTOR;
use super::opening;
use super::rail::tray::TRAY;
use super::shared::Shared;
use super::shell::{Opening, Origin, Request, Wanted};
use super::storage;
use crate::editor::{EditorState, Selection, Target};
use crate::topology::document::Document;
use crate::topology::link;
use crate::ui::kit::dialog::Dialog;

/// How long the page waits for what it begins with before it shows itself without [ms].
const PATIENCE_MS: i32 = 3_000;

/// What the page begins with.
#[derive(Clone, Debug)]
pub struct Start {
    pub opening: Opening,
    /// A linked run that would take the place of the learner's draft: asked first.
    pub question: Option<Rc<Opening>>,
    /// What could not be opened, in plain words.
    pub trouble: Option<String>,
    /// What has not come yet: the page goes on fetching it.
    pub wanted: Option<Request>,
}

impl Start {
    fn of(opening: Opening) -> Self {
        Self { opening, question: None, trouble: None, wanted: None }
    }
}

/// What an address leads to.
#[derive(Debug)]
pub enum Linked {
    /// A run that the link holds.
    Run(Opening),
    /// Something that comes with Headroom.
    Wanted(Wanted),
}

/// What the address asks for: `#s=…` a run, `#lesson=…`, `#scenario=…`. `None`: nothing.
#[must_use]
pub fn from_fragment() -> Option<Result<Linked, String>> {
    let fragment = browser::fragment();
    if let Some(slug) = fragment.strip_prefix("lesson=") {
        return Some(Ok(Linked::Wanted(Wanted::Lesson(slug.to_owned()))));
    }
    if let Some(id) = fragment.strip_prefix("scenario=") {
        return Some(Ok(Linked::Wanted(Wanted::Scenario(id.to_owned()))));
    }
    if !fragment.starts_with("s=") {
        return None;
    }
    Some(match link::decode(&format!("#{fragment}")) {
        Ok(run) => {
            let note = run.engine_note();
            let document = Rc::new(run.document);
            Ok(Linked::Run(Opening { document, inputs: run.inputs, origin: Origin::Link, play: true, note }))
        }
        Err(error) => {
            let words = error.to_string();
            Err(format!("{}. {}", crate::ui::kit::hint::capital(&words), error.remedy()))
        }
    })
}

/// Decides once, when the page opens. Waits a moment for files that have to be fetched; the page shows itself without
/// those that take longer.
pub async fn begin() -> Start {
    let start = choose().await;
    // What is still wanted has its place when it comes.
    if start.wanted.is_none() {
        storage::keep_place(&start.opening.origin);
    }
    start
}

async fn choose() -> Start {
    let draft = storage::draft().map(own);
    match from_fragment() {
        Some(Ok(Linked::Run(linked))) => over(draft, linked),
        Some(Ok(Linked::Wanted(wanted))) => {
            let asks = draft.is_some();
            match fetch(&wanted).await {
                Ok(linked) => over(draft, linked),
                Err(Some(unknown)) => Start { trouble: Some(unknown), ..otherwise(draft).await },
                Err(None) => without(draft, Request { wanted, asks }),
            }
        }
        Some(Err(trouble)) => Start { trouble: Some(trouble), ..otherwise(draft).await },
        None => {
            let Some(slug) = storage::lesson_of_last_visit() else { return again(draft).await };
            let wanted = Wanted::Lesson(slug);
            match fetch(&wanted).await {
                Ok(lesson) => Start::of(lesson),
                // It was renamed or taken out since.
                Err(Some(_)) => again(draft).await,
                Err(None) => without(draft, Request { wanted, asks: false }),
            }
        }
    }
}

/// A document of the learner's own.
fn own(document: Document) -> Opening {
    Opening { document: Rc::new(document), inputs: Vec::new(), origin: Origin::Draft, play: false, note: None }
}

/// What a link holds; over a draft it is asked about.
fn over(draft: Option<Opening>, linked: Opening) -> Start {
    match draft {
        Some(draft) => Start { question: Some(Rc::new(linked)), ..Start::of(draft) },
        None => Start { trouble: linked.note.clone(), ..Start::of(linked) },
    }
}

/// The draft of the last visit, with a word of welcome; on a first visit the first scenario.
async fn again(draft: Option<Opening>) -> Start {
    let welcome = draft.as_ref().map(|draft| format!("Welcome back: \"{}\" is as you left it.", draft.document.title));
    Start { trouble: welcome, ..otherwise(draft).await }
}

/// The draft, or the first scenario.
async fn otherwise(draft: Option<Opening>) -> Start {
    match draft {
        Some(draft) => Start::of(draft),
        None => match fetch(&Wanted::First).await {
            Ok(first) => Start::of(first),
            Err(_) => without(None, Request { wanted: Wanted::First, asks: false }),
        },
    }
}

/// The draft, or an empty canvas, until what is wanted has come.
fn without(draft: Option<Opening>, wanted: Request) -> Start {
    Start { wanted: Some(wanted), ..Start::of(draft.unwrap_or_else(|| own(Document::default()))) }
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

#[derive(Debug, PartialEq, Properties)]
pub struct QuestionProps {
    pub opening: Shared<Opening>,
    /// Whether to open it.
    pub answer: Callback<bool>,
}

/// Asks before something else takes the place of the learner's draft.
#[component]
pub fn Question(props: &QuestionProps) -> Html {
    let say = |yes: bool| props.answer.reform(move |_: MouseEvent| yes);
    let draft =
        storage::draft().map_or_else(|| "Your draft".to_owned(), |draft| format!("Your draft \"{}\"", draft.title));
    html! {
        <Dialog title={format!("Open \"{}\"?", props.opening.document.title)} onclose={props.answer.reform(|()| false)}>
            <p>{ format!("{draft} goes on the shelf (Open, Your own), from where you can take it again.") }</p>
            <div class="button-row">
                <button type="button" class="btn btn-primary" id="open-link" onclick={say(true)}>{ "Open it" }</button>
                <button type="button" class="btn" id="keep-draft" onclick={say(false)}>{ "Stay with my draft" }</button>
            </div>
        </Dialog>
    }
}
