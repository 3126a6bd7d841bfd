//! Reads a bill off a system: every line with its quantity and its price.

use super::slo;
use crate::engine::sort;
use crate::engine::time::SimTime;
use crate::model::money::{Item, Purchase, Way};
use crate::model::system::System;
use crate::model::system::station::Station;
use crate::protocol::money::{MoneyFrame, MoneyKind, MoneyLine};

/// Everything that has cost something within the run, warm-up and drain left out, station by station in the order of their ids.
pub(super) fn lines(system: &System) -> Vec<MoneyLine> {
    let mut stations: Vec<&Station> = system.all_stations().iter().collect();
    sort::few_by_key(&mut stations, |station| station.id);
    stations.into_iter().flat_map(|station| lines_of(station, system.now())).collect()
}

fn lines_of(station: &Station, now: SimTime) -> Vec<MoneyLine> {
    let line = |kind, size: &str, running, quantity: f64, price: f64| MoneyLine {
        node: station.id.0,
        kind,
        size: size.to_owned(),
        running,
        quantity,
        price,
        cost: quantity * price,
    };
    let hours = station.ledger.lines(now).map(|hours| {
        let kind = match hours.item {
            Item::Machine(_, Purchase::OnDemand) => MoneyKind::OnDemand,
            Item::Machine(_, Purchase::Reserved) => MoneyKind::Reserved,
            Item::Machine(_, Purchase::Spot) => MoneyKind::Spot,
            Item::Station(_) => MoneyKind::Station,
        };
        line(kind, hours.item.name(), hours.running, hours.hours, hours.item.price())
    });
    let requests = station.ledger.requests(station.meter.arrivals_counted());
    let requests = requests.map(|(price, count)| line(MoneyKind::Requests, "", 0, count as f64 / 1e6, price));
    let data = Way::ALL.into_iter().zip(station.meter.bytes()).map(|(way, bytes)| {
        let kind = match way {
            Way::Zones => MoneyKind::Zones,
            Way::Regions => MoneyKind::Regions,
            Way::Internet => MoneyKind::Internet,
        };
        line(kind, "", 0, bytes as f64 / 1e9, way.per_gb())
    });
    hours.chain(requests).chain(data).filter(|line| line.quantity > 0.0).collect()
}

/// What the page is told; `recent_secs`: what "now" means.
pub(super) fn frame(system: &System, recent_secs: f64) -> MoneyFrame {
    let run = system.run_plan();
    let warm_up = SimTime::ZERO + run.warm_up;
    let slices = slo::slices(system);
    let (lost, judged) = slo::lost(&slices, warm_up, SimTime::NEVER);
    let now = system.now();
    let lines = lines(system);
    let total: f64 = lines.iter().map(|line| line.cost).sum();
    let recent = |station: &Station| {
        let bucket = station.meter.recent(now, recent_secs);
        if bucket.secs() > 0.0 { bucket.cost * 3_600.0 / bucket.secs() } else { station.ledger.rate() }
    };
    // The drain is on nobody's bill.
    let until = now.min(SimTime::ZERO + run.run_length);
    let hours = until.since(if until > warm_up { warm_up } else { SimTime::ZERO }).as_secs_f64() / 3_600.0;
    let completed = system.totals().run.completed();
    MoneyFrame {
        per_hour: if lines.is_empty() { 0.0 } else { system.all_stations().iter().map(recent).sum() },
        mean_per_hour: if hours > 0.0 { total / hours } else { f64::NAN },
        total,
        per_million: if completed > 0 { total * 1e6 / completed as f64 } else { f64::NAN },
        lines,
        missed_secs: lost.as_secs_f64(),
        judged_secs: judged.as_secs_f64(),
        missed: slo::missed(&slices),
    }
}
