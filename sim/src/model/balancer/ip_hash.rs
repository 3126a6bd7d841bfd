//! Clients of one /24 network always go to the same backend.
//!
//! Hash of the first three octets of the client's address: h = (113·h + octet) mod 6271, starting from 89, then modulo
//! the sum of all weights. If that backend is not eligible the hash goes on over the same octets, up to 20 times; then
//! smooth weighted round robin decides.
//!
//! Source: nginx, `src/http/modules/ngx_http_upstream_ip_hash_module.c`; vectors from the real program in
//! `tests/vectors/lb_nginx.json`.

use super::smooth_weighted::SmoothWeighted;
use super::{Descriptor, Explanation, Needs, PickContext, Reads, Strategy, anything, modulo};
use crate::model::params::{Entry, told};

pub(super) const DESCRIPTOR: Descriptor = Descriptor {
    entry: Entry {
        id: "ip-hash",
        name: "IP hash",
        summary: told("Clients of one network always go to the same backend."),
        source: told("nginx, ngx_http_upstream_ip_hash_module.c."),
        params: &[],
        defect: false,
    },
    needs: Needs::Request { weights: true },
    check: anything,
    build: |_| Box::new(IpHash::default()),
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

/// The hash of a round from that of the one before.
fn next(ipv4: u32) -> impl Fn(u32, u32) -> u32 {
    move |round, before| hash(if round == 0 { 89 } else { before }, ipv4)
}

impl Strategy for IpHash {
    /// O(n) per round.
    fn pick(&mut self, cx: &mut PickContext<'_>) -> Option<u32> {
        modulo::pick(cx, &mut self.fallback, next(cx.request.client_ipv4))
    }

    fn reads(&self) -> Reads {
        Reads { client: true, ..Reads::default() }
    }

    fn explain(&self, cx: &PickContext<'_>, label: &dyn Fn(u32) -> String) -> Explanation {
        let ipv4 = cx.request.client_ipv4;
        let [a, b, c, _] = ipv4.to_be_bytes();
        let rule = "The hash of the first three octets of the client's address, modulo the sum of the weights.";
        modulo::explain(cx, &self.fallback, next(ipv4), &format!("network {a}.{b}.{c}"), rule, label)
    }

    fn box_clone(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }
}
