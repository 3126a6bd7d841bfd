//! The engine for programs: JavaScript classes for embedders and Node, typed.
//!
//! ```js
//! const { Simulation } = require('headroom');
//! const simulation = new Simulation(savedRunOrLink);
//! simulation.advance(30);
//! simulation.apply({ inject: { kind: 'kill', target: { replica: [3, 0] } } });
//! console.log(simulation.runToEnd().trace_hash, simulation.link());
//! ```

use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;

use crate::engine::time::SimTime;
use crate::lesson::{catalog, grade};
use crate::registry::{self, Kind};
use crate::runner::report::Report;
use crate::runner::session::Session;
use crate::topology::document::{Change, Diagnostic};
use crate::topology::format::{self, ENGINE, Run};
use crate::topology::{check, link};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A value of a parameter: a number, a switch, a text, a table, or an entry of a registry with its own parameters. */
export type ParamValue = number | boolean | string | ParamValue[] | { id: string; [key: string]: ParamValue };
export type Params = { [key: string]: ParamValue };

export interface SavedNode { id: number; kind: string; label: string; role?: string; at: { x: number; y: number }; area?: number; params?: Params }
export interface SavedEdge { id: number; from: number; to: number; params?: Params }
/** A region or zone: a frame that nodes stand in. */
export interface SavedArea {
  id: number; kind: { region: { region: string } } | { zone: { within: number } }; label: string;
  at: { x: number; y: number }; size: { x: number; y: number };
}
export type FaultTarget = { node: number } | { replica: [node: number, index: number] } | { edge: number } | { area: number };
export interface Fault { kind: string; target: FaultTarget; params?: Params }
export interface ScheduledFault extends Fault { at_secs: number; for_secs?: number }
export interface Window { name: string; from_secs: number; to_secs: number }

/** What a file or a link holds. Times are in seconds of simulated time. */
export interface SavedRun {
  format: 1 | 2;
  engine: string;
  document: {
    title?: string; notes?: string;
    /** A number up to 2^53, a text of digits beyond. */
    seed?: number | string;
    run_length_secs?: number; warm_up_secs?: number; good_within_secs?: number; day_secs?: number;
    slo_p99_secs?: number; slo_answered_share?: number; transfer_costs?: boolean;
    nodes: SavedNode[]; edges: SavedEdge[]; areas?: SavedArea[]; faults?: ScheduledFault[]; windows?: Window[];
  };
  inputs?: Input[];
}

/** A change while it runs. In an edit, `null` takes a node, an edge or an area away. */
export type Change =
  | { edit: { nodes?: { [id: string]: Omit<SavedNode, 'id'> | null }; edges?: { [id: string]: Omit<SavedEdge, 'id'> | null }; areas?: { [id: string]: Omit<SavedArea, 'id'> | null } } }
  | { inject: Fault }
  | { lift: { kind: string; target: FaultTarget } };
export interface Input { at_event: number; change: Change }

export interface Diagnostic {
  severity: 'warning' | 'error';
  place: 'document' | { node: number } | { edge: number } | { area: number } | { fault: number };
  param?: string; code: string; message: string; remedy: string;
}

/** Absent (no request, no slots) or, for a percentile on an unanswered request, infinite. */
export type Figure = number | null | 'infinite';
export interface Percentiles { p50: Figure; p90: Figure; p95: Figure; p99: Figure; p999: Figure }
export interface Times extends Percentiles { mean: Figure; max: Figure }
export interface Outcomes { completed: number; timed_out: number; rejected: number; shed: number; abandoned: number; failed: number }
export interface StationReport extends StationFigures {
  node: number; kind: string; label: string; role?: string;
}
export interface Span {
  secs: number; offered: number; outcomes: Outcomes; good: number; in_flight: number;
  answered_share: Figure; error_share: Figure; arrival_rate: Figure; throughput: Figure; goodput: Figure; hit_ratio?: Figure;
  /** Over completed requests. */
  sojourn_time: Times;
  /** Over all offered requests: one without an answer counts as infinite. */
  sojourn_time_offered: Percentiles;
  /** [USD], where something has a price; the last one for a million completed requests. */
  cost?: Figure; cost_per_hour?: Figure; cost_per_million?: Figure;
  /** [min] in which the service-level objective was missed. */
  slo_minutes_lost?: Figure;
  reasons: { reason: string; label: string; count: number }[];
  stations: StationReport[];
  edges: { edge: number; from: number; to: number; sent: number; outcomes: Outcomes; in_flight: number; retries: number }[];
}
export interface Report extends Span {
  report: 1; engine: string; title: string; seed: string; trace_hash: string; run_length_secs: number; warm_up_secs: number;
  now_secs: number; finished: boolean;
  /** Why it was stopped before its end, in words. */
  stopped: string | null; events: number; inputs: number;
  /** After the run's length, until nothing was in flight [s]; what that cost [USD]. In no other figure. */
  drain_secs: number; drain_cost?: Figure;
  windows: (Span & { name: string; from_secs: number; to_secs: number })[];
}

