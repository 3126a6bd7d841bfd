//! The figures of a station in a report, as the registry has them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::field::{Field, OUTCOMES, PERCENTILES, Shape, TIMES, one, value};
use super::{Figure, Outcomes, Percentiles, Times};
use crate::engine::sort;
use crate::figure::{self, Group, Measured, Read, Spec, Without};
use crate::model::params::Unit;

/// By the id of their entries. In JSON they have the names, the groups and the order of [`figure::fields`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures(BTreeMap<&'static str, Told>);

/// What a report says of a figure: a number, or a table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Told {
    Number(Figure),
    Outcomes(Outcomes),
    Times(Times),
    Percentiles(Percentiles),
}

impl Figures {
    /// What there is to say of a station.
    #[must_use]
    pub fn of(measured: &Measured<'_>) -> Self {
        let there = figure::fields().filter(|(_, field)| field.group.is_none_or(|group| (group.at)(measured.station)));
        Self(sort::map(there.filter_map(|(spec, field)| Some((spec.id, read(spec, field, measured)?)))))
    }

    /// Tells `told` of the figure of the entry with this id.
    #[must_use]
    pub fn with(mut self, id: &'static str, told: Told) -> Self {
        self.0.insert(id, told);
        self
    }

    /// The number of the entry with this id; [`Figure::NONE`] where there is none.
    #[must_use]
    pub fn get(&self, id: &str) -> Figure {
        if let Some(Told::Number(figure)) = self.0.get(id) { *figure } else { Figure::NONE }
    }

    /// What is told of the entry with this id, as `statistic` of it: a percentile where it is a time.
    #[must_use]
    pub fn statistic(&self, id: &str, statistic: &str) -> Figure {
        match self.0.get(id) {
            Some(Told::Number(figure)) => *figure,
            Some(Told::Times(times)) => times.percentiles.named(statistic),
            Some(Told::Percentiles(percentiles)) => percentiles.named(statistic),
            Some(Told::Outcomes(_)) | None => Figure::NONE,
        }
    }

    /// How the calls of a station ended.
    #[must_use]
    pub fn outcomes(&self) -> Outcomes {
        if let Some(Told::Outcomes(outcomes)) = self.0.get("outcomes") { *outcomes } else { Outcomes::default() }
    }

    /// The times of the entry with this id; absent ones where there are none.
    #[must_use]
    pub fn times(&self, id: &str) -> Times {
        if let Some(Told::Times(times)) = self.0.get(id) { *times } else { Times::default() }
    }

    /// Those that stand in `group`, or in none; a whole number as one.
    fn write<M: SerializeMap>(&self, map: &mut M, group: Option<&'static Group>) -> Result<(), M::Error> {
        let mut told = "";
        for (spec, field) in figure::fields() {
            let Some(value) = self.0.get(spec.id) else { continue };
            let name = |group: Option<&Group>| group.map_or("", |group| group.name);
            match (field.group, value) {
                (Some(inner), _) if group.is_none() => {
                    if told != inner.name {
                        map.serialize_entry(inner.name, &InGroup(self, inner))?;
                    }
                    told = inner.name;
                }
                (own, _) if name(own) != name(group) => {}
                (_, Told::Number(value)) if field.whole => map.serialize_entry(field.name, &(value.0 as u64))?,
                (_, Told::Number(value)) => map.serialize_entry(field.name, value)?,
                (_, Told::Outcomes(outcomes)) => map.serialize_entry(field.name, outcomes)?,
                (_, Told::Times(times)) => map.serialize_entry(field.name, times)?,
                (_, Told::Percentiles(percentiles)) => map.serialize_entry(field.name, percentiles)?,
            }
        }
        Ok(())
    }
}

/// What a report says of a figure; `None`: nothing at all.
fn read(spec: &Spec, field: &figure::Field, measured: &Measured<'_>) -> Option<Told> {
    let number = |value: f64| {
        let told = match spec.without {
            Without::Null => true,
            Without::Absent => !value.is_nan(),
            Without::AbsentAtZero => value > 0.0,
        };
        told.then_some(Told::Number(Figure(value)))
    };
    match field.read {
        Read::Spec => number((spec.read)(&measured.sum.bucket)),
        Read::Number(read) => number(read(measured)),
        Read::Outcomes => Some(Told::Outcomes(Outcomes::of(measured.sum.bucket.by_outcome))),
        Read::Times(read) => read(measured).map(|times| Told::Times(Times::of(times))),
        Read::Percentiles(read) => read(measured).map(|(times, unanswered)| {
            Told::Percentiles(Percentiles::ask(|p| times.percentile_with_unanswered(p, unanswered)))
        }),
    }
}

