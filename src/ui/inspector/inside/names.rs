//! What a balancer's backends are called and how they are marked: a number each, and a color that repeats.

use std::collections::BTreeMap;

use yew::prelude::*;

use crate::engine::sort;
use crate::facet::balancer::Backend;
use crate::topology::document::{Document, NodeId};

/// Colors; beyond that they repeat, and the number tells.
const COLORS: usize = 8;

/// One backend's mark.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    /// From 1, in the order of the table.
    pub(super) number: usize,
    pub(super) class: &'static str,
    pub(super) name: String,
}

/// Marks by the balancer's number for a backend.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Marks(BTreeMap<u32, Mark>);

impl Marks {
    pub(super) fn of(backends: &[Backend], document: &Document) -> Self {
        let mut replicas: BTreeMap<u32, usize> = BTreeMap::new();
        for backend in backends {
            *replicas.entry(backend.node).or_default() += 1;
        }
        let marks = backends.iter().enumerate().map(|(place, backend)| {
            let label = document.nodes.get(&NodeId(backend.node)).map_or("?", |node| node.label.as_str());
            let several = replicas.get(&backend.node).is_some_and(|count| *count > 1);
            let name = if several { format!("{label} {}", backend.replica + 1) } else { label.to_owned() };
            (backend.index, Mark { number: place + 1, class: color(place), name })
        });
        Self(sort::map(marks))
    }

    pub(super) fn get(&self, backend: u32) -> Option<&Mark> {
        self.0.get(&backend)
    }

    pub(super) fn class(&self, backend: u32) -> &'static str {
        self.get(backend).map_or("back-none", |mark| mark.class)
    }

    pub(super) fn name(&self, backend: u32) -> String {
        self.get(backend).map_or_else(|| "a removed one".to_owned(), |mark| mark.name.clone())
    }

    pub(super) fn number(&self, backend: u32) -> String {
        self.get(backend).map_or_else(|| "–".to_owned(), |mark| mark.number.to_string())
    }

    /// The backend's badge: its number on its color.
    pub(super) fn badge(&self, backend: u32) -> Html {
        html! { <span class={classes!("back-badge", self.class(backend))} aria-hidden="true">{ self.number(backend) }</span> }
    }
}

/// The color of the one at this place of a list.
pub(super) const fn color(place: usize) -> &'static str {
    match place % COLORS {
        0 => "back-0",
        1 => "back-1",
        2 => "back-2",
        3 => "back-3",
        4 => "back-4",
        5 => "back-5",
        6 => "back-6",
        _ => "back-7",
    }
}
