//! The examination: the design on seeds that the learner has not seen, every goal on each of them.

use std::rc::Rc;

use yew::prelude::*;

use super::goals::{against, goal_row};
use super::grading::{self, Graded, Grading};
use super::{PracticeCardProps, use_progress};
use crate::lesson::grade::{SeedResult, final_seeds, graded_document, passes};
use crate::lesson::progress::{Event as Happening, Pass};
use crate::lesson::rules;
use crate::topology::document::Document;
use crate::topology::format::{ENGINE, Run};
use crate::topology::link;
use crate::ui::kit::icons::icon;
use crate::ui::shared::Shared;
use crate::ui::store::{use_dispatch, use_document, use_simulation};

/// How an examination stands.
#[derive(Debug, PartialEq)]
struct Exam {
    design: Shared<Document>,
    seeds: Vec<u64>,
    results: Vec<SeedResult>,
    failure: Option<String>,
}

impl Exam {
    fn done(&self) -> bool {
        self.failure.is_some() || self.results.len() == self.seeds.len()
    }
}

/// Results gather across renders.
enum Change {
    Begin(Shared<Document>, Vec<u64>),
    Told(Graded),
}

#[derive(Default, PartialEq)]
struct State(Option<Rc<Exam>>);

impl Reducible for State {
    type Action = Change;
    fn reduce(self: Rc<Self>, change: Change) -> Rc<Self> {
        let exam = match (change, &self.0) {
            (Change::Begin(design, seeds), _) => Exam { design, seeds, results: Vec::new(), failure: None },
            (Change::Told(told), Some(exam)) => {
                let mut next = Exam {
                    design: exam.design.clone(),
                    seeds: exam.seeds.clone(),
                    results: exam.results.clone(),
                    failure: exam.failure.clone(),
                };
                match told {
                    Graded::Seed(result) => next.results.push(result),
                    Graded::Failed(message) => next.failure = Some(message),
                }
                next
            }
            (Change::Told(_), None) => return self,
        };
        Rc::new(Self(Some(Rc::new(exam))))
    }
}

