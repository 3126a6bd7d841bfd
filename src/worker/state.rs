//! What the worker is doing, without a browser: hears messages, takes turns, says when it wants the next one.

use crate::engine::time::{SimDuration, SimTime};
use crate::lesson::Lesson;
use crate::lesson::catalog::built_in;
use crate::lesson::goal::GoalResult;
use crate::lesson::grade::grade;
use crate::protocol::{Ending, FromWorker, RunId, RunStatus, Speed, ToWorker, diagnostics_json};
use crate::runner::account;
use crate::runner::frame::{FrameBuilder, Pace};
use crate::runner::profile::PER_SECOND;
use crate::runner::report::Report;
use crate::runner::session::{Advanced, Session};
use crate::runner::what_if::Entrant;
use crate::runner::why::Inquiry;
use crate::topology::check::cost::members;
use crate::topology::document::{Diagnostic, Input, NodeId, Place, Severity};
use crate::topology::format::{self, LoadError, Run};

/// A turn lasts about this long [ms], then messages are let in: pause answers at once at any speed.
const TURN_MS: f64 = 8.0;
/// Events between two looks at the wall clock: fewer where so many would take longer than a turn.
const SLICE_EVENTS: u64 = 4_000;
const SLICE_EVENTS_MIN: u64 = 16;
/// From so many members on, the page is told before they are made.
const MEMBERS_TOLD: u32 = 10_000;
/// A step through all members (making them, copying them, measuring them) takes about so long for each [ms].
const MEMBER_MS: f64 = 0.02;
/// Frames are at least this far apart [ms].
const FRAME_MS: f64 = 15.0;
/// On the way to a moment they only tell how far it is.
const REPLAY_FRAME_MS: f64 = 120.0;
/// Where a frame takes long to make, they are so many times as far apart.
const FRAME_TIMES: f64 = 5.0;
/// Frames on their way to the page at most.
const FRAMES_IN_FLIGHT: u32 = 2;
/// A simulation that cannot keep up by this much [ms] lets go of the lost time, and says so by its reached speed.
const LAG_MS: f64 = 200.0;
/// How often is told how far the replay for an explanation, or a race, is [ms].
const EXPLAINING_MS: f64 = 200.0;
/// The reached speed is measured over this span [ms].
const SPEED_SPAN_MS: f64 = 500.0;

/// When the worker wants its next turn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Next {
    AtOnce,
    AfterMs(i32),
    /// When something is heard.
    Sleep,
}

/// Where a replay is going.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Goal {
    Event(u64),
    Time(SimTime),
}

#[derive(Debug, Default)]
pub(super) struct State {
    run: RunId,
    /// Announced, to be made in the next turn.
    to_make: Option<(Box<Run>, Option<u64>)>,
    /// Events in a slice, where they are heavy; 0: as many as usual.
    slice: u64,
    session: Option<Session>,
    frames: FrameBuilder,
    playing: bool,
    speed: Option<Speed>,
    replay: Option<Goal>,
    /// The latest jump that was heard of.
    jump: u32,
    /// The end was told.
    finished: bool,
    /// Of the run that has ended, also when it was gone back into.
    report: Option<Report>,
    /// Simulated time that the clock shows.
    clock: SimTime,
    /// Wall and simulated time from which the pace is reckoned.
    anchor: Option<(f64, SimTime)>,
    /// Wall and simulated time at the start of the span over which the reached speed is measured.
    measured: Option<(f64, SimTime)>,
    speed_reached: f64,
    in_flight: u32,
    frame_ms: f64,
    /// What the last frame took to make [ms].
    frame_took_ms: f64,
    /// A frame must be sent even though nothing runs.
    frame_due: bool,
    told: Vec<FromWorker>,
    /// A run of a race; wall time of the last word on how far it is.
    race: Option<(u32, Box<Entrant>, f64)>,
    /// A request is being explained; wall time of the last word on how far that is.
    inquiry: Option<(Box<Inquiry>, f64)>,
}

impl State {
    /// For the report of a panic: seed and title.
    pub(super) fn about(&self) -> String {
        self.session.as_ref().map_or_else(String::new, |session| {
            let document = session.document();
            format!(", seed {}, event {}, \"{}\"", document.seed, session.system().events(), document.title)
        })
    }

