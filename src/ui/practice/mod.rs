//! Practice: a lesson's card beside the canvas, step by step. Which steps, what words and which goals is the lesson's
//! business; nothing here knows a lesson by name.

mod bet;
mod goal_chart;
mod goals;
mod grade;
mod grading;
mod prose;
mod runs;
mod sketch;
mod was;

use std::cell::RefCell;
use std::rc::Rc;

use yew::prelude::*;

use self::bet::{BetForm, BetTruth, Draft};
use self::goal_chart::GoalChart;
use self::goals::{Budget, Goals};
use self::grade::GradePanel;
use self::runs::{Runs, RunsKeeper, untouched};
pub(super) use self::was::{Was, params_at_the_start};
use super::browser::Timer;
use super::course::{self, Trouble};
use super::shared::Shared;
use super::shell::{DialogKind, Opening, Origin, use_shell};
use super::storage;
use super::store::{use_dispatch, use_document, use_preferences, use_run, use_simulation};
use crate::drawings::DrawingId;
use crate::editor::{Action, SessionChange};
use crate::lesson::catalog::{LessonFiles, Listing};
use crate::lesson::curve::Curve;
use crate::lesson::progress::{Bet, Event, LessonProgress, Progress};
use crate::lesson::{Lesson, StepKind, rules};
use crate::topology::document::Document;
use crate::topology::format::Run;
use crate::ui::drawings::library;
use crate::ui::kit::icons::icon;

/// Time after which a report surely is that of the system shown [ms].
const SETTLE_MS: i32 = 100;
/// Name of the panel in the stored session.
const PANEL: &str = "lesson";

/// A lesson with everything that the card needs.
#[derive(Debug)]
pub struct Practice {
    pub slug: AttrValue,
    /// What it is called in the course, e.g. "Lab 3".
    pub name: String,
    pub files: Rc<LessonFiles>,
    pub lesson: Lesson,
    pub start: Document,
    /// The run under way and the one before.
    runs: RefCell<Runs>,
}

/// The lesson that is open, as a context.
#[derive(Clone, Debug, PartialEq)]
pub struct InPractice(pub Option<Shared<Practice>>);

/// Renders when another lesson is opened, or none.
#[hook]
pub fn use_practice() -> Option<Shared<Practice>> {
    use_context::<InPractice>().and_then(|open| open.0)
}

impl Practice {
    /// Whether a chart can show how one of its goals fares.
    #[must_use]
    pub fn has_curve(&self) -> bool {
        self.lesson.goals.iter().any(|goal| Curve::of(goal, &self.start).is_some())
    }

    /// Reads the files of a lesson that the list calls `name`.
    ///
    /// # Errors
    /// What cannot be read, in words; those of the site that this page comes from always can be.
    pub fn read(listing: &Listing, name: String, files: LessonFiles) -> Result<Self, String> {
        let lesson = files.lesson().map_err(|error| error.to_string())?;
        let start = files.start().map_err(|error| format!("{}: {error}", error.place()))?;
        Ok(Self {
            slug: listing.slug.clone().into(),
            name,
            files: Rc::new(files),
            lesson,
            start,
            runs: RefCell::default(),
        })
    }
}

/// Opens a lesson where the learner left it.
///
/// # Errors
/// There is none of that name, or a file did not come.
pub async fn opening(name: &str) -> Result<Opening, Trouble> {
    let practice = course::lesson(name).await?;
    // By its own name, even if the link used another: drafts and progress are kept by it.
    let origin = Origin::Lesson(practice.slug.to_string());
    let kept = library::get(&DrawingId::of_lesson(&practice.slug)).await.ok().flatten();
    let (design, kept) = match kept.map(|kept| (Run::from_json(&kept.text), kept.meta)) {
        Some((Ok(run), meta)) => (Some(run.document), Some(meta)),
        // One that cannot be read stays as it is: what is drawn now is kept beside it.
        Some((Err(_), _)) | None => (None, None),
    };
    let document = Rc::new(design.unwrap_or_else(|| practice.start.clone()));
    Ok(Opening { document, inputs: Vec::new(), origin, play: false, note: None, kept })
}

/// Progress in all lessons, and the way to record more.
#[derive(Clone, Debug, PartialEq)]
pub struct ProgressStore {
    progress: Shared<Progress>,
    record: Callback<(String, Event)>,
    /// Why it could not be saved or read.
    pub failure: Option<AttrValue>,
}

impl ProgressStore {
    #[must_use]
    pub fn of(&self, slug: &str) -> LessonProgress {
        self.progress.of(slug)
    }