/// The object of a group.
struct InGroup<'a>(&'a Figures, &'static Group);

impl Serialize for InGroup<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.0.write(&mut map, Some(self.1))?;
        map.end()
    }
}

impl Serialize for Figures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.write(&mut map, None)?;
        map.end()
    }
}

/// Reads the fields of a group, or with `None` those of the station itself, into what was found so far.
struct Fields<'a>(Option<&'static Group>, &'a mut Figures);

impl<'de> DeserializeSeed<'de> for Fields<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the figures of a station")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(group, found) = self;
        let name_of = |group: Option<&'static Group>| group.map_or("", |group| group.name);
        while let Some(key) = map.next_key::<String>()? {
            let mut within = figure::fields().filter(|(_, field)| name_of(field.group) == name_of(group));
            if let Some((spec, field)) = within.find(|(_, field)| field.name == key) {
                let told = match field.read {
                    Read::Spec | Read::Number(_) => Told::Number(map.next_value()?),
                    Read::Outcomes => Told::Outcomes(map.next_value()?),
                    Read::Times(_) => Told::Times(map.next_value()?),
                    Read::Percentiles(_) => Told::Percentiles(map.next_value()?),
                };
                found.0.insert(spec.id, told);
                continue;
            }
            let mut groups = figure::fields().filter_map(|(_, field)| field.group);
            match groups.find(|inner| group.is_none() && inner.name == key) {
                Some(inner) => map.next_value_seed(Fields(Some(inner), found))?,
                // A field of a later version.
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Figures {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut found = Self::default();
        Fields(None, &mut found).deserialize(deserializer)?;
        Ok(found)
    }
}

/// What `headroom help json` says of them.
pub(super) static FIELDS: LazyLock<Vec<Field>> = LazyLock::new(|| {
    let unit = |spec: &Spec| match spec.unit {
        Unit::Share => "0..1",
        Unit::Count => "count",
        other => other.symbol(),
    };
    let row = |spec: &Spec, field: &figure::Field| match field.read {
        Read::Spec | Read::Number(_) => value(field.name, unit(spec), field.meaning),
        Read::Outcomes => one(field.name, field.meaning, &OUTCOMES),
        Read::Times(_) => one(field.name, field.meaning, &TIMES),
        Read::Percentiles(_) => one(field.name, field.meaning, &PERCENTILES),
    };
    let mut fields: Vec<Field> = Vec::new();
    for (spec, field) in figure::fields() {
        match field.group {
            None => fields.push(row(spec, field)),
            Some(group) if fields.iter().all(|field| field.name != group.name) => {
                // Once for the whole program: a shape is named by what holds it.
                let within = figure::fields().filter(|(_, field)| field.group.is_some_and(|of| of.name == group.name));
                let rows: &[Field] = Vec::leak(within.map(|(spec, field)| row(spec, field)).collect());
                let shape = Shape { name: group.name, summary: group.summary, fields: rows, with: &[] };
                fields.push(one(group.name, group.meaning, Box::leak(Box::new(shape))));
            }
            Some(_) => {}
        }
    }
    fields
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_stand_in_the_registry_s_order_and_groups_and_come_back() {
        let number = |number| Told::Number(Figure(number));
        let percentiles = Percentiles { p99: Figure(f64::INFINITY), ..Percentiles::default() };
        let figures = Figures::default()
            .with("cost", number(0.25))
            .with("stale_share", Told::Number(Figure::NONE))
            .with("read_replica_reads", number(7.0))
            .with("hit_ratio", number(0.5))
            .with("arrivals", number(9.0))
            .with("delivery_time", Told::Percentiles(percentiles))
            .with("published", number(3.0));
        let json = serde_json::to_string(&figures).unwrap();
        assert_eq!(
            json,
            "{\"arrivals\":9,\"hit_ratio\":0.5,\"replicated\":{\"reads\":7,\"stale_share\":null},\"cost\":0.25,\
             \"delivery\":{\"published\":3,\"time_of_all\":{\"p50\":null,\"p90\":null,\"p95\":null,\
             \"p99\":\"infinite\",\"p999\":null}}}"
        );
        assert_eq!(serde_json::from_str::<Figures>(&json).unwrap(), figures);
        assert_eq!(figures.statistic("delivery_time", "p99"), Figure(f64::INFINITY));
        let later = "{\"hit_ratio\":0.5,\"something_new\":{\"reads\":1}}";
        assert_eq!(serde_json::from_str::<Figures>(later).unwrap().get("hit_ratio"), Figure(0.5));
    }
}
