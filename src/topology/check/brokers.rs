//! What goes wrong with message brokers.

use super::kinds::members_max;
use super::{Found, edge_name, kind_of, name_of};
use crate::model::params::Value;
use crate::model::read::Reader;
use crate::model::station::{self, Category};
use crate::topology::document::{Document, Place};

pub(super) fn check(document: &Document, found: &mut Found) {
    for (id, node) in &document.nodes {
        let Some(kind) = station::find(&node.kind).filter(|kind| kind.category == Category::Messaging) else {
            continue;
        };
        let (place, name) = (Place::Node(*id), name_of(document, *id));
        let reader = Reader::new(&kind.entry, &node.params);
        if document.edges_from(*id).next().is_none() {
            found.warn(
                place,
                "no-consumer",
                format!("Nothing consumes from {name}: messages published there are dropped."),
                format!("Draw a connection from {name} to a service."),
            );
        }
        let partitions = reader.count("partitions");
        for (edge_id, edge) in document.edges_from(*id) {
            let members = members_max(document, edge.to);
            if members > partitions {
                found.warn(
                    Place::Edge(edge_id),
                    "idle-consumers",
                    format!(
                        "{}: {members} replicas share {partitions} partitions, so {} of them get no message.",
                        edge_name(document, edge),
                        members - partitions
                    ),
                    format!("Give {name} at least as many partitions as its consumer has replicas."),
                );
            }
            if kind_of(document, edge.to).is_some_and(|kind| kind.category == Category::Messaging) {
                found.warn(
                    Place::Edge(edge_id),
                    "broker-to-broker",
                    format!("{}: a broker hands on to a broker; messages are only copied.", edge_name(document, edge)),
                    "Put a service between the two.",
                );
            }
            let retries = edge.params.get("retries");
            if matches!(retries, Some(Value::Number(count)) if *count > 0.0) {
                found.warn(
                    Place::Edge(edge_id),
                    "retries-after-broker",
                    format!(
                        "{}: retries do nothing here, the broker itself delivers again.",
                        edge_name(document, edge)
                    ),
                    format!("Set how {name} delivers again, and take the retries away."),
                );
            }
        }
    }
}
