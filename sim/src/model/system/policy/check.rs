//! Every count of the policies, counted anew from what is really there.

use super::super::System;
use super::super::attempt::Phase;
use super::super::slab::NONE;

pub(in crate::model::system) fn check(system: &System) {
    for (ix, edge) in system.edges.iter().enumerate() {
        let Some(state) = &edge.policy else { continue };
        let calls = system.calls.indices().map(|call| &system.calls[call]);
        let open = calls.filter(|call| call.edge as usize == ix && !call.done).count();
        assert!(open >= state.open_calls as usize, "open calls over edge {:?}", edge.plan.id);
        let tickets = || {
            let carried = system.attempts.indices().filter(|attempt| {
                let attempt = &system.attempts[*attempt];
                attempt.policy != NONE && attempt.edge as usize == ix
            });
            carried.map(|attempt| &system.tickets[system.attempts[attempt].policy])
        };
        for (whose, gate) in state.gates.iter() {
            let inside =
                tickets().filter(|ticket| ticket.gate == Some(*whose) && ticket.gate_epoch == state.gate_epoch);
            assert_eq!(inside.count(), gate.open as usize, "open calls at a gate of edge {:?}", edge.plan.id);
            let waiting =
                tickets().filter(|ticket| ticket.line == Some(*whose) && ticket.gate_epoch == state.gate_epoch);
            assert_eq!(waiting.count(), gate.waiting.len(), "waiting at a gate of edge {:?}", edge.plan.id);
        }
    }
    for attempt in system.attempts.indices() {
        let held = system.attempts[attempt].phase == Phase::Held;
        let stands = system.attempts[attempt].policy != NONE && {
            system.tickets[system.attempts[attempt].policy].line.is_some()
        };
        assert!(!held || stands, "what waits stands somewhere");
    }
    for call in system.calls.indices() {
        let referring = system.tickets.indices().filter(|ticket| {
            let ticket = &system.tickets[*ticket];
            ticket.call == call || ticket.onward == call
        });
        let refs: usize = referring
            .map(|ticket| {
                let ticket = &system.tickets[ticket];
                usize::from(ticket.call == call) + usize::from(ticket.onward == call)
            })
            .sum();
        assert_eq!(refs, system.calls[call].refs as usize, "references to a call");
    }
}
