//! What a kind of station itself says against its settings: values that are each possible, but do not go together.

use super::{Found, kind_of, name_of};
use crate::engine::sort;
use crate::model::read::Reader;
use crate::model::station::Setting;
use crate::topology::document::{Document, NodeId, Place};

pub(super) fn check(document: &Document, found: &mut Found) {
    let stations = sort::set(document.nodes.keys().copied());
    for (id, node) in &document.nodes {
        let Some(kind) = kind_of(document, *id) else { continue };
        let setting = Setting {
            reader: Reader::new(&kind.entry, &node.params),
            in_region: node.area.and_then(|area| document.region_around(area)).is_some(),
            calls_on: document.edges_from(*id).next().is_some(),
            stations: &stations,
        };
        for concern in (kind.concerns)(&setting) {
            let words = format!("{}: {}", name_of(document, *id), concern.words);
            found.warn(Place::Node(*id), concern.code, words, concern.remedy);
        }
    }
}

/// The most members (replicas, nodes) that a station may have; 1 for what is no known kind.
pub(super) fn members_max(document: &Document, id: NodeId) -> u32 {
    let node = document.nodes.get(&id);
    let kind = kind_of(document, id);
    kind.zip(node).map_or(1, |(kind, node)| (kind.members_max)(&Reader::new(&kind.entry, &node.params)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::params::{Params, Value, Variant};
    use crate::model::scaler::kubernetes;
    use crate::topology::check::check as check_all;
    use crate::topology::document::{Area, AreaKind, Edge, Node, Point};

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

    #[test]
    fn a_cache_beside_its_store_cannot_store_later() {
        let mut document = Document::default();
        let mut add = |kind: &str, params: Params| {
            let (kind, label) = (kind.to_owned(), kind.to_owned());
            document.add_node(Node { kind, label, role: None, area: None, at: Point::default(), params })
        };
        let behind = Params::new().with("writes", choice("behind", Params::new()));
        let (source, cache) = (add("source", Params::new()), add("cache", behind));
        let store = add("database", Params::new());
        document.add_edge(Edge { from: source, to: cache, params: Params::new() });
        let codes = |document: &Document| -> Vec<String> {
            let of_cache = |place: &Place| *place == Place::Node(cache);
            check_all(document).into_iter().filter(|problem| of_cache(&problem.place)).map(|one| one.code).collect()
        };
        assert_eq!(codes(&document), ["nothing-behind"]);
        document.add_edge(Edge { from: cache, to: store, params: Params::new() });
        assert!(codes(&document).is_empty());
    }

    #[test]
    fn replicas_far_from_a_primary_that_stands_nowhere_are_named() {
        let mut document = Document::default();
        let area = AreaKind::Region { region: "us-east-1".to_owned() };
        let area = Area { kind: area, label: String::new(), at: Point::default(), size: Point::default() };
        let area = document.add_area(area);
        let mut add = |kind: &str, params: Params, area| {
            let (kind, label) = (kind.to_owned(), kind.to_owned());
            document.add_node(Node { kind, label, role: None, at: Point::default(), area, params })
        };
        let far = || {
            let region = Params::new().with("region", "eu-west-1").with("count", 3.0);
            Params::new().with("read_replicas", Variant::new("fixed", region))
        };
        let source = add("source", Params::new(), None);
        let (lost, placed) = (add("database", far(), None), add("database", far(), Some(area)));
        for to in [lost, placed] {
            document.add_edge(Edge { from: source, to, params: Params::new() });
        }
        let problems = check_all(&document);
        let places: Vec<Place> =
            problems.iter().filter(|problem| problem.code == "primary-nowhere").map(|problem| problem.place).collect();
        assert_eq!(places, [Place::Node(lost)]);
        assert_eq!((members_max(&document, lost), members_max(&document, source)), (4, 1));
    }

    #[test]
    fn writes_that_wait_for_nobody_and_a_failover_to_nobody_are_named() {
        let code = |params: Params| {
            let mut document = Document::default();
            let mut add = |kind: &str, params: Params| {
                let (kind, label) = (kind.to_owned(), kind.to_owned());
                document.add_node(Node { kind, label, role: None, at: Point::default(), area: None, params })
            };
            let (from, to) = (add("source", Params::new()), add("database", params));
            document.add_edge(Edge { from, to, params: Params::new() });
            check_all(&document).first().map(|problem| problem.code.clone())
        };
        let two = Params::new().with("replicas", 2.0);
        let waits = Params::new().with("replication", Variant::new("synchronous", two));
        let one = Variant::new("fixed", Params::new().with("count", 1.0));
        assert_eq!(code(waits.clone()), Some("too-few-replicas".to_owned()));
        assert_eq!(code(waits.with("read_replicas", one.clone())), Some("too-few-replicas".to_owned()));
        let fails_over = Params::new().with("failover", Variant::new("automatic", Params::new()));
        assert_eq!(code(fails_over.clone()), Some("nobody-takes-over".to_owned()));
        assert_eq!(code(fails_over.with("read_replicas", one)), None);
    }
}
