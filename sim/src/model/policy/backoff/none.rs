//! A retry at once.

use super::Kind;
use crate::model::params::{Entry, told};

pub(super) static ENTRY: Entry = Entry {
    id: "none",
    name: "At once",
    summary: told("Tries again without waiting."),
    source: told("What naive clients do; Beyer et al., \"Site Reliability Engineering\", ch. 22, advises against it."),
    params: &[],
    defect: false,
};

pub(super) static KIND: Kind = Kind { entry: &ENTRY, wait: |_, _, _, _| 0.0, chained: false };
