//! Balancers whose settings cannot do what they are there for.

use super::kinds::members_max;
use super::{Found, kind_of, name_of};
use crate::model::outlier;
use crate::model::read::Reader;
use crate::topology::document::{Document, NodeId, Place};

pub(super) fn check(document: &Document, found: &mut Found) {
    for id in document.nodes.keys() {
        ejects_nobody(document, *id, found);
    }
}

/// Outlier detection whose cap is below one backend.
fn ejects_nobody(document: &Document, id: NodeId, found: &mut Found) {
    let Some(kind) = kind_of(document, id) else { return };
    if !kind.entry.params.iter().any(|spec| spec.key == "outlier_detection") {
        return;
    }
    let reader = Reader::new(&kind.entry, &document.nodes[&id].params);
    let Some(settings) = outlier::read(&reader.variant("outlier_detection").1) else { return };
    let backends: u32 = document.edges_from(id).map(|(_, edge)| members_max(document, edge.to)).sum();
    if backends > 0 && settings.ejectable_of(backends) == 0 {
        let name = name_of(document, id);
        let share = settings.max_ejected_share * 100.0;
        found.warn(
            Place::Node(id),
            "ejects-nobody",
            format!("{name} never ejects anybody: one of {backends} backends is more than {share} % of them."),
            "Raise \"At most ejected\", switch on \"One in any case\", or add backends.",
        );
    }
}
