//! What is shown of a balancer. Looking picks nothing and takes no draw.

use super::System;
use super::balancer::state::{Balancer, Picker};
use super::slab::NONE;
use crate::engine::rng::mix;
use crate::engine::sort;
use crate::model::balancer::{Explanation, Needs, PickContext, Picture, Reads, RequestView, find};
use crate::model::geography::Country;
use crate::model::ids::NodeId;

/// Choices worked out ahead.
const NEXT: usize = 24;
/// Keys whose ways are shown.
pub const KEYS: u64 = 60;

/// What there is to see in a balancer.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// See `PickContext::version`.
    pub version: u64,
    /// Whose view it is, of how many.
    pub view: (u32, u32),
    pub explanation: Explanation,
    /// Whom it would choose next; empty for strategies that go by more than their list.
    pub next: Vec<u32>,
    /// Codes of the countries whose ways are shown, where the strategy goes by them.
    pub countries: Vec<String>,
    /// What the strategy reads of a request.
    pub reads: Reads,
    /// Where sample keys go; empty for strategies that read none.
    pub owners: Vec<u32>,
    /// Their places on the ring, 0..1; empty where there is none.
    pub places: Vec<f32>,
    pub picture: Picture,
    /// Fair shares of those that can be chosen.
    pub shares: Vec<(u32, f64)>,
}

impl System {
    /// Changes with the list of backends of a balancer; `None` where there is no such balancer, or none that chose yet.
    pub fn list_version(&self, node: NodeId) -> Option<u64> {
        let balancer = self.balancer_at(node)?;
        Some(balancer.pickers[shown_picker(balancer)?].version)
    }

    fn balancer_at(&self, node: NodeId) -> Option<&Balancer> {
        self.shown_station(node)?.1.balancer()
    }

    /// Looks into a balancer.
    pub fn inspect(&self, node: NodeId) -> Option<Inspection> {
        let balancer = self.balancer_at(node)?;
        let at = shown_picker(balancer)?;
        let picker = &balancer.pickers[at];
        let descriptor = find(&balancer.config.strategy.id)?;
        let reads = picker.strategy.reads();
        let label = |backend: u32| self.backend_label(balancer, backend);
        let mut stream = balancer.stream.clone();
        let context = PickContext {
            backends: &picker.views,
            version: picker.version,
            stream: &mut stream,
            request: RequestView::default(),
            now: self.now,
        };
        let mut explanation = picker.strategy.explain(&context, &label);
        if matches!(descriptor.needs, Needs::Request { .. }) {
            // Those would be the scores of a request that nobody sends.
            explanation.scores.clear();
        }
        let picture = picker.strategy.picture(&context);
        let listed = matches!(descriptor.needs, Needs::List { .. });
        let next =
            if listed { self.picks(balancer, picker, |_| RequestView::default(), NEXT as u64) } else { Vec::new() };
        let countries = if reads.country { self.client_countries() } else { Vec::new() };
        let owners = if reads.key || reads.client {
            self.picks(balancer, picker, sample, KEYS)
        } else {
            let from = |number: u64| RequestView {
                country: Country::from_code(&countries[number as usize]),
                ..RequestView::default()
            };
            self.picks(balancer, picker, from, countries.len() as u64)
        };
        let places =
            (0..KEYS).filter_map(|number| picker.strategy.place(&sample(number))).map(|place| place as f32).collect();
        let weight = |index: usize| {
            let view = &picker.views[index];
            let weight = if descriptor.needs.weights() { f64::from(view.weight) } else { 1.0 };
            if view.eligible { weight } else { 0.0 }
        };
        let total: f64 = (0..picker.views.len()).map(weight).sum();
        let shares = (0..picker.views.len()).filter(|index| weight(*index) > 0.0);
        Some(Inspection {
            version: picker.version,
            view: (at as u32 + 1, balancer.pickers.len() as u32),
            explanation,
            next,
            countries,
            reads,
            places: if owners.is_empty() { Vec::new() } else { places },
            owners,
            picture,
            shares: shares.map(|index| (index as u32, weight(index) / total)).collect(),
        })
    }

    /// Codes of all countries that clients come from, each once.
    fn client_countries(&self) -> Vec<String> {
        let mut codes = Vec::new();
        for station in self.stations.iter().filter(|station| !station.removed) {
            if let Some(source) = station.source() {
                codes.extend(source.config.countries.iter().map(|(code, _)| code.clone()));
            }
        }
        sort::few(&mut codes);
        codes.dedup();
        codes
    }

    /// Whom a picker would choose for so many requests, were they to come now and nothing else to happen.
    fn picks(
        &self,
        balancer: &Balancer,
        picker: &Picker,
        request: impl Fn(u64) -> RequestView,
        count: u64,
    ) -> Vec<u32> {
        let mut strategy = picker.strategy.clone();
        let mut stream = balancer.stream.clone();
        let picks = (0..count).map(|number| {
            let mut context = PickContext {
                backends: &picker.views,
                version: picker.version,
                stream: &mut stream,
                request: request(number),
                now: self.now,
            };
            strategy.pick(&mut context).unwrap_or(NONE)
        });
        picks.collect()
    }
}

/// Whose view is shown where there are several: the first that can choose among the most.
fn shown_picker(balancer: &Balancer) -> Option<usize> {
    (0..balancer.pickers.len()).max_by_key(|at| {
        let eligible = balancer.pickers[*at].views.iter().filter(|view| view.eligible).count();
        (eligible, std::cmp::Reverse(*at))
    })
}

/// A request for the sample key with this number: items by popularity, clients spread over their networks.
pub fn sample(number: u64) -> RequestView {
    let client_ipv4 = 0x0a00_0000 | (mix(number) & 0x00ff_ffff) as u32;
    RequestView { client_ipv4, key: mix(number), ..RequestView::default() }
}