    pub fn record(&self, slug: &str, event: Event) {
        self.record.emit((slug.to_owned(), event));
    }
}

#[derive(Debug, PartialEq, Properties)]
pub struct ProgressProviderProps {
    pub children: Html,
}

/// Keeps progress in the browser's storage.
#[component]
pub fn ProgressProvider(props: &ProgressProviderProps) -> Html {
    let loaded = use_memo((), |()| match storage::progress() {
        None => (Progress::default(), None),
        Some(text) => match Progress::from_json(&text) {
            Ok(progress) => (progress, None),
            Err(message) => (Progress::default(), Some(message)),
        },
    });
    let newest = use_mut_ref(|| Shared::new(loaded.0.clone()));
    let failure = use_state_eq(|| loaded.1.clone());
    let serial = use_state_eq(|| 0_u32);
    // Progress that could not be read stays as it is: overwriting it would lose what a newer Headroom wrote.
    let readable = loaded.1.is_none();
    let record = {
        let (newest, failure, serial) = (newest.clone(), failure.clone(), serial.setter());
        let count = use_mut_ref(|| 0_u32);
        Callback::from(move |(slug, event): (String, Event)| {
            let mut progress = (*newest.borrow().0).clone();
            progress.record(&slug, event);
            if readable {
                failure.set(storage::keep_progress(&progress.to_json()).err().map(str::to_owned));
            }
            *newest.borrow_mut() = Shared::new(progress);
            *count.borrow_mut() += 1;
            serial.set(*count.borrow());
        })
    };
    let record = use_memo((), |()| record);
    let store = ProgressStore {
        progress: newest.borrow().clone(),
        record: (*record).clone(),
        failure: failure.as_ref().map(|message| AttrValue::from(message.clone())),
    };
    html! { <ContextProvider<ProgressStore> context={store}>{ props.children.clone() }</ContextProvider<ProgressStore>> }
}

#[hook]
pub fn use_progress() -> ProgressStore {
    use_context().expect("every component of the page stands inside the providers")
}

#[derive(Debug, PartialEq, Properties)]
pub struct PracticeCardProps {
    pub practice: Shared<Practice>,
}

/// The chart of the lesson's goal, for the dock.
pub(crate) fn draw_goal(practice: &Shared<Practice>) -> Html {
    html! { <GoalChart key={practice.slug.to_string()} practice={practice.clone()} /> }
}

/// What a target was at the start, on the stage.
pub(crate) fn draw_was(was: &Was) -> Html {
    was::tag(was)
}

/// The lesson's card: docked beside the canvas, never over it.
pub(crate) fn draw(practice: &Shared<Practice>) -> Html {
    html! { <PracticeCard practice={practice.clone()} /> }
}

