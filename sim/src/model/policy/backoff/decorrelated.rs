//! Each wait is drawn between the base and three times the last wait.

use super::{Kind, base, cap};
use crate::model::params::{Entry, told};

pub(super) static ENTRY: Entry = Entry {
    id: "decorrelated-jitter",
    name: "Decorrelated jitter",
    summary: told("Waits a random time between base and three times the last wait, up to a cap."),
    source: told("AWS architecture blog, \"Exponential Backoff and Jitter\" (decorrelated jitter)."),
    params: &[base("Shortest wait."), cap("Longest wait.")],
    defect: false,
};

pub(super) static KIND: Kind = Kind {
    entry: &ENTRY,
    wait: |terms, _, previous, unit| (terms.base + unit * (3.0 * previous - terms.base)).min(terms.cap),
    chained: true,
};
