//! A station: what all kinds have, and the four kinds of inside.

use super::admission::AdmissionControl;
use super::balancer::state::Balancer;
use super::broker::Broker;
use super::meter::Meter;
use super::plan::Standing;
use super::pool::state::Pool;
use super::source::Source;
use crate::model::ids::NodeId;
use crate::model::money::{Ledger, Tariff};

#[derive(Clone, Debug)]
pub struct Station {
    pub id: NodeId,
    pub label: String,
    pub removed: bool,
    pub stands: Option<Standing>,
    /// The same, as a number; see [`super::spots`].
    pub(super) spot: u8,
    /// Dead as a whole: what has no replicas.
    pub down: bool,
    /// How far its clock is ahead of the truth [ns].
    pub(super) clock_ahead: i64,
    pub kind: Kind,
    pub meter: Meter,
    /// What it costs, and has cost since the warm-up.
    pub tariff: Tariff,
    pub ledger: Ledger,
    /// Who is let in; `None`: everybody.
    pub admission: Option<Box<AdmissionControl>>,
    /// Outgoing edges, by ascending id.
    pub(super) out: Vec<u32>,
}

#[derive(Clone, Debug)]
pub enum Kind {
    Source(Box<Source>),
    Balancer(Box<Balancer>),
    Pool(Box<Pool>),
    Broker(Box<Broker>),
}

/// What it is inside, for those who want one kind.
impl Station {
    #[inline]
    pub fn pool(&self) -> Option<&Pool> {
        if let Kind::Pool(pool) = &self.kind { Some(pool) } else { None }
    }

    #[inline]
    pub(super) fn pool_mut(&mut self) -> Option<&mut Pool> {
        if let Kind::Pool(pool) = &mut self.kind { Some(pool) } else { None }
    }

    #[inline]
    pub fn balancer(&self) -> Option<&Balancer> {
        if let Kind::Balancer(balancer) = &self.kind { Some(balancer) } else { None }
    }

    #[inline]
    pub(super) fn balancer_mut(&mut self) -> Option<&mut Balancer> {
        if let Kind::Balancer(balancer) = &mut self.kind { Some(balancer) } else { None }
    }

    #[inline]
    pub fn broker(&self) -> Option<&Broker> {
        if let Kind::Broker(broker) = &self.kind { Some(broker) } else { None }
    }

    #[inline]
    pub(super) fn broker_mut(&mut self) -> Option<&mut Broker> {
        if let Kind::Broker(broker) = &mut self.kind { Some(broker) } else { None }
    }

    #[inline]
    pub fn source(&self) -> Option<&Source> {
        if let Kind::Source(source) = &self.kind { Some(source) } else { None }
    }

    #[inline]
    pub(super) fn source_mut(&mut self) -> Option<&mut Source> {
        if let Kind::Source(source) = &mut self.kind { Some(source) } else { None }
    }

    /// The pool whose replicas callers address one by one; `None`: callers know the station as one address.
    pub(super) fn addressed(&self) -> Option<&Pool> {
        self.pool().filter(|pool| !pool.config.shared_queue && !pool.data.is_one_address())
    }

    /// Whether read replicas answer for it.
    #[must_use]
    pub fn is_replicated(&self) -> bool {
        self.pool().is_some_and(|pool| pool.data.is_replicated())
    }

    /// Whether it is a database of which it is known what its clients miss.
    #[must_use]
    pub fn knows_sessions(&self) -> bool {
        self.pool().is_some_and(|pool| pool.data.knows_sessions())
    }

    /// Whether it is a cache of which it is known how old its values are.
    #[must_use]
    pub fn knows_versions(&self) -> bool {
        self.pool().is_some_and(|pool| pool.caching.is_some())
    }

    /// Whether it is known what becomes of the writes that it acknowledges.
    #[must_use]
    pub fn takes_writes(&self) -> bool {
        if self.pool().is_some_and(|pool| pool.data.keeps_ledger()) {
            return true;
        }
        let caching = self.pool().and_then(|pool| pool.caching.as_deref());
        caching.is_some_and(super::caching::Caching::takes_writes)
    }

    /// Where its waiting line is measured: of a broker, what its consumers have still to do; `None`: it has none.
    #[must_use]
    pub fn line(&self) -> Option<&Meter> {
        match &self.kind {
            Kind::Pool(_) => Some(&self.meter),
            Kind::Broker(broker) => Some(&broker.deliveries),
            Kind::Source(_) | Kind::Balancer(_) => None,
        }
    }
}
