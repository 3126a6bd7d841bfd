//! Problems of read replicas and of a cache's nodes.

use super::{Found, name_of};
use crate::model::read::Reader;
use crate::model::scaler::cache_cluster::{self, Number};
use crate::model::scaler::read_replicas::{self, Where};
use crate::model::station::{cache, database};
use crate::topology::document::{Document, NodeId, Place};

pub(super) fn check(document: &Document, found: &mut Found) {
    for (id, node) in document.nodes.iter().filter(|(_, node)| node.kind == database::KIND.entry.id) {
        let reader = Reader::new(&database::KIND.entry, &node.params);
        let Some(copies) = read_replicas::read(&reader.variant("read_replicas").1) else { continue };
        let nowhere = node.area.and_then(|area| document.region_around(area)).is_none();
        if matches!(copies.place, Where::In(_)) && nowhere {
            found.warn(
                Place::Node(*id),
                "primary-nowhere",
                format!(
                    "{}: its read replicas stand in a region, but it stands in none, so writes reach them at once.",
                    name_of(document, *id)
                ),
                "Put it into a region, or its replicas beside it.",
            );
        }
    }
}

/// How many replicas a database, or nodes a cache, may have; `None`: it is something else.
pub(super) fn most(document: &Document, id: NodeId) -> Option<u32> {
    let node = document.nodes.get(&id)?;
    if node.kind == database::KIND.entry.id {
        let reader = Reader::new(&database::KIND.entry, &node.params);
        let copies = read_replicas::read(&reader.variant("read_replicas").1);
        return Some(1 + copies.map_or(0, |copies| copies.most()));
    }
    if node.kind == cache::KIND.entry.id {
        let reader = Reader::new(&cache::KIND.entry, &node.params);
        let cluster = cache_cluster::read(&reader.variant("cluster").1);
        return Some(cluster.map_or(1, |cluster| match cluster.number {
            Number::Fixed(nodes) => nodes,
            Number::ByLoad(rule) => rule.max,
        }));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::params::{Params, Variant};
    use crate::topology::check::check as check_all;
    use crate::topology::document::{Area, AreaKind, Edge, Node, Point};

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
        assert_eq!((most(&document, lost), most(&document, source)), (Some(4), None));
    }
}
