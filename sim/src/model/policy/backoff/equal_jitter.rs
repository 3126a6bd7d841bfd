//! Doubles, with jitter over the upper half.

use super::{Kind, base, cap, doubled};
use crate::model::params::{Entry, told};

pub(super) static ENTRY: Entry = Entry {
    id: "equal-jitter",
    name: "Exponential, equal jitter",
    summary: told("Waits half of base times 1, 2, 4, 8 …, and a random part of the other half, up to a cap."),
    source: told("AWS architecture blog, \"Exponential Backoff and Jitter\" (equal jitter)."),
    params: &[base("Upper end of the first wait; half of it is its lower end."), cap("Longest upper end.")],
    defect: false,
};

pub(super) static KIND: Kind = Kind {
    entry: &ENTRY,
    wait: |terms, retry, _, unit| {
        let half = doubled(terms, retry) / 2.0;
        half + unit * half
    },
    chained: false,
};