#[component]
pub(super) fn GradePanel(props: &PracticeCardProps) -> Html {
    let practice = props.practice.clone();
    let slug = practice.slug.clone();
    let document = use_document();
    let store = use_progress();
    let simulation = use_simulation();
    let dispatch = use_dispatch();
    let state = use_reducer(State::default);
    let grading = use_mut_ref(|| None::<Grading>);
    let recorded = use_mut_ref(|| false);

    let exam = state.0.clone();
    let lesson = &practice.lesson;
    let broken = !rules::check(lesson, &practice.start, &document).is_empty();
    let begin = {
        let (state, grading, recorded, practice, document) =
            (state.dispatcher(), grading.clone(), recorded.clone(), practice.clone(), document.clone());
        Callback::from(move |_: MouseEvent| {
            let seeds = final_seeds(&practice.lesson, &document);
            state.dispatch(Change::Begin(document.clone(), seeds.clone()));
            *recorded.borrow_mut() = false;
            let told = {
                let state = state.clone();
                Callback::from(move |graded| state.dispatch(Change::Told(graded)))
            };
            *grading.borrow_mut() = Some(grading::start(practice.files.clone(), &document, seeds, told));
        })
    };
    // The verdict is written down once, when the last seed is in.
    {
        let (store, practice, recorded, grading) = (store.clone(), practice.clone(), recorded.clone(), grading.clone());
        use_effect_with(exam.clone(), move |exam| {
            let Some(exam) = exam.as_ref().filter(|exam| exam.done()) else { return };
            grading.borrow_mut().take();
            if exam.failure.is_some() || recorded.replace(true) {
                return;
            }
            let progress = store.of(&slug);
            let pass = passes(&practice.lesson, &exam.results).then(|| Pass {
                version: practice.lesson.version,
                engine: ENGINE.to_owned(),
                link: link::encode(&Run::new((*exam.design).clone())).unwrap_or_default(),
                hints: progress.hints,
                gradings: progress.gradings + 1,
            });
            store.record(&slug, Happening::Graded { pass });
        });
    }

    let running = exam.as_ref().is_some_and(|exam| !exam.done());
    let verdict = exam.as_ref().filter(|exam| exam.done() && exam.failure.is_none()).map(|exam| {
        let passed = exam.results.iter().filter(|result| result.passed).count();
        let pass = passes(lesson, &exam.results);
        html! {
            <div class={classes!("verdict", if pass { "verdict-pass" } else { "verdict-fail" })} role="status">
                { icon(if pass { "trophy" } else { "circle-x" }, "icon-l") }
                <div>
                    <p><strong>{ if pass { "Passed" } else { "Not yet" } }</strong></p>
                    <p>{ format!("Passed on {passed} of {} seeds; {} must pass.", exam.results.len(), lesson.finals.pass) }</p>
                </div>
            </div>
        }
    });
    let changed = exam.as_ref().is_some_and(|exam| exam.design != document && *exam.design != *document);
    let rows = exam.as_ref().map(|exam| {
        // The evidence: the first run that failed lies open.
        let first_failed = exam.results.iter().find(|result| !result.passed).map(|result| result.seed.clone());
        let rows = exam.seeds.iter().enumerate().map(|(index, seed)| {
            let result = exam.results.iter().find(|result| result.seed == seed.to_string());
            let watch = {
                let (simulation, dispatch, practice, design, seed) =
                    (simulation.clone(), dispatch.clone(), practice.clone(), exam.design.clone(), *seed);
                Callback::from(move |_: MouseEvent| {
                    // Only the simulation takes it: the learner's drawing and its own seed stay as they are.
                    simulation.open(Rc::new(graded_document(&practice.lesson, &design, seed)), Vec::new(), true);
                    dispatch.notify(format!(
                        "Replaying graded run {} (seed {seed}). Your next change returns you to your own seed.",
                        index + 1
                    ));
                })
            };
            seed_row(index + 1, *seed, result, first_failed == Some(seed.to_string()), &watch)
        });
        html! { <ul class="seeds">{ for rows }</ul> }
    });
    html! {
        <section class="exam" aria-label="Examination">
            <div class="button-row">
                <button type="button" class="btn btn-primary" id="lesson-grade" disabled={running || broken} onclick={begin}>
                    { icon("graduation-cap", "") }{ if running { "Grading …" } else if exam.is_some() { "Grade again" } else { "Run and grade" } }
                </button>
                if let Some(exam) = exam.as_ref().filter(|_| running) {
                    <progress max={exam.seeds.len().to_string()} value={exam.results.len().to_string()} aria-label="Seeds graded"></progress>
                }
            </div>
            if broken { <p class="sub">{ "The rules above must hold first." }</p> }
            if let Some(message) = exam.as_ref().and_then(|exam| exam.failure.clone()) { <p class="callout callout-warn" role="alert">{ message }</p> }
            { verdict.unwrap_or_default() }
            if changed { <p class="sub">{ "The design has changed since. Grade it again." }</p> }
            { rows.unwrap_or_default() }
        </section>
    }
}

fn seed_row(number: usize, seed: u64, result: Option<&SeedResult>, open: bool, watch: &Callback<MouseEvent>) -> Html {
    let title = html! { <><strong>{ format!("Run {number}") }</strong><span class="num seed-number">{ format!("seed {seed}") }</span></> };
    let Some(result) = result else {
        return html! { <li class="seed-row">{ icon("clock", "icon-s") }{ title }<span class="sub">{ "waiting" }</span></li> };
    };
    let missed: Vec<_> = result.goals.iter().filter(|goal| !goal.passed).collect();
    let window = missed.iter().find_map(|goal| goal.during.clone());
    html! {
        <li class={classes!("seed-row", if result.passed { "seed-passed" } else { "seed-failed" })}>
            <details {open}>
                <summary>
                    { icon(if result.passed { "circle-check" } else { "circle-x" }, "icon-s") }
                    { title }
                    <span class="sub">{ match (&window, missed.len(), result.problems.is_empty()) {
                        (_, 0, true) => "passed".to_owned(),
                        (_, 0, false) => "could not run".to_owned(),
                        (Some(window), missed, _) => format!("missed {}, during {window}", goals_words(missed)),
                        (None, missed, _) => format!("missed {}", goals_words(missed)),
                    } }</span>
                    { icon("chevron-right", "icon-s seed-chevron") }
                    if let Some(goal) = missed.first() { <span class="num seed-evidence">{ against(goal) }</span> }
                </summary>
                <ul>{ for result.goals.iter().map(goal_row) }</ul>
                { for result.problems.iter().map(|problem| html! { <p class="sub">{ format!("{} {}", problem.message, problem.remedy) }</p> }) }
                <button type="button" class="btn btn-s" onclick={watch.clone()}>{ icon("eye", "icon-s") }{ "Watch this run" }</button>
            </details>
        </li>
    }
}

/// "1 goal", "2 goals".
fn goals_words(count: usize) -> String {
    format!("{count} {}", if count == 1 { "goal" } else { "goals" })
}