export type ListKind = 'stations' | 'connections' | 'strategies' | 'distributions' | 'profiles' | 'backoffs' | 'faults' | 'metrics' | 'scenarios' | 'lessons' | 'arrivals' | 'patience' | 'budgets' | 'hedging' | 'breakers' | 'bulkheads' | 'sidecars' | 'limits' | 'shedders' | 'disciplines' | 'outlier-detection' | 'success-rates' | 'failure-shares' | 'slow-start' | 'scalers' | 'behaviors' | 'forecasts' | 'instances' | 'start-ups' | 'rollouts' | 'node-pools' | 'read-replicas' | 'replications' | 'failovers' | 'sessions' | 'sharding' | 'resharding' | 'locks' | 'queries' | 'local-caches' | 'query-caches' | 'origin-shields' | 'evictions' | 'cache-clusters' | 'writes' | 'fills' | 'loads' | 'negative-caching' | 'renewals' | 'objects' | 'object-pools' | 'chaos' | 'instance-types' | 'prices' | 'regions';
export interface ListedParam {
  key: string; label: string; help: string; type: 'number' | 'bool' | 'text' | 'choice' | 'station' | 'variant' | 'table';
  unit?: string; min?: number; max?: number; whole?: boolean; default: ParamValue; options?: string[];
  list?: ListKind; entries?: Listed[]; columns?: ListedParam[]; rows_max?: number;
}
export interface Listed {
  id: string; name: string; summary: string; source?: string; category?: string; accepts_input?: boolean; outputs?: string;
  targets?: string; unit?: string; statistics?: string[]; figures?: { name: string; value: number; unit: string }[]; defect?: boolean; params?: ListedParam[];
}

export interface SeedResult {
  seed: string; passed: boolean; trace_hash: string; problems?: Diagnostic[];
  goals: { label: string; metric: string; at: string; during?: string; op: '<=' | '>='; value: number; measured: Figure; unanswered?: number; passed: boolean; margin: Figure }[];
}

/** What functions here throw: the message says what is wrong, `remedy` what to do; `diagnostics` where a document is at fault. */
export interface HeadroomError extends Error { remedy?: string; diagnostics?: Diagnostic[] }
"#;

#[wasm_bindgen(typescript_custom_section)]
const STATION_FIGURES: &str = crate::figure::typescript::STATION_FIGURES;

#[wasm_bindgen]
extern "C" {
    /// A saved run as an object or as JSON text, or a link.
    #[wasm_bindgen(typescript_type = "SavedRun | string")]
    pub type RunSource;
    #[wasm_bindgen(typescript_type = "SavedRun")]
    pub type SavedRun;
    #[wasm_bindgen(typescript_type = "Change")]
    pub type JsChange;
    #[wasm_bindgen(typescript_type = "Input")]
    pub type JsInput;
    #[wasm_bindgen(typescript_type = "Report")]
    pub type JsReport;
    #[wasm_bindgen(typescript_type = "Diagnostic[]")]
    pub type JsDiagnostics;
    #[wasm_bindgen(typescript_type = "ListKind")]
    pub type JsListKind;
    #[wasm_bindgen(typescript_type = "Listed[]")]
    pub type JsListed;
    #[wasm_bindgen(typescript_type = "SeedResult")]
    pub type JsSeedResult;
    #[wasm_bindgen(typescript_type = "string[]")]
    pub type JsTexts;
}

/// A value as JavaScript has it: maps as objects, what is absent as `null`.
fn to_js<T: JsCast>(value: &impl Serialize) -> T {
    let value = value.serialize(&serde_wasm_bindgen::Serializer::json_compatible());
    value.expect("results are plain data with text keys and safe integers").unchecked_into()
}

fn json_to_js<T: JsCast>(json: &str) -> T {
    let value: serde_json::Value = serde_json::from_str(json).expect("the engine writes JSON");
    to_js(&value)
}

fn from_js<T: DeserializeOwned>(value: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(value)
        .map_err(|error| failure(&error.to_string(), "Pass plain data: no functions, no cycles.", &[]))
}

