//! What comes with Headroom, fetched from the site when it is wanted: the list of everything, lessons, scenarios, the
//! glossary. Each file is fetched once and kept for as long as the page lives; one that did not come is asked for anew
//! the next time.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;
use yew::prelude::*;

use super::browser;
use super::practice::Practice;
use super::shared::Shared;
use crate::glossary::Glossary;
use crate::lesson::catalog::{Index, LessonFiles, Scene, built_in};
use crate::topology::format::Run;

/// How long a file may take to come [ms]: all of them are small.
const PATIENCE_MS: i32 = 20_000;

/// A file of the site that did not come, or cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Its address below the page's folder.
    pub file: String,
    /// What happened and what to do about it: a whole sentence.
    pub why: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The file {} did not load. {}", self.file, self.why)
    }
}

/// Why something that was asked for by name is not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// There is nothing of that name, in words.
    Unknown(String),
    /// Asking again may help.
    Missing(Missing),
}

impl From<Missing> for Trouble {
    fn from(missing: Missing) -> Self {
        Self::Missing(missing)
    }
}

/// What has come so far.
#[derive(Default)]
struct Kept {
    index: Option<Shared<Index>>,
    glossary: Option<Shared<Glossary>>,
    /// By slug.
    lessons: BTreeMap<String, Shared<Practice>>,
    /// By id.
    scenarios: BTreeMap<String, Run>,
}

thread_local! {
    static KEPT: RefCell<Kept> = RefCell::default();
}

/// The list of everything.
///
/// # Errors
/// Its file, if it did not come.
pub async fn index() -> Result<Shared<Index>, Missing> {
    if let Some(index) = index_here() {
        return Ok(index);
    }
    // The build writes the name onto the tag that starts the page.
    let tag = browser::document().query_selector("script[data-course]").ok().flatten();
    let file = tag.and_then(|tag| tag.get_attribute("data-course")).unwrap_or_default();
    if file.is_empty() {
        let why = "This build of the page was made without it: `cargo xtask build` makes it.".to_owned();
        return Err(Missing { file: "course/index.json".to_owned(), why });
    }
    let index = Shared::new(read(&file, Index::from_json).await?);
    KEPT.with_borrow_mut(|kept| kept.index = Some(index.clone()));
    Ok(index)
}

/// The list of everything, if it has come.
#[must_use]
pub fn index_here() -> Option<Shared<Index>> {
    KEPT.with_borrow(|kept| kept.index.clone())
}

/// The words of the field.
///
/// # Errors
/// The file that did not come.
pub async fn glossary() -> Result<Shared<Glossary>, Missing> {
    if let Some(glossary) = KEPT.with_borrow(|kept| kept.glossary.clone()) {
        return Ok(glossary);
    }
    let file = beside_index(&index().await?.glossary);
    let glossary = Shared::new(read(&file, Glossary::from_json).await?);
    KEPT.with_borrow_mut(|kept| kept.glossary = Some(glossary.clone()));
    Ok(glossary)
}

/// A lesson, by its slug or another of its names.
///
/// # Errors
/// There is none of that name, or a file did not come.
pub async fn lesson(name: &str) -> Result<Shared<Practice>, Trouble> {
    let index = index().await?;
    let listing = index
        .lesson(name)
        .ok_or_else(|| Trouble::Unknown(format!("There is no lesson called \"{name}\". Open lists all lessons.")))?;
    if let Some(practice) = lesson_here(&listing.slug) {
        return Ok(practice);
    }
    let reader = |text: &str| Practice::read(listing, index.name(listing), LessonFiles::from_json(text)?);
    let practice = Shared::new(read(&beside_index(&listing.file), reader).await?);
    KEPT.with_borrow_mut(|kept| kept.lessons.insert(listing.slug.clone(), practice.clone()));
    Ok(practice)
}

/// A lesson by its slug, if it has come.
#[must_use]
pub fn lesson_here(slug: &str) -> Option<Shared<Practice>> {
    KEPT.with_borrow(|kept| kept.lessons.get(slug).cloned())
}

/// A scenario, which `find` finds in the list; `name` is what was asked for. Gives its id too.
///
/// # Errors
/// There is none of that name, or a file did not come.
pub async fn scenario(name: &str, find: impl Fn(&Index) -> Option<&Scene>) -> Result<(String, Run), Trouble> {
    let index = index().await?;
    let scene = find(&index).ok_or_else(|| {
        Trouble::Unknown(format!("There is no scenario called \"{name}\". Open lists all scenarios."))
    })?;
    let kept = KEPT.with_borrow(|kept| kept.scenarios.get(&scene.id).cloned());
    let run = match (kept, &scene.run) {
        (Some(run), _) => run,
        (None, Some(text)) => {
            saved(text).map_err(|error| Missing { file: beside_index(&scene.file), why: unreadable(&error) })?
        }
        (None, None) => read(&beside_index(&scene.file), saved).await?,
    };
    KEPT.with_borrow_mut(|kept| kept.scenarios.insert(scene.id.clone(), run.clone()));
    Ok((scene.id.clone(), run))
}

