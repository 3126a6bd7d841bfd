//! What the run has to tell: the lines of its log.

use crate::engine::time::SimTime;
use crate::model::ids::NodeId;

/// How a log entry feels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogTone {
    Info,
    Good,
    Bad,
}

/// Something worth telling that happened in the run.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    pub at: SimTime,
    pub tone: LogTone,
    pub node: Option<NodeId>,
    pub text: String,
}
