//! How the page begins: a link, the draft of the last visit, or something that already runs.

use std::rc::Rc;

use yew::prelude::*;

use super::browser;
use super::practice;
use super::shared::Shared;
use super::shell::{Opening, Origin};
use super::storage;
use crate::lesson::catalog::{SCENARIOS, scenario};
use crate::topology::document::Document;
use crate::topology::link;
use crate::ui::kit::dialog::Dialog;

/// What the page begins with.
#[derive(Clone, Debug)]
pub struct Start {
    pub opening: Opening,
    /// A linked run that would take the place of the learner's draft: asked first.
    pub question: Option<Rc<Opening>>,
    /// What could not be opened, in plain words.
    pub trouble: Option<String>,
}

/// What the address asks for: `#s=…` a run, `#lesson=…`, `#scenario=…`. `None`: nothing.
#[must_use]
pub fn from_fragment() -> Option<Result<Opening, String>> {
    let fragment = browser::fragment();
    if let Some(slug) = fragment.strip_prefix("lesson=") {
        return Some(practice::opening(slug).ok_or_else(|| format!("There is no lesson called \"{slug}\".")));
    }
    if let Some(id) = fragment.strip_prefix("scenario=") {
        return Some(open_scenario(id).ok_or_else(|| format!("There is no scenario called \"{id}\".")));
    }
    if !fragment.starts_with("s=") {
        return None;
    }
    Some(match link::decode(&format!("#{fragment}")) {
        Ok(run) => {
            let note = run.engine_note();
            Ok(Opening { document: Rc::new(run.document), inputs: run.inputs, origin: Origin::Link, play: true, note })
        }
        Err(error) => {
            let words = error.to_string();
            Err(format!("{}. {}", crate::ui::kit::hint::capital(&words), error.remedy()))
        }
    })
}

fn open_scenario(id: &str) -> Option<Opening> {
    let run = scenario(id)?.run().ok()?;
    let origin = Origin::Scenario(id.to_owned());
    Some(Opening { document: Rc::new(run.document), inputs: run.inputs, origin, play: true, note: None })
}

/// Decides once, when the page opens.
#[must_use]
pub fn begin() -> Start {
    let start = choose();
    storage::keep_place(&start.opening.origin);
    start
}

fn choose() -> Start {
    let draft = storage::draft().map(|document| Opening {
        document: Rc::new(document),
        inputs: Vec::new(),
        origin: Origin::Draft,
        play: false,
        note: None,
    });
    let blank = || Opening {
        document: Rc::new(Document::default()),
        inputs: Vec::new(),
        origin: Origin::Draft,
        play: false,
        note: None,
    };
    let first = || SCENARIOS.first().and_then(|scenario| open_scenario(scenario.id)).unwrap_or_else(blank);
    match (from_fragment(), draft) {
        (Some(Ok(linked)), Some(draft)) => Start { opening: draft, question: Some(Rc::new(linked)), trouble: None },
        (Some(Ok(linked)), None) => {
            let trouble = linked.note.clone();
            Start { opening: linked, question: None, trouble }
        }
        (Some(Err(trouble)), draft) => {
            Start { opening: draft.unwrap_or_else(first), question: None, trouble: Some(trouble) }
        }
        (None, _) if let Some(lesson) = storage::lesson_of_last_visit().and_then(|slug| practice::opening(&slug)) => {
            Start { opening: lesson, question: None, trouble: None }
        }
        (None, Some(draft)) => {
            let trouble = Some(format!("Welcome back: \"{}\" is as you left it.", draft.document.title));
            Start { opening: draft, question: None, trouble }
        }
        (None, None) => Start { opening: first(), question: None, trouble: None },
    }
}

#[derive(Debug, PartialEq, Properties)]
pub struct QuestionProps {
    pub opening: Shared<Opening>,
    /// Whether to open it.
    pub answer: Callback<bool>,
}

/// Asks before a link takes the place of the learner's draft.
#[component]
pub fn Question(props: &QuestionProps) -> Html {
    let say = |yes: bool| props.answer.reform(move |_: MouseEvent| yes);
    let draft =
        storage::draft().map_or_else(|| "Your draft".to_owned(), |draft| format!("Your draft \"{}\"", draft.title));
    html! {
        <Dialog title="Open the linked run?" onclose={props.answer.reform(|()| false)}>
            <p>{ format!("The link holds \"{}\".", props.opening.document.title) }</p>
            <p>{ format!("{draft} goes on the shelf (Open, Your own), from where you can take it again.") }</p>
            <div class="button-row">
                <button type="button" class="btn btn-primary" id="open-link" onclick={say(true)}>{ "Open the link" }</button>
                <button type="button" class="btn" id="keep-draft" onclick={say(false)}>{ "Stay with my draft" }</button>
            </div>
        </Dialog>
    }
}
