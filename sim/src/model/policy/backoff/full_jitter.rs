//! Doubles, with full jitter.

use super::{Kind, base, cap, doubled};
use crate::model::params::{Entry, told};

pub(super) static ENTRY: Entry = Entry {
    id: "exponential",
    name: "Exponential, full jitter",
    summary: told("Waits a random time between nothing and base times 1, 2, 4, 8 …, up to a cap."),
    source: told("AWS architecture blog, \"Exponential Backoff and Jitter\" (full jitter)."),
    params: &[base("Upper end of the first wait."), cap("Longest upper end.")],
    defect: false,
};

pub(super) static KIND: Kind =
    Kind { entry: &ENTRY, wait: |terms, retry, _, unit| unit * doubled(terms, retry), chained: false };