#[component]
fn PracticeCard(props: &PracticeCardProps) -> Html {
    let practice = props.practice.clone();
    let slug = practice.slug.clone();
    let store = use_progress();
    let dispatch = use_dispatch();
    let document = use_document();
    let preferences = use_preferences();
    let progress = store.of(&slug);
    let steps = &practice.lesson.steps;
    let at = progress.step.min(steps.len().saturating_sub(1));

    {
        let (store, practice) = (store.clone(), practice.clone());
        use_effect_with(slug.clone(), move |slug| {
            store.record(slug, Event::Opened { version: practice.lesson.version })
        });
    }
    // The world stays locked however the drawing changes: the locks follow the stations that are there now.
    {
        let (dispatch, practice) = (dispatch.clone(), practice.clone());
        let stations: Vec<_> = document.nodes.iter().map(|(id, node)| (*id, node.kind.clone())).collect();
        let edges: Vec<_> = document.edges.keys().copied().collect();
        let document = document.clone();
        use_effect_with((slug.clone(), stations, edges), move |_| {
            dispatch.act(Action::SetGuard(Rc::new(rules::guard(&practice.lesson, &practice.start, &document))));
        });
    }

    // A learner past the meeting has met the system. Kept by lesson: the card outlives a change of lessons.
    let met = use_state_eq(|| None::<AttrValue>);
    let draft = bet::use_draft(slug.clone());
    let beyond = steps.iter().position(|step| step.kind == StepKind::Meet).is_some_and(|meet| at > meet);
    {
        let met = met.setter();
        use_effect_with((slug.clone(), beyond), move |(slug, beyond)| {
            if *beyond {
                met.set(Some(slug.clone()));
            }
        });
    }
    let has_met = beyond || met.as_ref() == Some(&slug) || progress.gradings > 0;
    let on_met = {
        let met = met.setter();
        use_callback((), move |slug, ()| met.set(Some(slug)))
    };

    let open = preferences.panel_open(PANEL, true);
    let fold = {
        let dispatch = dispatch.clone();
        Callback::from(move |_: MouseEvent| {
            dispatch.session(SessionChange::SetPanel { panel: PANEL.to_owned(), open: !open })
        })
    };
    let go = {
        let (store, slug, last) = (store.clone(), slug.clone(), steps.len().saturating_sub(1));
        Callback::from(move |step: usize| {
            store.record(&slug, Event::StepShown(step.min(last)));
            super::browser::focus_id("lesson-title");
        })
    };
    let Some(step) = steps.get(at) else { return Html::default() };
    let sections = practice.files.sections();
    let section = sections.iter().find(|section| section.id == step.section);
    let title = section.map_or_else(|| practice.lesson.title.clone(), |section| section.title.to_owned());
    let counted = format!("{} · step {} of {}", practice.name, at + 1, steps.len());
    if !open {
        return html! {
            <section class="lesson lesson-folded" aria-label="Practice">
                <RunsKeeper practice={practice.clone()} />
                <button type="button" class="lesson-unfold" onclick={fold} aria-expanded="false">
                    { icon("graduation-cap", "") }<span>{ counted }</span><strong>{ title }</strong>{ icon("chevron-right", "") }
                </button>
            </section>
        };
    }
    // What the learner has to do before the next step makes sense.
    let asked =
        practice.lesson.prediction.as_ref().filter(|_| step.kind == StepKind::Predict && progress.bet.is_none());
    let barred = match step.kind {
        StepKind::Predict => asked.map(|_| "You cannot change it later. A wrong bet costs nothing."),
        StepKind::Meet => (!has_met).then_some("Run the system to its end first."),
        StepKind::Grade => (progress.passed.is_none()).then_some("Pass the examination to unlock the explanation."),
        _ => None,
    };
    let to = |step: usize| go.reform(move |_: MouseEvent| step);
    let place = asked.map(|prediction| place_bet(&store, &slug, draft.bet(prediction, &practice.start)));
    // What the page around it need not show: while there is nothing to build, what builds; before it runs, what it did.
    let calm = match step.kind {
        StepKind::Brief | StepKind::Predict | StepKind::Explain | StepKind::FollowUp => Some("all"),
        StepKind::Meet => Some("tools"),
        StepKind::Build | StepKind::Grade => None,
    };
    html! {
        <section class="lesson" aria-label="Practice" data-calm={calm}>
            <RunsKeeper practice={practice.clone()} />
            <header class="lesson-head">
                <p class="lesson-count">{ counted }</p>
                <button type="button" class="icon-btn icon-btn-s" onclick={fold} aria-expanded="true" aria-label="Fold the lesson away">{ icon("chevron-left", "icon-s") }</button>
            </header>
            <div class="lesson-body" tabindex="0" role="group" aria-label="Lesson text" key={at}>
                <h2 id="lesson-title" tabindex="-1">{ title }</h2>
                if let Some(section) = section { { prose::html(&section.blocks) } }
                { step_body(&practice, &progress, step.kind, &draft, has_met, &on_met) }
                if let Some(message) = &store.failure { <p class="callout callout-warn">{ format!("Your progress is not saved: {message}") }</p> }
            </div>
            if let Some(reason) = barred { <p class="lesson-barred" id="lesson-barred">{ reason }</p> }
            <footer class="lesson-foot">
                <button type="button" class="btn btn-s" disabled={at == 0} onclick={to(at.saturating_sub(1))}>{ icon("chevron-left", "icon-s") }{ "Back" }</button>
                <ol class="lesson-dots" aria-hidden="true">
                    { for (0..steps.len()).map(|index| html! { <li class={classes!((index == at).then_some("on"), (index < at).then_some("done"))}></li> }) }
                </ol>
                if let Some(place) = place {
                    { place }
                } else if at + 1 < steps.len() {
                    <button key="next" type="button" class="btn btn-s btn-primary" id="lesson-next" disabled={barred.is_some()} aria-describedby={barred.map(|_| "lesson-barred")} onclick={to(at + 1)}>
                        { "Next" }{ icon("chevron-right", "icon-s") }
                    </button>
                } else {
                    <Leave />
                }
            </footer>
        </section>
    }
}

/// The button that places a bet, once it is whole.
fn place_bet(store: &ProgressStore, slug: &AttrValue, bet: Option<Bet>) -> Html {
    let disabled = bet.is_none();
    let (store, slug) = (store.clone(), slug.clone());
    let onclick = Callback::from(move |_: MouseEvent| {
        if let Some(bet) = bet.clone() {
            store.record(&slug, Event::BetPlaced(bet));
        }
    });
    html! {
        <button key="bet" type="button" class="btn btn-s btn-primary" id="bet-place" {disabled} aria-describedby="lesson-barred" {onclick}>
            { icon("target", "icon-s") }{ "Place the bet" }
        </button>
    }
}

