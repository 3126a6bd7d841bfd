//! Problems of paths: connections that wait for requests which nobody sends.

use super::{Found, edge_name, name_of};
use crate::model::edge::EDGE_ENTRY;
use crate::model::params::Value;
use crate::model::read::Reader;
use crate::model::station;
use crate::topology::document::{Document, Place};

pub(super) fn check(document: &Document, found: &mut Found) {
    let mut asked: Vec<String> = Vec::new();
    for (id, node) in document.nodes.iter().filter(|(_, node)| node.kind == station::source::KIND.entry.id) {
        for row in Reader::new(&station::source::KIND.entry, &node.params).rows("paths") {
            let Some(Value::Text(path)) = row.first() else { continue };
            if !path.starts_with('/') {
                found.warn(
                    Place::Node(*id),
                    "path-without-slash",
                    format!("{}: the path \"{path}\" does not begin with a slash.", name_of(document, *id)),
                    format!("Write \"/{path}\"."),
                );
            }
            asked.push(path.clone());
        }
    }
    for (id, edge) in &document.edges {
        let path = Reader::new(&EDGE_ENTRY, &edge.params).text("path");
        if path.is_empty() || asked.iter().any(|asked| asked.starts_with(&path)) {
            continue;
        }
        let mut paths = asked.clone();
        paths.dedup();
        paths.truncate(6);
        found.warn(
            Place::Edge(*id),
            "unasked-path",
            format!(
                "{} carries only paths that begin with \"{path}\", but no clients ask for such.",
                edge_name(document, edge)
            ),
            if paths.is_empty() {
                "Give the clients such a path, or let the connection carry all.".to_owned()
            } else {
                format!("Clients ask for: {}. Change one of the two.", paths.join(", "))
            },
        );
    }
}
