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
