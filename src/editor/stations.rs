//! Parameters that name other stations: a copy of a part names the copies in it.

use std::collections::BTreeMap;

use crate::model::params::{ParamKind, ParamSpec, Params, Value, find_entry};
use crate::topology::document::NodeId;

/// Puts fresh numbers where parameters name nodes that were copied along.
pub(super) fn renumber(specs: &[ParamSpec], params: &mut Params, fresh: &BTreeMap<NodeId, NodeId>) {
    for spec in specs {
        if let Some(value) = params.0.get_mut(spec.key) {
            renumber_value(spec, value, fresh);
        }
    }
}

fn renumber_value(spec: &ParamSpec, value: &mut Value, fresh: &BTreeMap<NodeId, NodeId>) {
    match (spec.kind, value) {
        (ParamKind::Station, Value::Number(number)) => {
            let copied = fresh.iter().find(|(old, _)| f64::from(old.0) == *number);
            if let Some((_, new)) = copied {
                *number = f64::from(new.0);
            }
        }
        (ParamKind::Variant { registry, .. }, Value::Variant(variant)) => {
            if let Some(entry) = find_entry(&registry(), &variant.id) {
                renumber(entry.params, &mut variant.params, fresh);
            }
        }
        (ParamKind::Table { columns, .. }, Value::List(rows)) => {
            for row in rows {
                let Value::List(cells) = row else { continue };
                for (column, cell) in columns.iter().zip(cells) {
                    renumber_value(column, cell, fresh);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::params::Variant;
    use crate::model::station::service;

    #[test]
    fn a_copy_names_the_copies_and_leaves_the_rest() {
        let row = |of: f64| Value::List(vec![Value::from("external_waiting"), Value::from(9.0), Value::from(of)]);
        let scaler = |first: f64| {
            let rows = Value::List(vec![row(first), row(7.0), row(0.0)]);
            Params::new().with("scaler", Variant::new("hpa", Params::new().with("metrics", rows)))
        };
        let mut params = scaler(3.0);
        renumber(service::KIND.entry.params, &mut params, &[(NodeId(3), NodeId(12))].into());
        assert_eq!(params, scaler(12.0));
    }
}