    /// Takes a message; gives what must be said at once.
    pub(super) fn hear(&mut self, message: ToWorker, now_ms: f64) -> Vec<FromWorker> {
        // What speaks of the system has to find it; the rest is kept for it.
        if matches!(
            message,
            ToWorker::Step { .. }
                | ToWorker::Change { .. }
                | ToWorker::Seek { .. }
                | ToWorker::Rewrite { .. }
                | ToWorker::Explain { .. }
                | ToWorker::Export { .. }
        ) {
            self.make_announced();
        }
        match message {
            ToWorker::Load { run, run_json, until_event } => self.load(run, &run_json, until_event, now_ms),
            ToWorker::Play { run, speed } if run == self.run => {
                self.playing = true;
                self.speed = Some(speed);
                self.anchor = None;
                self.frame_due = true;
            }
            ToWorker::Pause { run } if run == self.run => {
                self.playing = false;
                self.frame_due = true;
            }
            ToWorker::Step { run } if run == self.run => {
                self.playing = false;
                self.replay = None;
                if let Some(session) = &mut self.session {
                    let advanced = session.step();
                    self.clock = session.system().now();
                    self.advanced(advanced);
                }
                self.frame_due = true;
            }
            ToWorker::Change { run, change_json } if run == self.run => self.change(&change_json),
            ToWorker::Seek { run, jump, to_ns } if run == self.run => self.jump(jump, SimTime(to_ns), None),
            ToWorker::Rewrite { run, jump, to_ns, inputs_json } if run == self.run => {
                self.jump(jump, SimTime(to_ns), Some(&inputs_json));
            }
            ToWorker::Watch { run, nodes } if run == self.run => {
                self.frames.watch(nodes);
                self.frame_due = true;
            }
            ToWorker::LookInto { run, nodes } if run == self.run => {
                self.frames.look_into(nodes);
                self.frame_due = true;
            }
            ToWorker::Profile { run, on } if run == self.run => {
                self.frames.profile(on);
                self.frame_due = true;
            }
            ToWorker::Explain { run, source, ordinal } if run == self.run => self.explain(source, ordinal),
            ToWorker::ForgetExplain { run } if run == self.run => self.inquiry = None,
            ToWorker::Judge { run, goals } if run == self.run => {
                if let Some(report) = &self.report {
                    let results: Vec<GoalResult> = goals.iter().map(|goal| goal.evaluate(report)).collect();
                    let results_json = serde_json::to_string(&results).expect("results are plain data");
                    self.told.push(FromWorker::Judged { run, results_json });
                }
            }
            ToWorker::Export { run } if run == self.run => {
                if let Some(session) = &self.session {
                    self.told.push(FromWorker::RunJson {
                        run,
                        run_json: session.export().to_json(),
                        trace_hash: format!("{:016x}", session.system().trace_hash()),
                    });
                }
            }
            ToWorker::Grade { job, lesson_json, start_json, document_json, seed } => {
                let result_json =
                    graded(&lesson_json, &start_json, &document_json, seed).unwrap_or_else(|trouble| trouble);
                self.told.push(FromWorker::Graded { job, seed, result_json });
            }
            ToWorker::Race { job, document_json, node } => self.race(job, &document_json, node),
            ToWorker::FrameTaken { .. } => self.in_flight = self.in_flight.saturating_sub(1),
            ToWorker::Ping { id } => self.told.push(FromWorker::Pong { id }),
            // An older run's, or the crash test, which ends before it gets here.
            _ => {}
        }
        std::mem::take(&mut self.told)
    }

    fn load(&mut self, run: RunId, run_json: &str, until_event: Option<u64>, now_ms: f64) {
        *self = Self { run, told: std::mem::take(&mut self.told), ..Self::default() };
        self.frames.reset(SimTime::ZERO);
        self.frame_ms = now_ms - FRAME_MS;
        match Run::from_json(run_json) {
            Ok(run) => {
                let members = members(&run.document);
                if members >= MEMBERS_TOLD {
                    let step_ms = (f64::from(members) * MEMBER_MS).ceil() as u32;
                    self.told.push(FromWorker::Preparing { run: self.run, members, step_ms });
                    self.to_make = Some((Box::new(run), until_event));
                } else {
                    self.make(&run, until_event);
                }
            }
            Err(error) => self.loaded(None, &[unreadable(&error)], None),
        }
    }

    /// What was announced; tells whether there was anything.
    fn make_announced(&mut self) -> bool {
        let announced = self.to_make.take();
        if let Some((run, until_event)) = &announced {
            self.make(run, *until_event);
        }
        announced.is_some()
    }

    fn make(&mut self, run: &Run, until_event: Option<u64>) {
        let (session, diagnostics) = Session::open(run);
        self.loaded(session, &diagnostics, until_event);
    }

