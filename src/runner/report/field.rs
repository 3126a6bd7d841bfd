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
