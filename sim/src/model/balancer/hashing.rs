//! What the hashing strategies share: what of a request is hashed, by which text, and who will do.
//!
//! Texts are hashed, not binary numbers, as the real ones do it: any tool that hashes "4711" finds our number.
//!
//! CRC-32: the reflected polynomial of IEEE 802.3, as in zlib and nginx. XXH64: Collet, xxHash. Both are checked against
//! `tests/vectors/hashing.json`.

use super::{BackendView, Explanation, PickContext, Reads, RequestView, eligible, nobody};
use crate::model::params::ParamSpec;
use crate::model::read::Reader;

/// What of a request decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HashOn {
    Key,
    Client,
}

pub(super) const HASH_ON: ParamSpec = ParamSpec::choice(
    "hash_on",
    "Hash of",
    &[("key", "The item asked for"), ("client", "The client's address")],
    "key",
    "What decides where a request goes: requests for the same item, or of the same client, go to the same backend.",
);

impl HashOn {
    pub(super) fn read(params: &Reader<'_>) -> Self {
        if params.choice("hash_on") == "client" { Self::Client } else { Self::Key }
    }

    pub(super) const fn reads(self) -> Reads {
        Reads { key: matches!(self, Self::Key), client: matches!(self, Self::Client), country: false }
    }

    /// The text that is hashed: the key as a decimal number, or the client's address as `10.0.3.7`.
    #[inline]
    pub(super) fn text(self, request: &RequestView) -> Text {
        let mut text = Text::NONE;
        match self {
            Self::Key => text.decimal(request.key),
            Self::Client => {
                for (place, octet) in request.client_ipv4.to_be_bytes().into_iter().enumerate() {
                    if place > 0 {
                        text.sign(b'.');
                    }
                    text.decimal(u64::from(octet));
                }
            }
        }
        text
    }

    /// "key 4711", "client 10.0.3.7".
    pub(super) fn words(self, request: &RequestView) -> String {
        let what = if self == Self::Key { "key" } else { "client" };
        format!("{what} {}", self.text(request).as_str())
    }
}

/// A short text that is put together without allocating.
#[derive(Clone, Copy, Debug)]
pub(in crate::model) struct Text {
    /// Room for two numbers of 20 digits and what stands between them.
    bytes: [u8; 48],
    len: usize,
}

impl Text {
    pub(in crate::model) const NONE: Self = Self { bytes: [0; 48], len: 0 };

    /// A backend's name, as it is hashed: its station and its number there, "12:0".
    pub(super) fn of_host(host: u64) -> Self {
        let mut text = Self::NONE;
        text.decimal(host >> 32);
        text.sign(b':');
        text.decimal(host & 0xffff_ffff);
        text
    }

    /// Adds a byte; a text that is full stays as it is (none of ours gets there).
    pub(in crate::model) fn sign(&mut self, sign: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = sign;
            self.len += 1;
        }
    }

    /// Adds a decimal number.
    pub(in crate::model) fn decimal(&mut self, mut number: u64) {
        let mut digits = [0; 20];
        let mut first = digits.len();
        loop {
            first -= 1;
            digits[first] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        for digit in &digits[first..] {
            self.sign(*digit);
        }
    }

    pub(in crate::model) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

/// XXH64.
#[inline]
pub(in crate::model) fn xxh64(seed: u64, bytes: &[u8]) -> u64 {
    twox_hash::XxHash64::oneshot(seed, bytes)
}

/// CRC-32 of several pieces, one behind the other.
#[inline]
pub(in crate::model) fn crc32(pieces: &[&[u8]]) -> u32 {
    !pieces
        .iter()
        .flat_map(|piece| piece.iter())
        .fold(!0, |crc, byte| crc >> 8 ^ BYTES[((crc ^ u32::from(*byte)) & 0xff) as usize])
}

/// What a byte does to a CRC-32.
static BYTES: [u32; 256] = {
    let mut table = [0; 256];
    let mut n = 0;
    while n < 256 {
        let (mut crc, mut bit) = (n as u32, 0);
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[n] = crc;
        n += 1;
    }
    table
};

/// Sum of the weights of all backends, eligible or not.
#[inline]
pub(super) fn total_weight(backends: &[BackendView]) -> u32 {
    backends.iter().map(|backend| backend.weight).sum()
}

/// The backend in whose stretch of the weights, laid end to end, `place` falls.
#[inline]
pub(super) fn at(backends: &[BackendView], mut place: u32) -> Option<u32> {
    for (index, backend) in (0..).zip(backends) {
        if place < backend.weight {
            return Some(index);
        }
        place -= backend.weight;
    }
    None
}

/// What becomes of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Taken,
    NotEligible,
    /// In its place, but not for this request.
    PassedOver,
}

#[inline]
pub(super) fn judge(backends: &[BackendView], candidate: u32) -> Fate {
    match backends.get(candidate as usize) {
        Some(backend) if backend.eligible => Fate::Taken,
        Some(backend) if backend.listed => Fate::PassedOver,
        _ => Fate::NotEligible,
    }
}

/// The backends that have their place in a table: index, name, weight.
pub(super) fn listed(backends: &[BackendView]) -> Vec<(u32, Text, u32)> {
    let listed = (0..).zip(backends).filter(|(_, backend)| backend.listed && backend.weight > 0);
    listed.map(|(index, backend)| (index, Text::of_host(backend.host), backend.weight)).collect()
}

/// The first in the list that is eligible: for when no table leads to anybody.
pub(super) fn anybody(backends: &[BackendView]) -> Option<u32> {
    eligible(backends).next().map(|(index, _)| index)
}

/// A walk over the candidates of a hash, in words: neighbors of the same backend and fate are one step.
pub(super) struct Walk<'a> {
    steps: Vec<String>,
    last: Option<(u32, Fate)>,
    label: &'a dyn Fn(u32) -> String,
}

impl<'a> Walk<'a> {
    /// Begins with what is hashed.
    pub(super) fn from(hash_on: HashOn, request: &RequestView, hash: u64, label: &'a dyn Fn(u32) -> String) -> Self {
        let begins = format!("The {} hashes to {hash:#018x}.", hash_on.words(request));
        Self { steps: vec![begins], last: None, label }
    }

    /// A candidate; `words` are told whether it is the first, and who it is.
    pub(super) fn see(&mut self, candidate: u32, fate: Fate, words: impl FnOnce(bool, &str) -> String) {
        if self.last != Some((candidate, fate)) {
            self.steps.push(words(self.last.is_none(), &verdict(&(self.label)(candidate), fate)));
            self.last = Some((candidate, fate));
        }
    }

    /// Where it led; `dead_end` begins the sentence if it led nowhere and the next in the list is taken.
    pub(super) fn end(
        mut self,
        found: Option<u32>,
        cx: &PickContext<'_>,
        rule: &'static str,
        dead_end: &str,
    ) -> Explanation {
        let chosen = found.or_else(|| anybody(cx.backends));
        match chosen {
            Some(chosen) if found.is_none() => {
                self.steps.push(format!("{dead_end}: {} is the next in the list.", (self.label)(chosen)));
            }
            Some(_) => {}
            None => self.steps = nobody(),
        }
        Explanation { rule, scores: Vec::new(), steps: self.steps, chosen }
    }
}

/// A candidate in words: who, and why not, if not.
pub(super) fn verdict(name: &str, fate: Fate) -> String {
    match fate {
        Fate::Taken => name.to_owned(),
        Fate::NotEligible => format!("{name}, which is not eligible"),
        Fate::PassedOver => format!("{name}, which is passed over this time"),
    }
}