    fn loaded(&mut self, session: Option<Session>, diagnostics: &[Diagnostic], until_event: Option<u64>) {
        self.told.push(FromWorker::Loaded {
            run: self.run,
            diagnostics: diagnostics_json(diagnostics),
            runs: session.is_some(),
        });
        self.session = session.map(|mut session| {
            session.system_mut().start_profile(PER_SECOND);
            session.with_checkpoints()
        });
        self.replay = until_event.filter(|event| *event > 0).map(Goal::Event);
        self.frame_due = true;
    }

    /// Goes to a moment of the run, which may have been given other inputs (JSON).
    fn jump(&mut self, jump: u32, to: SimTime, inputs_json: Option<&[String]>) {
        self.jump = jump;
        self.frame_due = true;
        let Some(session) = &mut self.session else { return };
        if let Some(inputs) = inputs_json {
            session.rewrite(inputs.iter().filter_map(|json| format::input_from_json(json).ok()).collect());
        }
        session.seek(to);
        self.frames.reset(session.system().now());
        self.clock = session.system().now();
        self.replay = Some(Goal::Time(to));
        self.finished = false;
        self.anchor = None;
    }

    fn change(&mut self, change_json: &str) {
        let at_ns = self.clock.0;
        let Some(session) = &mut self.session else { return };
        let outcome = match format::change_from_json(change_json) {
            Ok(change) => session.apply(change),
            Err(error) => Err(vec![unreadable(&error)]),
        };
        self.frame_due = true;
        let at_event = session.system().events();
        self.told.push(match outcome {
            Ok(input) => changed(self.run, at_ns.max(session.system().now().0), &input),
            Err(problems) => FromWorker::Changed {
                run: self.run,
                at_event,
                at_ns,
                refused: Some(diagnostics_json(&problems)),
                input_json: None,
            },
        });
    }

    /// Begins to replay the run for the sake of one request.
    fn explain(&mut self, source: NodeId, ordinal: u64) {
        let Some(session) = &self.session else { return };
        match Inquiry::open(session, source, ordinal) {
            Ok(inquiry) => self.inquiry = Some((Box::new(inquiry), f64::NEG_INFINITY)),
            Err(words) => {
                self.inquiry = None;
                self.told.push(FromWorker::Explained { run: self.run, source, ordinal, journey: Err(words) });
            }
        }
    }

    /// Replays for a few milliseconds of wall time; tells whether that must go on.
    fn inquire(&mut self, wall_ms: &impl Fn() -> f64) -> bool {
        let Some((inquiry, told_ms)) = &mut self.inquiry else { return false };
        let start = wall_ms();
        let (source, ordinal, run) = (inquiry.source(), inquiry.ordinal(), self.run);
        while wall_ms() - start < TURN_MS {
            if let Some(journey) = inquiry.advance(SLICE_EVENTS) {
                self.told.push(FromWorker::Explained { run, source, ordinal, journey: Ok(Box::new(journey)) });
                self.inquiry = None;
                return false;
            }
        }
        if start - *told_ms >= EXPLAINING_MS {
            *told_ms = start;
            self.told.push(FromWorker::Explaining { run, share: inquiry.share() });
        }
        true
    }

    /// Begins a run of a race.
    fn race(&mut self, job: u32, document_json: &str, node: NodeId) {
        let words =
            |problems: Vec<Diagnostic>| problems.first().map_or_else(String::new, |first| first.message.clone());
        let entrant = Run::from_json(document_json).map_err(|error| error.to_string());
        match entrant.and_then(|run| Entrant::open(&run.document, node).map_err(words)) {
            Ok(entrant) => self.race = Some((job, Box::new(entrant), f64::NEG_INFINITY)),
            Err(words) => self.told.push(FromWorker::Raced { job, finish_json: Err(words) }),
        }
    }

    /// Runs on for a few milliseconds of wall time; tells whether that must go on.
    fn go_on_racing(&mut self, wall_ms: &impl Fn() -> f64) -> bool {
        let Some((job, entrant, told_ms)) = &mut self.race else { return false };
        let (job, start) = (*job, wall_ms());
        while wall_ms() - start < TURN_MS {
            if let Some(finish) = entrant.advance(SLICE_EVENTS) {
                let finish_json = serde_json::to_string(&finish).expect("figures and curves are plain data");
                self.told.push(FromWorker::Raced { job, finish_json: Ok(finish_json) });
                self.race = None;
                return false;
            }
        }
        if start - *told_ms >= EXPLAINING_MS {
            *told_ms = start;
            self.told.push(FromWorker::Racing { job, share: entrant.share() });
        }
        true
    }

