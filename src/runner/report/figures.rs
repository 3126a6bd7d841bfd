//! The figures of a station in a report, as the registry has them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Figure;
use super::field::{Field, Shape, one, value};
use crate::engine::sort;
use crate::figure::{self, Group, Spec, Without};
use crate::model::params::Unit;
use crate::model::system::meter::Bucket;
use crate::model::system::station::Station;

/// By the id of their entries. In JSON they have the names, the groups and the order of [`figure::fields`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures(BTreeMap<&'static str, Figure>);

impl Figures {
    /// What `bucket` has to say of `station`.
    #[must_use]
    pub fn of(station: &Station, bucket: &Bucket) -> Self {
        let there = figure::fields().filter(|(_, field)| field.group.is_none_or(|group| (group.at)(station)));
        let read = |spec: &Spec| {
            let value = (spec.read)(bucket);
            let told = match spec.without {
                Without::Null => true,
                Without::Absent => !value.is_nan(),
                Without::AbsentAtZero => value > 0.0,
            };
            told.then_some((spec.id, Figure(value)))
        };
        Self(sort::map(there.filter_map(|(spec, _)| read(spec))))
    }

    /// The figure of the entry with this id; [`Figure::NONE`] where there is none.
    #[must_use]
    pub fn get(&self, id: &str) -> Figure {
        self.0.get(id).copied().unwrap_or(Figure::NONE)
    }

    /// Those that stand in `group`, or in none; a whole number as one.
    fn write<M: SerializeMap>(&self, map: &mut M, group: Option<&'static Group>) -> Result<(), M::Error> {
        let mut told = "";
        for (spec, field) in figure::fields() {
            let Some(value) = self.0.get(spec.id) else { continue };
            let name = |group: Option<&Group>| group.map_or("", |group| group.name);
            match field.group {
                Some(inner) if group.is_none() => {
                    if told != inner.name {
                        map.serialize_entry(inner.name, &InGroup(self, inner))?;
                    }
                    told = inner.name;
                }
                own if name(own) != name(group) => {}
                _ if field.whole => map.serialize_entry(field.name, &(value.0 as u64))?,
                _ => map.serialize_entry(field.name, value)?,
            }
        }
        Ok(())
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

impl<'de> Deserialize<'de> for Figures {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Figures;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("the figures of a station")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Figures, A::Error> {
                let group_of = |spec: &figure::Field| spec.group.map(|group| group.name);
                let mut found = BTreeMap::new();
                while let Some(key) = map.next_key::<String>()? {
                    let own = figure::fields().find(|(_, field)| field.group.is_none() && field.name == key);
                    if let Some((spec, _)) = own {
                        found.insert(spec.id, map.next_value()?);
                    } else if figure::fields().any(|(_, field)| group_of(field) == Some(&key)) {
                        let inner: BTreeMap<String, Figure> = map.next_value()?;
                        let within = figure::fields().filter(|(_, field)| group_of(field) == Some(&key));
                        let known = within.filter_map(|(spec, field)| Some((spec.id, *inner.get(field.name)?)));
                        found.extend(known);
                    } else {
                        // A field of a later version.
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Figures(found))
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

/// What `headroom help json` says of them.
pub(super) static FIELDS: LazyLock<Vec<Field>> = LazyLock::new(|| {
    let unit = |spec: &figure::Spec| match spec.unit {
        Unit::Share => "0..1",
        Unit::Count => "count",
        other => other.symbol(),
    };
    let written = |group: Option<&Group>| -> Vec<Field> {
        let name = |group: Option<&Group>| group.map_or("", |group| group.name);
        let within = figure::fields().filter(|(_, field)| name(field.group) == name(group));
        within.map(|(spec, field)| value(field.name, unit(spec), field.meaning)).collect()
    };
    let mut fields: Vec<Field> = Vec::new();
    for (spec, field) in figure::fields() {
        match field.group {
            None => fields.push(value(field.name, unit(spec), field.meaning)),
            Some(group) if fields.iter().all(|field| field.name != group.name) => {
                // Once for the whole program: a shape is named by what holds it.
                let fields_within = Vec::leak(written(Some(group)));
                let shape = Shape { name: group.name, summary: group.summary, fields: fields_within, with: &[] };
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
        let figures = [
            ("cost", Figure(0.25)),
            ("stale_share", Figure::NONE),
            ("read_replica_reads", Figure(7.0)),
            ("hit_ratio", Figure(0.5)),
        ];
        let figures = Figures(figures.into());
        let json = serde_json::to_string(&figures).unwrap();
        assert_eq!(json, "{\"hit_ratio\":0.5,\"replicated\":{\"reads\":7,\"stale_share\":null},\"cost\":0.25}");
        assert_eq!(serde_json::from_str::<Figures>(&json).unwrap(), figures);
        let later = "{\"hit_ratio\":0.5,\"something_new\":{\"reads\":1}}";
        assert_eq!(serde_json::from_str::<Figures>(later).unwrap().get("hit_ratio"), Figure(0.5));
    }
}
