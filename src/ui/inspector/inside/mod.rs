//! Inside: what there is to see of a station or a connection beyond its numbers, a view for each facet of
//! [`crate::facet`] in a file of the same name.

mod admission;
mod balancer;
mod broker;
mod cache;
mod cache_cluster;
mod course;
mod discipline;
mod drawing;
mod freshness;
mod heap;
mod members;
mod memory;
mod names;
mod policy;
mod quorum;
mod read_replicas;
mod replicas;
mod rollout;
mod rows;
pub(crate) mod scaling;
mod shards;

use yew::prelude::*;

use super::TargetProps;
use crate::editor::Target;
use crate::engine::time::SimTime;
use crate::facet::Facet;
use crate::model::edge::EDGE_ENTRY;
use crate::model::policy::PolicyPlan;
use crate::model::read::Reader;
use crate::model::station::{self, Category};
use crate::protocol::StationFrame;
use crate::topology::document::{Document, NodeId};
use crate::ui::client::worker_client::Simulation;
use crate::ui::kit::look_into::use_look_into;
use crate::ui::shared::Shared;
use crate::ui::store::{use_document, use_run, use_simulation};

pub(crate) fn has_inside(document: &Document, target: Target) -> bool {
    if let Target::Edge(id) = target {
        let reader = document.edges.get(&id).map(|edge| Reader::new(&EDGE_ENTRY, &edge.params));
        return reader.is_some_and(|reader| PolicyPlan::read(&reader).is_some());
    }
    let Target::Node(id) = target else { return false };
    let kind = document.nodes.get(&id).and_then(|node| station::find(&node.kind));
    kind.is_some_and(|kind| kind.category != Category::Client)
}

/// What there is to see of `props`.
pub(crate) fn draw(props: &TargetProps) -> Html {
    match props.target {
        Target::Edge(id) => html! { <policy::Connection {id} /> },
        Target::Node(id) => html! { <Station {id} key={id.0} /> },
        Target::Area(_) => Html::default(),
    }
}

#[derive(Debug, PartialEq, Properties)]
struct StationProps {
    id: NodeId,
}

/// What a view is told beside its facet.
struct Shown<'a> {
    id: NodeId,
    station: &'a StationFrame,
    /// All facets of the station, and whether they are the whole, not a glance.
    facets: &'a Shared<Vec<Facet>>,
    whole: bool,
    now_ns: u64,
    document: &'a Document,
    simulation: &'a Simulation,
}

/// Everything there is to see of a station, which is looked into for as long as this stands on the page.
#[component]
fn Station(props: &StationProps) -> Html {
    let run = use_run();
    let document = use_document();
    let simulation = use_simulation();
    let id = props.id;
    use_look_into(id);
    let Some(station) = run.station(id) else {
        return html! { <p class="empty">{ "Nothing to look into yet. Press Run: what happens inside shows here." }</p> };
    };
    // Until the whole has come, there is what can be seen at a glance.
    let glance = || Shared::new(station.facets.clone());
    let facets = run.insides.get(&id).cloned().unwrap_or_else(glance);
    let (now_ns, document, simulation) = (run.frame.now_ns, &document, &simulation);
    let whole = run.insides.contains_key(&id);
    let shown = Shown { id, station, facets: &facets, whole, now_ns, document, simulation };
    html! {
        <>
            { for facets.iter().map(|facet| view(facet, &shown)) }
            if facets.is_empty() && station.replicas.is_empty() {
                <p class="empty">{ "It has no parts that differ from the whole: see Metrics." }</p>
            }
        </>
    }
}

/// A facet's view, in the facets' order.
fn view(facet: &Facet, shown: &Shown<'_>) -> Html {
    match facet {
        Facet::Admission(facet) => admission::view(facet),
        Facet::Discipline(facet) => discipline::view(facet),
        Facet::Rollout(facet) => rollout::view(facet),
        Facet::Scaling(_) => scaling::view(shown),
        Facet::ReadReplicas(facet) => read_replicas::view(facet),
        Facet::Rows(facet) => rows::view(facet),
        Facet::Shards(facet) => shards::view(facet),
        Facet::Quorum(facet) => quorum::view(facet),
        Facet::CacheCluster(facet) => cache_cluster::view(facet),
        Facet::Balancer(facet) => balancer::view(facet, shown),
        Facet::Broker(facet) => broker::view(facet, shown),
        Facet::Replicas(facet) => replicas::view(facet, shown),
        Facet::Heap(facet) => heap::view(facet),
        Facet::Cache(facet) => cache::view(facet),
        Facet::Freshness(facet) => freshness::view(facet),
    }
}

/// A moment of the run, for labels.
#[must_use]
pub(crate) fn at(moment: SimTime) -> String {
    moment.to_string()
}