    fn advanced(&mut self, advanced: Advanced) {
        self.told.extend(advanced.inputs.iter().map(|(at, input)| changed(self.run, at.0, input)));
    }

    /// Simulates for a few milliseconds of wall time and packs a frame if one is due.
    pub(super) fn turn(&mut self, wall_ms: impl Fn() -> f64) -> (Vec<FromWorker>, Next) {
        if self.make_announced() {
            return (std::mem::take(&mut self.told), Next::AtOnce);
        }
        let start = wall_ms();
        let mut next = Next::Sleep;
        if self.session.as_ref().is_some_and(|session| session.system().finished()) && self.replay.is_none() {
            self.end();
        } else if let Some(goal) = self.replay {
            next = self.replay(goal, start, &wall_ms);
        } else if self.playing {
            next = self.play(start, &wall_ms);
        }
        if self.inquire(&wall_ms) | self.go_on_racing(&wall_ms) {
            next = Next::AtOnce;
        }
        self.frame_if_due(&wall_ms);
        if self.frame_due && next == Next::Sleep && self.in_flight < FRAMES_IN_FLIGHT {
            next = Next::AfterMs(FRAME_MS as i32);
        }
        (std::mem::take(&mut self.told), next)
    }

    fn play(&mut self, start: f64, wall_ms: &impl Fn() -> f64) -> Next {
        let Some(session) = &mut self.session else { return Next::Sleep };
        let clock = self.clock.max(session.system().now());
        let (anchor_ms, anchor) = *self.anchor.get_or_insert((start, clock));
        let until = match self.speed {
            Some(Speed::Times(times)) => anchor + SimDuration::from_secs_f64((start - anchor_ms) / 1_000.0 * times),
            _ => SimTime::NEVER,
        };
        let (mut caught_up, mut at) = (false, start);
        let mut all = Advanced::default();
        while !caught_up && at - start < TURN_MS {
            let slice = slice_of(self.slice);
            let mut advanced = session.advance(until, slice);
            caught_up = advanced.events < slice;
            all.inputs.append(&mut advanced.inputs);
            let began = std::mem::replace(&mut at, wall_ms());
            self.slice = next_slice(slice, at - began);
        }
        let system = session.system();
        self.clock = match self.speed {
            Some(Speed::Times(_)) if caught_up && !system.finished() => until,
            _ => system.now().max(clock),
        };
        if !caught_up
            && let Some(Speed::Times(times)) = self.speed
            && until.since(self.clock).as_secs_f64() > LAG_MS / 1_000.0 * times
        {
            self.anchor = Some((start, self.clock));
        }
        let finished = system.finished();
        self.advanced(all);
        self.measure_speed(wall_ms());
        if finished {
            self.end();
            Next::Sleep
        } else if caught_up {
            Next::AfterMs(TURN_MS as i32)
        } else {
            Next::AtOnce
        }
    }

    fn measure_speed(&mut self, now_ms: f64) {
        // Until there is something to tell, it is said to be as fast as it was asked to be.
        if self.measured.is_none()
            && let Some(Speed::Times(times)) = self.speed
        {
            self.speed_reached = times;
        }
        let (since_ms, since) = *self.measured.get_or_insert((now_ms, self.clock));
        let passed = now_ms - since_ms;
        if passed >= SPEED_SPAN_MS {
            self.speed_reached = self.clock.since(since).as_secs_f64() / (passed / 1_000.0);
            self.measured = Some((now_ms, self.clock));
        }
    }

    fn replay(&mut self, goal: Goal, start: f64, wall_ms: &impl Fn() -> f64) -> Next {
        let Some(session) = &mut self.session else {
            self.replay = None;
            return Next::Sleep;
        };
        let (mut reached, mut at) = (false, start);
        let mut all = Advanced::default();
        while !reached && at - start < TURN_MS {
            let slice = slice_of(self.slice);
            let mut advanced = match goal {
                Goal::Time(to) => session.advance(to, slice),
                Goal::Event(event) => {
                    session.advance(SimTime::NEVER, event.saturating_sub(session.system().events()).min(slice))
                }
            };
            all.inputs.append(&mut advanced.inputs);
            let began = std::mem::replace(&mut at, wall_ms());
            self.slice = next_slice(slice, at - began);
            reached = match goal {
                Goal::Time(_) => advanced.events < slice,
                Goal::Event(event) => session.system().events() >= event || session.system().finished(),
            };
        }
        let now = session.system().now();
        self.clock = match goal {
            Goal::Time(to) if reached && !session.system().finished() => to,
            _ => now,
        };
        if reached {
            self.replay = None;
            self.anchor = None;
            self.measured = None;
            self.frame_due = true;
            // What was drawn on the way is not news; what was logged is, where nobody has been yet.
            session.system_mut().forget_sights();
            self.frames.reset(self.clock);
        }
        self.advanced(all);
        Next::AtOnce
    }

