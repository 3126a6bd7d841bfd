//! What page and worker say to each other.

use serde::{Deserialize, Serialize};

use super::{Frame, RunId, Speed};
use crate::lesson::goal::Goal;
use crate::model::journey::Journey;
use crate::model::outcome::Reason;
use crate::model::system::exemplars::Exemplar;
use crate::topology::document::NodeId;

/// Page to worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToWorker {
    /// Start anew with this run. `run_json` is a whole shared run (`topology::format::Run` as JSON): document and input log.
    /// After a crash or on seek, `until_event` replays silently up to that event (progress is reported by frames).
    Load {
        run: RunId,
        run_json: String,
        until_event: Option<u64>,
    },
    Play {
        run: RunId,
        speed: Speed,
    },
    Pause {
        run: RunId,
    },
    /// One event while paused.
    Step {
        run: RunId,
    },
    /// A `topology::document::Change` as JSON. Latest wins for edits still waiting.
    Change {
        run: RunId,
        change_json: String,
    },
    /// Jump to a moment [ns]. Frames from then on carry the number of the jump, from 1.
    Seek {
        run: RunId,
        jump: u32,
        to_ns: u64,
    },
    /// Give the run other inputs (each a `topology::document::Input` as JSON) and jump.
    Rewrite {
        run: RunId,
        jump: u32,
        to_ns: u64,
        inputs_json: Vec<String>,
    },
    /// Send the series of these stations with the frames, and of no others; `None` stands for the whole system.
    Watch {
        run: RunId,
        nodes: Vec<Option<NodeId>>,
    },
    /// Send the whole inside of these stations with the frames, and of no others.
    LookInto {
        run: RunId,
        nodes: Vec<NodeId>,
    },
    /// Send where the time went with the frames, or no longer.
    Profile {
        run: RunId,
        on: bool,
    },
    /// Asks for [`FromWorker::Explained`]: why the request with this number (from 0) of a source went as it did.
    /// A newer question takes an older one's place.
    Explain {
        run: RunId,
        source: NodeId,
        ordinal: u64,
    },
    /// The answer is not wanted any more.
    ForgetExplain {
        run: RunId,
    },
    /// Asks for [`FromWorker::Judged`]: how the run that has ended did on these goals. A run that goes on has no answer.
    Judge {
        run: RunId,
        goals: Vec<Goal>,
    },
    /// Asks for [`FromWorker::RunJson`]: the run with its input log, for a link.
    Export {
        run: RunId,
    },
    /// Grade a design on one seed (the page spreads seeds over a pool). JSON in, JSON out (`lesson::grade`). The lesson
    /// comes along, with the system that it begins with: the worker holds none.
    Grade {
        job: u32,
        lesson_json: String,
        start_json: String,
        document_json: String,
        seed: u64,
    },
    /// Run a document to its end as fast as possible, watching one node. Nothing else is under way in such a worker.
    Race {
        job: u32,
        document_json: String,
        node: NodeId,
    },
    /// A frame was taken: another may be sent.
    FrameTaken {
        run: RunId,
    },
    Ping {
        id: u32,
    },
    /// Answers with a panic: for the test of the watchdog.
    Crash,
}

/// Worker to page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FromWorker {
    /// First of all.
    Ready {
        protocol: u32,
        build: String,
    },
    /// Before a step that takes long: the answer to `Load` comes after it. Nothing else is answered meanwhile.
    Preparing {
        run: RunId,
        /// Replicas, nodes, copies.
        members: u32,
        /// How long one step of this run may keep the worker from answering, at a guess [ms].
        step_ms: u32,
    },
    /// The answer to `Load`: what stands in the way, if anything.
    Loaded {
        run: RunId,
        diagnostics: String,
        runs: bool,
    },
    /// A change was applied before event `at_event`, or refused with diagnostics (JSON) and the old system goes on.
    Changed {
        run: RunId,
        at_event: u64,
        /// The moment of the run.
        at_ns: u64,
        refused: Option<String>,
        input_json: Option<String>,
    },
    Frame(Box<Frame>),
    RunJson {
        run: RunId,
        run_json: String,
        trace_hash: String,
    },
    /// The run is being replayed to explain a request: how far that is, 0..1.
    Explaining {
        run: RunId,
        share: f64,
    },
    /// The journey of a request, or why there is none, in words.
    Explained {
        run: RunId,
        source: NodeId,
        ordinal: u64,
        journey: Result<Box<Journey>, String>,
    },
    /// The run reached its end and drained.
    Finished {
        run: RunId,
        ending: Ending,
    },
    /// The answer to [`ToWorker::Judge`]: a `lesson::goal::GoalResult` for each goal, in their order, as JSON.
    Judged {
        run: RunId,
        results_json: String,
    },
    Graded {
        job: u32,
        seed: u64,
        result_json: String,
    },
    /// How far a race's run is, 0..1.
    Racing {
        job: u32,
        share: f64,
    },
    /// What came out of it (`runner::what_if::Finish` as JSON), or what stood in the way, in words.
    Raced {
        job: u32,
        finish_json: Result<String, String>,
    },
    Pong {
        id: u32,
    },
    /// The simulation is broken; the worker must be replaced.
    Panicked {
        message: String,
    },
}

/// What the page shows of a run that has ended, beside its last frame.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// Sixteen hexadecimal digits; equal for equal runs.
    pub trace_hash: String,
    /// The station that was busiest over the whole run, and its utilization [0..1]; `None` if none has slots.
    pub busiest: Option<(NodeId, f64)>,
    /// Why it was stopped before its end, in words; `None` where it was not.
    pub stopped: Option<String>,
    /// When users suffered; `None` if they never did.
    pub trouble: Option<Trouble>,
    /// The most frequent reason for which requests failed, and how many failed for it.
    pub reason: Option<(Reason, u64)>,
    /// The first request that failed.
    pub first_failed: Option<Exemplar>,
}

/// A part of a run in which at least one in a hundred requests failed or was answered too late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trouble {
    /// From the first slice of time in which that was so to the end of the last [s].
    pub from_secs: f64,
    pub to_secs: f64,
}
