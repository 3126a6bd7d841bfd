//! Clients of one /24 network always go to the same backend.
//!
//! Hash of the first three octets of the client's address: h = (113·h + octet) mod 6271, starting from 89, then modulo
//! the sum of all weights. If that backend is not eligible the hash goes on over the same octets, up to 20 times; then
//! smooth weighted round robin decides.
//!
//! Source: nginx, `src/http/modules/ngx_http_upstream_ip_hash_module.c`; vectors from the real program in
//! `tests/vectors/lb_nginx.json`.

use super::smooth_weighted::SmoothWeighted;
use super::{BackendView, Descriptor, Explanation, Needs, PickContext, Reads, Strategy};
use crate::model::params::Entry;

/// Rounds of hashing before round robin takes over.
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

/// The backend in whose stretch of the weights, laid end to end, `place` falls.
fn at(backends: &[BackendView], mut place: u32) -> Option<u32> {
    for (index, backend) in (0..).zip(backends) {
        if place < backend.weight {
            return Some(index);
        }
        place -= backend.weight;
    }
    None
}

impl Strategy for IpHash {
    /// O(n) per round.
    fn pick(&mut self, cx: &mut PickContext<'_>) -> Option<u32> {
        // All backends count here, eligible or not: who is healthy must not move everybody else's clients.
        let total: u32 = cx.backends.iter().map(|backend| backend.weight).sum();
        let mut h = 89;
        for _ in 0..=TRIES {
            h = hash(h, cx.request.client_ipv4);
            let candidate = at(cx.backends, h.checked_rem(total)?)?;
            if cx.backends[candidate as usize].eligible {
                return Some(candidate);
            }
        }
        self.fallback.step(cx.backends, |_, backend| backend.eligible)
    }

    fn reads(&self) -> Reads {
        Reads { client: true, ..Reads::default() }
    }

    fn explain(&self, _: &PickContext<'_>, _: &dyn Fn(u32) -> String) -> Explanation {
        Explanation {
            rule: "The hash of the first three octets of the client's address, modulo the sum of the weights.",
            scores: Vec::new(),
            ..Explanation::default()
        }
    }

    fn box_clone(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }
}