    fn end(&mut self) {
        if self.finished {
            return;
        }
        let Some(session) = &self.session else { return };
        self.finished = true;
        self.playing = false;
        self.frame_due = true;
        self.clock = session.system().now();
        let report = Report::of(session.system(), session.document(), session.inputs().len());
        let busiest = report.whole.stations.iter().map(|station| (station.node, station.get("utilization").0));
        // Of several the first: they are by ascending id.
        let busiest =
            busiest.filter(|(_, busy)| busy.is_finite()).reduce(|most, next| if next.1 > most.1 { next } else { most });
        let stopped = report.stopped.clone();
        let system = session.system();
        let (trouble, reason) = (account::trouble(system), account::reason(system));
        let trace_hash = report.trace_hash.clone();
        let ending = Ending { trace_hash, busiest, stopped, trouble, reason, first_failed: system.first_failed() };
        self.report = Some(report);
        self.told.push(FromWorker::Finished { run: self.run, ending });
    }

    fn status(&self) -> RunStatus {
        if self.replay.is_some() {
            RunStatus::Replaying
        } else if self.finished {
            RunStatus::Finished
        } else if self.playing {
            RunStatus::Running
        } else {
            RunStatus::Paused
        }
    }

    fn frame_if_due(&mut self, wall_ms: &impl Fn() -> f64) {
        let now_ms = wall_ms();
        // Pictures of a crowd are heavy: most of the time belongs to the run.
        let status = self.status();
        let least = if status == RunStatus::Replaying { REPLAY_FRAME_MS } else { FRAME_MS };
        let apart = least.max(self.frame_took_ms * FRAME_TIMES);
        let wanted = self.frame_due || matches!(status, RunStatus::Running | RunStatus::Replaying);
        if !wanted || self.in_flight >= FRAMES_IN_FLIGHT || now_ms - self.frame_ms < apart {
            return;
        }
        let Some(session) = &mut self.session else { return };
        let pace = Pace {
            run: self.run,
            status,
            jump: self.jump,
            speed: match self.speed {
                Some(Speed::Times(times)) => times,
                Some(Speed::Max) => 0.0,
                None => 1.0,
            },
            speed_reached: self.speed_reached,
            clock: self.clock,
            wall_ms: now_ms,
        };
        let frame = self.frames.build(session.system_mut(), pace);
        self.told.push(FromWorker::Frame(Box::new(frame)));
        self.frame_took_ms = wall_ms() - now_ms;
        self.in_flight += 1;
        self.frame_ms = now_ms;
        self.frame_due = false;
    }
}

fn slice_of(slice: u64) -> u64 {
    if slice == 0 { SLICE_EVENTS } else { slice }
}

/// Events in the next slice, after one of so many took so long [ms]: about half a turn, so that messages are let in.
fn next_slice(slice: u64, took_ms: f64) -> u64 {
    if took_ms > TURN_MS {
        (slice / 4).max(SLICE_EVENTS_MIN)
    } else if took_ms < TURN_MS / 4.0 {
        (slice * 2).min(SLICE_EVENTS)
    } else {
        slice
    }
}

fn changed(run: RunId, at_ns: u64, input: &Input) -> FromWorker {
    let input_json = Some(format::input_to_json(input));
    FromWorker::Changed { run, at_event: input.at_event, at_ns, refused: None, input_json }
}

/// The result of one graded run as JSON, or a sentence that says why there is none.
fn graded(lesson_json: &str, start_json: &str, document_json: &str, seed: u64) -> Result<String, String> {
    let said = |error: LoadError| format!("{}: {error}", error.place());
    let lesson = Lesson::from_json(lesson_json).map_err(|error| error.to_string())?;
    let start = built_in(start_json).map_err(said)?.document;
    let design = Run::from_json(document_json).map_err(said)?.document;
    let result = grade(&lesson, &start, &design, seed);
    Ok(serde_json::to_string(&result).expect("a result is plain data"))
}

/// What the page sent could not be read: told like any other problem.
fn unreadable(error: &LoadError) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        place: Place::Document,
        param: None,
        code: "unreadable".to_owned(),
        message: format!("{}: {error}", error.place()),
        remedy: error.remedy(),
    }
}
