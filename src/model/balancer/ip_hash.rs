//! Clients of one /24 network always go to the same backend.
//!
//! Hash of the first three octets of the client's address: h = (113·h + octet) mod 6271, starting from 89, then modulo
//! the sum of all weights. If that backend is not eligible the hash goes on over the same octets, up to 20 times; then
//! smooth weighted round robin decides.
//!
//! Source: nginx, `src/http/modules/ngx_http_upstream_ip_hash_module.c`; vectors from the real program in
//! `tests/vectors/lb_nginx.json`.

use super::hashing::{Fate, at, judge, total_weight, verdict};
use super::smooth_weighted::SmoothWeighted;
use super::{BackendView, Descriptor, Explanation, Needs, PickContext, Reads, Strategy, nobody};
use crate::model::params::Entry;

/// Rounds of hashing after the first, before round robin takes over.
const TRIES: u32 = 20;

pub(super) const DESCRIPTOR: Descriptor = Descriptor {
    entry: Entry {
        id: "ip-hash",
        name: "IP hash",
        summary: "Clients of one network always go to the same backend.",
        source: "nginx, ngx_http_upstream_ip_hash_module.c.",
        params: &[],
        defect: false,
    },
    needs: Needs::Request { weights: true },
    build: |_| Ok(Box::new(IpHash::default())),
};

#[derive(Clone, Debug, Default)]
struct IpHash {
    fallback: SmoothWeighted,
}

/// Goes on hashing over the first three octets of `ipv4`.
fn hash(start: u32, ipv4: u32) -> u32 {
    let [a, b, c, _] = ipv4.to_be_bytes();
    [a, b, c].iter().fold(start, |hash, octet| (hash * 113 + u32::from(*octet)) % 6271)
}

/// Hashes until a backend will do; `see` hears of every round: hash, place among the weights, whose, what becomes of it.
#[inline]
fn search(cx: &PickContext<'_>, mut see: impl FnMut(u32, u32, u32, Fate)) -> Option<u32> {
    // All backends count here, eligible or not: who is healthy must not move everybody else's clients.
    let total = total_weight(cx.backends);
    let mut h = 89;
    for _ in 0..=TRIES {
        h = hash(h, cx.request.client_ipv4);
        let place = h.checked_rem(total)?;
        let candidate = at(cx.backends, place)?;
        let fate = judge(cx.backends, candidate);
        see(h, place, candidate, fate);
        if fate == Fate::Taken {
            return Some(candidate);
        }
    }
    None
}

impl Strategy for IpHash {
    /// O(n) per round.
    fn pick(&mut self, cx: &mut PickContext<'_>) -> Option<u32> {
        search(cx, |_, _, _, _| ()).or_else(|| self.fallback.step(cx.backends, |_, backend| backend.eligible))
    }

    fn reads(&self) -> Reads {
        Reads { client: true, ..Reads::default() }
    }

    fn explain(&self, cx: &PickContext<'_>, label: &dyn Fn(u32) -> String) -> Explanation {
        let [a, b, c, _] = cx.request.client_ipv4.to_be_bytes();
        let total = total_weight(cx.backends);
        let mut steps = Vec::new();
        let mut chosen = search(cx, |hash, place, candidate, fate| {
            let who = verdict(&label(candidate), fate);
            let what = if steps.is_empty() { format!("The network {a}.{b}.{c}") } else { "Hashed on, it".to_owned() };
            steps.push(format!(
                "{what} hashes to {hash}; modulo {total}, the sum of the weights, that is place {place}: {who}."
            ));
        });
        if chosen.is_none() {
            let gain = |_, backend: &BackendView| backend.eligible.then(|| i64::from(backend.weight));
            let (turn, told) = self.fallback.foretell(cx.backends, gain, label);
            if turn.is_some() {
                steps.push(format!("After {TRIES} more hashes in vain they take turns by weight."));
                steps.extend(told);
            } else {
                steps = nobody();
            }
            chosen = turn;
        }
        Explanation {
            rule: "The hash of the first three octets of the client's address, modulo the sum of the weights.",
            scores: Vec::new(),
            steps,
            chosen,
        }
    }

    fn box_clone(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }
}
