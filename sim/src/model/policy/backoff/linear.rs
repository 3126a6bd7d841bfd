//! Waits longer by the same step each time.

use super::{Kind, base, cap};
use crate::model::params::{Entry, told};

pub(super) static ENTRY: Entry = Entry {
    id: "linear",
    name: "Linear",
    summary: told("Waits base times the attempt's number, up to a cap; no jitter, so waves stay together."),
    source: told("The running example's service mesh: 100 ms per attempt, cap 5 s, at most 3 retries."),
    params: &[base("Wait before the first retry."), cap("Longest wait.")],
    defect: false,
};

pub(super) static KIND: Kind =
    Kind { entry: &ENTRY, wait: |terms, retry, _, _| (terms.base * f64::from(retry)).min(terms.cap), chained: false };
