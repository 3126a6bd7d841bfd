//! What the levels of caches tell of a request: who speaks, and what it says.

use crate::model::replication::Mode;
use crate::model::system::trail::Mark;

/// Words for a mark of a cache that is not a cache station's; `None`: it is none of those.
pub(in crate::model::system) fn told(mark: Mark) -> Option<(String, String)> {
    let (who, words) = match mark {
        Mark::AskedLocally { hit: true } => {
            ("Local cache (L1)", "has the answer, so no other station is asked".to_owned())
        }
        Mark::AskedLocally { hit: false } => ("Local cache (L1)", "does not have the answer".to_owned()),
        Mark::KeptLocally { left, own } => {
            let limit =
                if own { "its own time to live" } else { "what is left of the answer's lifetime in the cache behind" };
            ("Local cache (L1)", format!("keeps the answer for {:.1} s, {limit}", left.as_secs_f64()))
        }
        Mark::AtEdge { hit, cached_error } => {
            let words = match (hit, cached_error) {
                (true, _) => "has the object",
                (false, true) => {
                    "answers with a cached error: the origin failed for this object a moment ago, and is not asked again yet"
                }
                (false, false) => "does not have the object: it is fetched, or a fetch under way is waited for",
            };
            ("Edge cache (L3)", words.to_owned())
        }
        Mark::AskedQueryCache { hit: true, .. } => ("Query cache (L4)", "has the result".to_owned()),
        Mark::AskedQueryCache { hit: false, table, written: Some(ago) } => {
            let (table, secs) = (table + 1, ago.as_secs_f64());
            let words =
                format!("does not have the result; a write {secs:.3} s ago dropped all results of table {table}");
            ("Query cache (L4)", words)
        }
        Mark::AskedQueryCache { hit: false, .. } => ("Query cache (L4)", "does not have the result".to_owned()),
        Mark::Released { after, missing, mode } => {
            let (who, did) = match mode {
                Mode::Asynchronous | Mode::SemiSynchronous { .. } => ("Semi-synchronous replication", "received"),
                Mode::Synchronous => ("Synchronous replication", "flushed"),
                Mode::RemoteApply => ("Remote apply", "applied"),
            };
            let ms = after.as_secs_f64() * 1e3;
            let words = if missing == 0 {
                format!("the write was held for {ms:.1} ms, until enough read replicas had {did} it")
            } else {
                format!("too few read replicas had {did} the write after {ms:.0} ms: answered all the same")
            };
            (who, words)
        }
        Mark::Written { by, replicas, waits } => {
            let words = if waits {
                format!(
                    "replica {by}, the primary, has the write on disk; its answer waits for some of {replicas} others"
                )
            } else {
                format!(
                    "replica {by}, the primary, answers before any of {replicas} others has the write: if it dies before one has, the write is lost"
                )
            };
            ("Replication", words)
        }
        _ => return None,
    };
    Some((who.to_owned(), words))
}