fn step_body(
    practice: &Shared<Practice>,
    progress: &LessonProgress,
    kind: StepKind,
    draft: &Draft,
    has_met: bool,
    on_met: &Callback<AttrValue>,
) -> Html {
    match kind {
        StepKind::Brief => html! { <Goals practice={practice.clone()} /> },
        StepKind::Predict => html! { <BetForm practice={practice.clone()} draft={draft.clone()} /> },
        StepKind::Meet => {
            html! {
                <>
                    <MeetButton practice={practice.clone()} />
                    <MeetWatch practice={practice.clone()} {on_met} />
                    <Goals practice={practice.clone()} />
                    if has_met { <BetTruth practice={practice.clone()} /> }
                </>
            }
        }
        StepKind::Build => {
            html! { <><Budget practice={practice.clone()} /><Goals practice={practice.clone()} /><Hints practice={practice.clone()} /></> }
        }
        StepKind::Grade => {
            html! { <><Budget practice={practice.clone()} /><GradePanel practice={practice.clone()} /><Hints practice={practice.clone()} /></> }
        }
        StepKind::Explain | StepKind::FollowUp => html! {
            if progress.passed.is_some() { <BetTruth practice={practice.clone()} /> }
        },
    }
}

/// Starts the system as the lesson gives it.
#[component]
fn MeetButton(props: &PracticeCardProps) -> Html {
    let shell = use_shell();
    let practice = props.practice.clone();
    let meet = Callback::from(move |_: MouseEvent| {
        shell.open(Opening {
            document: Rc::new(practice.start.clone()),
            inputs: Vec::new(),
            origin: Origin::Lesson(practice.slug.to_string()),
            play: true,
            note: None,
            kept: None,
        });
    });
    html! {
        <div class="button-row">
            <button type="button" class="btn btn-primary" id="lesson-meet" onclick={meet}>{ icon("play", "") }{ "Run the system as it is" }</button>
        </div>
    }
}

#[derive(Debug, PartialEq, Properties)]
struct MeetWatchProps {
    practice: Shared<Practice>,
    /// Told the lesson's name.
    on_met: Callback<AttrValue>,
}

/// Shows nothing; tells once the system as the lesson gives it has run to its end. Apart from the card, since the
/// run's news come ten times a second.
#[component]
fn MeetWatch(props: &MeetWatchProps) -> Html {
    let run = use_run();
    let document = use_document();
    let untouched = untouched(&document, &props.practice.start);
    let (on_met, slug) = (props.on_met.clone(), props.practice.slug.clone());
    use_effect_with((slug, run.ending.is_some() && untouched), move |(slug, met)| {
        let slug = slug.clone();
        // Just opened, a system still stands beside the report of the run before: what counts is what stays.
        let timer = met.then(|| Timer::once(SETTLE_MS, move || on_met.emit(slug.clone())));
        move || drop(timer)
    });
    Html::default()
}

/// Hints, one by one.
#[component]
fn Hints(props: &PracticeCardProps) -> Html {
    let store = use_progress();
    let slug = props.practice.slug.clone();
    let hints = &props.practice.lesson.hints;
    let shown = store.of(&slug).hints.min(hints.len());
    let more = {
        let store = store.clone();
        Callback::from(move |_: MouseEvent| store.record(&slug, Event::HintShown(shown + 1)))
    };
    html! {
        <section class="hints" aria-label="Hints">
            if shown > 0 {
                <ol aria-live="polite">
                    { for hints.iter().take(shown).map(|hint| html! { <li>{ icon("lightbulb", "icon-s") }<span>{ &hint.text }</span></li> }) }
                </ol>
            }
            if shown < hints.len() {
                <button type="button" class="btn btn-s" onclick={more}>{ icon("lightbulb", "icon-s") }
                    { if shown == 0 { "Show a hint".to_owned() } else { format!("Another hint ({} of {})", shown + 1, hints.len()) } }
                </button>
            }
        </section>
    }
}

/// Back to the open playground.
#[component]
fn Leave() -> Html {
    let shell = use_shell();
    let simulation = use_simulation();
    let leave = Callback::from(move |_: MouseEvent| {
        simulation.pause();
        shell.show(DialogKind::Gallery);
    });
    html! { <button type="button" class="btn btn-s btn-primary" onclick={leave}>{ "What next" }</button> }
}
