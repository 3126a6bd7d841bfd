//! A field of the JSON that the command writes, as a row of its help.

/// One field of an object.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub name: &'static str,
    /// `s`, `/s`, `0..1`, `USD`, `min`, `h`, `count`, or the type where it is no number: `text`, `true or false`, `id`.
    pub unit: &'static str,
    /// A sentence without its period.
    pub meaning: &'static str,
    pub holds: Holds,
}

/// What stands behind a field's name.
#[derive(Clone, Copy, Debug)]
pub enum Holds {
    /// A number, a text, a list of those, or what the field's meaning says in full.
    Value,
    /// An object.
    One(&'static Shape),
    /// A list of objects.
    Many(&'static Shape),
    /// No field, but the place of those that the registry of figures knows; [`Shape::fields`] has them in its stead.
    Figures,
}

/// The fields of an object.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub name: &'static str,
    pub summary: &'static str,
    pub(super) fields: &'static [Field],
    /// Shapes whose fields stand among its own.
    pub with: &'static [&'static Shape],
}

pub(super) const fn value(name: &'static str, unit: &'static str, meaning: &'static str) -> Field {
    Field { name, unit, meaning, holds: Holds::Value }
}
pub(super) const fn one(name: &'static str, meaning: &'static str, shape: &'static Shape) -> Field {
    Field { name, unit: "", meaning, holds: Holds::One(shape) }
}
pub(super) const fn many(name: &'static str, meaning: &'static str, shape: &'static Shape) -> Field {
    Field { name, unit: "", meaning, holds: Holds::Many(shape) }
}

pub(super) static OUTCOMES: Shape = Shape {
    name: "outcomes",
    summary: "requests, or calls, by how they ended",
    fields: &[
        value("completed", "count", "answered"),
        value("timed_out", "count", "given up by a caller that had waited long enough"),
        value("rejected", "count", "turned away: no room, a limit, an open breaker"),
        value("shed", "count", "turned away on purpose under overload"),
        value("abandoned", "count", "given up by a user who lost patience, or canceled by a caller"),
        value("failed", "count", "ended by an error or by something that is down"),
    ],
    with: &[],
};

pub(super) static PERCENTILES: Shape = Shape {
    name: "percentiles",
    summary: "of a time; \"infinite\" where one falls on a request without an answer",
    fields: &[
        value("p50", "s", "half took at most this long"),
        value("p90", "s", "90 % did"),
        value("p95", "s", "95 % did"),
        value("p99", "s", "99 % did"),
        value("p999", "s", "99.9 % did"),
    ],
    with: &[],
};

pub(super) static TIMES: Shape = Shape {
    name: "times",
    summary: "how long something took",
    fields: &[value("mean", "s", "on average"), value("max", "s", "the longest")],
    with: &[&PERCENTILES],
};
