//! Problems of scalers, instances and nodes that fit each on its own, but not together.

use super::{Found, name_of};
use crate::model::read::Reader;
use crate::model::scaler::{instance, kubernetes, nodes};
use crate::model::station::service;
use crate::topology::document::{Document, NodeId, Place};

pub(super) fn check(document: &Document, found: &mut Found) {
    for (id, node) in document.nodes.iter().filter(|(_, node)| node.kind == service::KIND.entry.id) {
        check_service(document, *id, &Reader::new(&service::KIND.entry, &node.params), found);
    }
}

fn check_service(document: &Document, id: NodeId, reader: &Reader<'_>, found: &mut Found) {
    let place = Place::Node(id);
    let name = name_of(document, id);
    let (scaler, choice) = reader.variant("scaler");
    let instance = instance::read(&reader.variant("instance").1);
    let sized = instance.is_some_and(|instance| instance.size.is_some());
    if scaler.id == "vertical" && !sized {
        found.warn(
            place,
            "no-sizes",
            format!("{name}: a vertical scaler chooses among sizes, but its replicas have none."),
            "Choose a virtual machine as what a replica has.",
        );
    }
    if scaler.id == kubernetes::ENTRY.id {
        for row in kubernetes::rows(&choice.params) {
            if row.of > 0 && !document.nodes.contains_key(&NodeId(row.of)) {
                found.warn(
                    place,
                    "metric-of-nothing",
                    format!("{name}: its scaler measures a station that is no longer there."),
                    "Choose another station for the metric, or take the metric out.",
                );
            }
        }
    }
    if scaler.id == kubernetes::ENTRY.id && instance.is_none() {
        let memory = kubernetes::kinds_of(&choice.params).iter().any(|kind| kind.starts_with("memory"));
        if memory {
            found.warn(
                place,
                "no-memory",
                format!("{name}: its scaler looks at memory, but nothing is said of the memory of a replica."),
                "Choose a container or a virtual machine as what a replica has, or take the metric out.",
            );
        }
    }
    if reader.variant("objects").0.id == "off" && reader.variant("object_pool").0.id != "off" {
        found.warn(
            place,
            "pool-of-nothing",
            format!("{name}: it has an object pool, but nothing is said of objects, so the pool does nothing."),
            "Choose what its requests take of memory, or no pool.",
        );
    }
    let Some((pool, _)) = nodes::read(&reader.variant("nodes").1) else { return };
    if sized {
        found.warn(
            place,
            "machine-on-a-node",
            format!("{name}: its replicas are machines, and stand on nodes besides; only the nodes are paid."),
            "Choose a container as what a replica has, or no nodes.",
        );
    }
    let larger = instance
        .is_some_and(|instance| instance.cpu_request > pool.node.cpu || instance.memory_request > pool.node.memory);
    if larger {
        found.warn(
            place,
            "larger-than-a-node",
            format!("{name}: a replica requests more than a whole node has, so it stays Pending for ever."),
            "Choose larger nodes, or a smaller request.",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::params::{Params, Value, Variant};
    use crate::topology::check::check as check_all;
    use crate::topology::document::{Edge, Node, Point};

    fn codes(params: Params) -> Vec<String> {
        let mut document = Document::default();
        let mut add = |kind: &str, params: Params| {
            let (kind, label) = (kind.to_owned(), kind.to_owned());
            document.add_node(Node { kind, label, role: None, area: None, at: Point::default(), params })
        };
        let (from, to) = (add("source", Params::new()), add("service", params));
        document.add_edge(Edge { from, to, params: Params::new() });
        check_all(&document).into_iter().map(|problem| problem.code).collect()
    }

    fn choice(id: &str, params: Params) -> Value {
        Value::Variant(Variant::new(id, params))
    }

    #[test]
    fn what_does_not_go_together_is_named() {
        let plain = Params::new;
        let machine = || choice("machine", plain());
        assert_eq!(codes(plain().with("scaler", choice("vertical", plain()))), ["no-sizes"]);
        assert!(codes(plain().with("scaler", choice("vertical", plain())).with("instance", machine())).is_empty());
        let memory = plain().with("metrics", Value::List(vec![kubernetes::metric_row("memory_percent", 80.0)]));
        assert_eq!(codes(plain().with("scaler", choice("hpa", memory))), ["no-memory"]);
        let pool = || choice("pool", plain());
        assert_eq!(codes(plain().with("nodes", pool()).with("instance", machine())), ["machine-on-a-node"]);
        let large = choice("container", plain().with("cpu_request", 3.0).with("cpu_limit", 3.0));
        assert_eq!(codes(plain().with("nodes", pool()).with("instance", large)), ["larger-than-a-node"]);
    }

    #[test]
    fn values_that_exclude_each_other_are_errors_of_their_parameter() {
        let range = Params::new().with("min", 9.0).with("max", 2.0);
        assert_eq!(codes(Params::new().with("scaler", choice("hpa", range))), ["out-of-range"]);
        let row = Value::List(vec![Value::from("0 8 * *"), Value::from(3.0)]);
        let plan = Params::new().with("plan", Value::List(vec![row]));
        assert_eq!(codes(Params::new().with("scaler", choice("scheduled", plan))), ["out-of-range"]);
    }
}
