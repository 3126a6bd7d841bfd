//! What stations cost while they run, line by line, and the data that they send over borders.
//!
//! Costs are kept twice: a station's meter sums them bucket by bucket, so that they can be asked for of any window, and its
//! ledger keeps each line of the bill in whole numbers (machine-nanoseconds, requests, bytes), so that "Why?" can fill in the
//! numbers. Data that crosses a border is booked with the station that is called, and only if the document charges for it.

use super::System;
use super::attempt::Caller;
use crate::model::money::{Item, Tariff, Way};

impl System {
    /// What a station costs, from now on.
    pub(super) fn set_tariff(&mut self, ix: u32, tariff: Tariff) {
        let station = &mut self.stations[ix as usize];
        station.tariff = tariff;
        let requests = station.meter.arrivals_counted();
        station.ledger.set_per_million(tariff.per_million, requests);
        station.meter.prices(tariff.per_million);
        self.rebill(ix);
    }

    /// Works out anew what the station has to pay for.
    pub(super) fn rebill(&mut self, ix: u32) {
        let now = self.now;
        let station = &mut self.stations[ix as usize];
        let mut items = Vec::new();
        let price = station.tariff.per_hour;
        // Where nothing is said of machines, the station has a price as a whole, and so has each of a cache's nodes.
        let mut whole = u32::from(!station.removed);
        if let Some(pool) = station.pool_mut() {
            if let Some(scaling) = &mut pool.scaling {
                scaling.note_course(now);
                items = scaling.items();
                scaling.held.set(scaling.pods.len() as u32, now);
                whole = if items.is_empty() { whole } else { 0 };
            }
            whole = pool.data.bill(price, &mut items).unwrap_or(whole);
        }
        if price > 0.0 {
            items.push((Item::Station(price), whole));
        }
        station.ledger.set(&items, now);
        station.meter.costs(now, station.ledger.rate());
    }

    /// Books what an attempt's message weighs, if it crosses a border: with the station that is called.
    #[cold]
    pub(super) fn pay_for_data(&mut self, ix: u32, back: bool) {
        let attempt = &self.attempts[ix];
        let way = match attempt.caller {
            // Clients are on the internet, wherever they are drawn; what they send is free.
            Caller::Client => back.then_some(Way::Internet),
            _ => self.spots.border(attempt.from_spot, attempt.spot),
        };
        let Some(way) = way else { return };
        let (station, bytes) = (attempt.station, (self.message_bits(ix, back) / 8.0) as u64);
        self.stations[station as usize].meter.sent(way, bytes);
    }
}
