//! The hash of the request modulo the sum of the weights: the plainest way to keep an item with a backend.
//!
//! As long as the list stays as it is, everything stays where it is; a sick backend loses only its own. But when the
//! list itself changes, nearly everything moves: with n backends and one more, n of n + 1 requests.
//!
//! Hash: CRC-32 of the text, its bits 16 to 30, modulo the sum of all weights laid end to end. If that backend will not do,
//! the CRC-32 of "1" and the text is added, then of "2" and the text, up to 20 times; then smooth weighted round robin
//! decides.
//!
//! Source: nginx, `src/http/modules/ngx_http_upstream_hash_module.c` (`hash $key` without `consistent`); vectors from the
//! real program in `tests/vectors/lb_nginx.json`.

use super::hashing::{HASH_ON, HashOn, Text, crc32};
use super::smooth_weighted::SmoothWeighted;
use super::{Descriptor, Explanation, Needs, PickContext, Reads, Strategy, anything, modulo};
use crate::model::params::{Entry, told};
use crate::model::read::Reader;

const ENTRY: Entry = Entry {
    id: "key-hash",
    name: "Key hash, modulo",
    summary: told("Requests for the same item go to the same backend; when the list changes, nearly everything moves."),
    source: told("nginx, ngx_http_upstream_hash_module.c."),
    params: &[HASH_ON],
    defect: false,
};

pub(super) const DESCRIPTOR: Descriptor = Descriptor {
    entry: ENTRY,
    needs: Needs::Request { weights: true },
    check: anything,
    build: |params| {
        let hash_on = HashOn::read(&Reader::new(&ENTRY, params));
        Box::new(KeyHash { hash_on, fallback: SmoothWeighted::default() })
    },
};

#[derive(Clone, Debug)]
struct KeyHash {
    hash_on: HashOn,
    fallback: SmoothWeighted,
}

/// What is added to the hash in a round; 0 is the first.
pub(super) fn part(round: u64, text: &[u8]) -> u32 {
    let mut number = Text::NONE;
    if round > 0 {
        number.decimal(round);
    }
    crc32(&[number.as_bytes(), text]) >> 16 & 0x7fff
}

/// The hash of a round from that of the one before.
fn next(text: &Text) -> impl Fn(u32, u32) -> u32 {
    move |round, before| before + part(u64::from(round), text.as_bytes())
}

impl Strategy for KeyHash {
    /// O(n) per round.
    fn pick(&mut self, cx: &mut PickContext<'_>) -> Option<u32> {
        let text = self.hash_on.text(&cx.request);
        modulo::pick(cx, &mut self.fallback, next(&text))
    }

    fn reads(&self) -> Reads {
        self.hash_on.reads()
    }

    fn explain(&self, cx: &PickContext<'_>, label: &dyn Fn(u32) -> String) -> Explanation {
        let text = self.hash_on.text(&cx.request);
        let rule = "The hash of the request modulo the sum of the weights, counted along the list.";
        modulo::explain(cx, &self.fallback, next(&text), &self.hash_on.words(&cx.request), rule, label)
    }

    fn box_clone(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }
}