/// An `Error` as this module throws it.
fn failure(message: &str, remedy: &str, diagnostics: &[Diagnostic]) -> JsValue {
    let error = js_sys::Error::new(message);
    let set = |key: &str, value: &JsValue| {
        js_sys::Reflect::set(&error, &JsValue::from_str(key), value).expect("a fresh error takes properties");
    };
    if !remedy.is_empty() {
        set("remedy", &JsValue::from_str(remedy));
    }
    if !diagnostics.is_empty() {
        set("diagnostics", &to_js::<JsValue>(&diagnostics));
    }
    error.into()
}

/// The first problem in words, all of them as data.
fn refused(diagnostics: &[Diagnostic]) -> JsValue {
    let first = diagnostics.first();
    failure(
        first.map_or("this document cannot run", |diagnostic| &diagnostic.message),
        first.map_or("", |diagnostic| &diagnostic.remedy),
        diagnostics,
    )
}

fn read(source: RunSource) -> Result<Run, JsValue> {
    let source: JsValue = source.into();
    let text = match source.as_string() {
        Some(text) if text.trim_start().starts_with('{') => text,
        Some(link) => return link::decode(&link).map_err(|error| failure(&error.to_string(), &error.remedy(), &[])),
        None => from_js::<serde_json::Value>(source)?.to_string(),
    };
    Run::from_json(&text).map_err(|error| failure(&error.to_string(), &error.remedy(), &[]))
}

/// A run under way.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Simulation {
    session: Session,
    diagnostics: Vec<Diagnostic>,
}

#[wasm_bindgen]
impl Simulation {
    /// Loads a saved run (an object, JSON text, or a link) and stands at time zero. Changes in its log are applied when
    /// their moments come.
    ///
    /// # Errors
    /// Throws a `HeadroomError` where it cannot be read or cannot run.
    #[wasm_bindgen(constructor)]
    pub fn new(source: RunSource) -> Result<Self, JsValue> {
        let (session, diagnostics) = Session::open(&read(source)?);
        match session {
            Some(session) => Ok(Self { session: session.with_checkpoints(), diagnostics }),
            None => Err(refused(&diagnostics)),
        }
    }

    /// What will surely not go as meant.
    #[must_use]
    pub fn warnings(&self) -> JsDiagnostics {
        to_js(&self.diagnostics)
    }

    /// Goes on to a moment of simulated time [s], at most `max_events` events; tells how many there were.
    pub fn advance(&mut self, until_secs: f64, max_events: Option<f64>) -> f64 {
        // `as` saturates: no limit and nonsense both end up within range.
        let max_events = max_events.map_or(u64::MAX, |max| max as u64);
        self.session.advance(SimTime::from_secs_f64(until_secs), max_events).events as f64
    }

    /// Goes on to the end and reports.
    #[wasm_bindgen(js_name = runToEnd)]
    pub fn run_to_end(&mut self) -> JsReport {
        self.session.advance(SimTime::NEVER, u64::MAX);
        self.report()
    }

    /// Applies a change before the next event; it becomes part of the run.
    ///
    /// # Errors
    /// Throws a `HeadroomError` where it makes no sense; then nothing has changed.
    pub fn apply(&mut self, change: JsChange) -> Result<JsInput, JsValue> {
        let json = from_js::<serde_json::Value>(change.into())?.to_string();
        let change: Change =
            format::change_from_json(&json).map_err(|error| failure(&error.to_string(), &error.remedy(), &[]))?;
        let input = self.session.apply(change).map_err(|problems| refused(&problems))?;
        Ok(json_to_js(&format::input_to_json(&input)))
    }

    /// Goes to a moment [s], back or forth; on the way the changes in the log are applied again.
    pub fn seek(&mut self, secs: f64) {
        let to = SimTime::from_secs_f64(secs);
        self.session.seek(to);
        self.session.advance(to, u64::MAX);
    }

    /// A copy that goes its own way from here; it shares its random numbers with this one.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self { session: self.session.fork(), diagnostics: self.diagnostics.clone() }
    }

    /// What came out so far.
    #[must_use]
    pub fn report(&self) -> JsReport {
        to_js(&Report::of(self.session.system(), self.session.document(), self.session.inputs().len()))
    }

    /// The run so far, changes included: to save, or to load again.
    #[wasm_bindgen(js_name = exportRun)]
    #[must_use]
    pub fn export_run(&self) -> SavedRun {
        json_to_js(&self.session.export().to_json())
    }

    /// The run so far as a link's fragment, `#s=1.…`.
    ///
    /// # Errors
    /// Throws a `HeadroomError` where it is too large for a link.
    pub fn link(&self) -> Result<String, JsValue> {
        link::encode(&self.session.export()).map_err(|error| failure(&error.to_string(), &error.remedy(), &[]))
    }

    /// Simulated time [s].
    #[wasm_bindgen(getter, js_name = nowSecs)]
    #[must_use]
    pub fn now_secs(&self) -> f64 {
        self.session.system().now().as_secs_f64()
    }

    /// Events processed so far.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn events(&self) -> f64 {
        self.session.system().events() as f64
    }

    /// Whether the run has ended and drained.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn finished(&self) -> bool {
        self.session.system().finished()
    }

    /// Sixteen hexadecimal digits; equal for equal runs.
    #[wasm_bindgen(getter, js_name = traceHash)]
    #[must_use]
    pub fn trace_hash(&self) -> String {
        format!("{:016x}", self.session.system().trace_hash())
    }
}