fn saved(text: &str) -> Result<Run, String> {
    built_in(text).map_err(|error| format!("{}: {error}", error.place()))
}

/// The list names files that stand in its own folder.
fn beside_index(name: &str) -> String {
    format!("course/{name}")
}

fn unreadable(error: &str) -> String {
    format!("It came, but cannot be read ({error}): the site may just have been renewed. Reload the page.")
}

/// Fetches a file and reads it.
async fn read<T>(file: &str, reader: impl FnOnce(&str) -> Result<T, String>) -> Result<T, Missing> {
    let text = browser::within(PATIENCE_MS, fetch(file)).await.unwrap_or_else(|| {
        Err(format!("No answer came within {} seconds: check the connection and try again.", PATIENCE_MS / 1000))
    });
    text.and_then(|text| reader(&text).map_err(|error| unreadable(&error)))
        .map_err(|why| Missing { file: file.to_owned(), why })
}

async fn fetch(file: &str) -> Result<String, String> {
    let broken = |_: JsValue| "The connection failed: check it and try again.".to_owned();
    let answer = JsFuture::from(browser::window().fetch_with_str(&browser::beside_page(file))).await;
    let answer: Response = answer.map_err(broken)?.unchecked_into();
    if !answer.ok() {
        return Err(match answer.status() {
            404 => "The server has no such file: the site may just have been renewed. Reload the page.".to_owned(),
            status => format!("The server answered with status {status}: try again in a moment."),
        });
    }
    let text = JsFuture::from(answer.text().map_err(broken)?).await.map_err(broken)?;
    Ok(text.as_string().unwrap_or_default())
}

/// Something of the course as a component sees it.
#[derive(Clone, Debug, PartialEq)]
pub enum Wait<T> {
    /// It is on its way.
    Coming,
    Here(Shared<T>),
    Failed(Missing),
}

/// The list of everything, and how to ask for it again.
#[hook]
pub fn use_index() -> (Wait<Index>, Callback<()>) {
    let state = use_state_eq(|| index_here().map_or(Wait::Coming, Wait::Here));
    let words = use_words();
    let ask = {
        let state = state.setter();
        use_callback(words, move |(), words| {
            let (state, words) = (state.clone(), words.clone());
            state.set(Wait::Coming);
            wasm_bindgen_futures::spawn_local(async move {
                let index = index().await;
                if index.is_ok() {
                    words.ask_again();
                }
                state.set(index.map_or_else(Wait::Failed, Wait::Here));
            });
        })
    };
    {
        let (ask, wanted) = (ask.clone(), matches!(*state, Wait::Coming));
        use_effect_with((), move |()| {
            if wanted {
                ask.emit(());
            }
        });
    }
    ((*state).clone(), ask)
}

/// The words of the field, as far as they have come.
#[derive(Clone, Debug, PartialEq)]
pub struct Words {
    /// Empty until the file has come.
    pub glossary: Shared<Glossary>,
    /// Why they did not come.
    pub failed: Option<Missing>,
    /// Asks for them again.
    pub ask: Callback<()>,
}

impl Words {
    /// Another file came: those that did not come may do so now.
    pub fn ask_again(&self) {
        if self.failed.is_some() {
            self.ask.emit(());
        }
    }
}

#[derive(Debug, PartialEq, Properties)]
pub struct WordsProviderProps {
    pub children: Html,
}

/// Fetches the glossary once the page has been drawn, and again when the connection comes back.
#[component]
pub fn WordsProvider(props: &WordsProviderProps) -> Html {
    let glossary = use_state_eq(|| Shared::new(Glossary::default()));
    let failed = use_state_eq(|| None::<Missing>);
    let ask = {
        let (glossary, failed) = (glossary.setter(), failed.setter());
        use_callback((), move |(), ()| {
            let (glossary, failed) = (glossary.clone(), failed.clone());
            wasm_bindgen_futures::spawn_local(async move {
                match self::glossary().await {
                    Ok(words) => {
                        glossary.set(words);
                        failed.set(None);
                    }
                    Err(missing) => failed.set(Some(missing)),
                }
            });
        })
    };
    {
        let ask = ask.clone();
        use_effect_with((), move |()| {
            let first = browser::Timer::once(0, {
                let ask = ask.clone();
                move || ask.emit(())
            });
            let again = browser::Listener::new(&browser::window(), "online", move |_| ask.emit(()));
            move || drop((first, again))
        });
    }
    let words = Words { glossary: (*glossary).clone(), failed: (*failed).clone(), ask };
    html! { <ContextProvider<Words> context={words}>{ props.children.clone() }</ContextProvider<Words>> }
}

/// The words of the field; renders again once they come.
#[hook]
pub fn use_words() -> Words {
    use_context().expect("every component of the page stands inside the providers")
}