/// Names what stands in the way of a run, and what will surely not go as meant; errors first.
///
/// # Errors
/// Throws a `HeadroomError` where the run cannot even be read.
#[wasm_bindgen(js_name = check)]
pub fn check_run(source: RunSource) -> Result<JsDiagnostics, JsValue> {
    Ok(to_js(&check::check(&read(source)?.document)))
}

/// Reads a link or JSON text into a saved run.
///
/// # Errors
/// Throws a `HeadroomError` where it cannot be read.
#[wasm_bindgen]
pub fn open(source: RunSource) -> Result<SavedRun, JsValue> {
    Ok(json_to_js(&read(source)?.to_json()))
}

/// Everything of one kind that can be chosen, with parameters, units, ranges and defaults.
///
/// # Errors
/// Throws a `HeadroomError` for an unknown kind.
#[wasm_bindgen]
pub fn list(kind: JsListKind) -> Result<JsListed, JsValue> {
    let word = JsValue::from(kind).as_string().unwrap_or_default();
    match Kind::of(&word) {
        Some(kind) => Ok(to_js(&kind.list())),
        None => {
            let known: Vec<&str> = registry::KINDS.iter().map(|kind| kind.word).collect();
            let known = known.join(", ");
            Err(failure(&format!("there is no list of \"{word}\""), &format!("Ask for one of: {known}."), &[]))
        }
    }
}

/// A run of the gallery.
///
/// # Errors
/// Throws a `HeadroomError` for an unknown id.
#[wasm_bindgen]
pub fn scenario(id: &str) -> Result<SavedRun, JsValue> {
    let run = catalog::scenario(id).and_then(|scenario| scenario.run().ok());
    run.map(|run| json_to_js(&run.to_json()))
        .ok_or_else(|| failure(&format!("there is no scenario \"{id}\""), "See list('scenarios').", &[]))
}

/// The seeds of the examination of a design in a lesson, as texts of digits.
///
/// # Errors
/// Throws a `HeadroomError` for an unknown lesson or an unreadable design.
#[wasm_bindgen(js_name = finalSeeds)]
pub fn final_seeds(lesson: &str, source: RunSource) -> Result<JsTexts, JsValue> {
    let (lesson, _) = opened(lesson)?;
    let seeds = grade::final_seeds(&lesson, &read(source)?.document);
    Ok(to_js(&seeds.iter().map(u64::to_string).collect::<Vec<_>>()))
}

/// Grades a design by a lesson's rules and goals on one seed (a text of digits).
///
/// # Errors
/// Throws a `HeadroomError` for an unknown lesson, an unreadable design or seed.
#[wasm_bindgen(js_name = grade)]
pub fn grade_design(lesson: &str, source: RunSource, seed: &str) -> Result<JsSeedResult, JsValue> {
    let (lesson, start) = opened(lesson)?;
    let seed: u64 =
        seed.parse().map_err(|_| failure(&format!("\"{seed}\" is no seed"), "Pass a text of digits.", &[]))?;
    Ok(to_js(&grade::grade(&lesson, &start, &read(source)?.document, seed)))
}

fn opened(slug: &str) -> Result<(crate::lesson::Lesson, crate::topology::document::Document), JsValue> {
    let files = catalog::lesson(slug);
    files
        .and_then(|files| Some((files.lesson().ok()?, files.start().ok()?)))
        .ok_or_else(|| failure(&format!("there is no lesson \"{slug}\""), "See list('lessons').", &[]))
}

/// A seed that nobody chose: 53 random bits from the platform. The only thing here that is not reproducible.
///
/// # Errors
/// Throws a `HeadroomError` where the platform has no source of randomness.
#[wasm_bindgen(js_name = newSeed)]
pub fn new_seed() -> Result<f64, JsValue> {
    let bits = getrandom::u64().map_err(|error| failure(&error.to_string(), "Choose a seed yourself.", &[]))?;
    Ok((bits >> 11) as f64)
}

/// The version of the engine.
#[wasm_bindgen]
#[must_use]
pub fn version() -> String {
    ENGINE.to_owned()
}
