//! Moving keys to other shards while they are read and written: copy, catch up, cut over.
//!
//! All that moves is copied at a throttled rate; what is changed meanwhile is copied in the next round, and so on. When a
//! round leaves no more behind than a short time copies, writes to what moves are refused until that is through, too: then
//! the others answer. With a rate B and changes w, the rounds shrink by w/B and take D/(B−w) together; where w is as large
//! as B they never end.
//!
//! Pure: knows no clock. Source: Vitess VReplication and MongoDB's chunk migration; timelines in
//! `tests/vectors/timelines.json`, "copy, catch up, cut over".

use crate::model::params::{Entry, ParamSpec, Unit, Variant, told};
use crate::model::read::Reader;

/// A copy takes no more than this share of a shard's disk.
pub const DISK_SHARE_MAX: f64 = 0.9;

static LIVE: Entry = Entry {
    id: "live",
    name: "Copy, catch up, cut over",
    summary: told(
        "What moves is copied while it is read and written, then what changed meanwhile, until so little is left that writes can stop for it.",
    ),
    source: told("Vitess VReplication and MongoDB's chunk migration; the rule of rounds is ours."),
    params: &[
        ParamSpec::number(
            "data",
            "Data, GB",
            Unit::Plain,
            10.0,
            0.0,
            1_000_000.0,
            "What all shards hold together. The share of it that changes hands is copied.",
        ),
        ParamSpec::number(
            "copy_rate",
            "Copies, MB/s",
            Unit::Plain,
            100.0,
            0.001,
            1_000_000.0,
            "In all. It is taken from the disks of the shards that serve: too fast, and queries wait; no faster than writes come, and it never ends.",
        ),
        ParamSpec::number(
            "disk",
            "A disk does, MB/s",
            Unit::Plain,
            400.0,
            0.001,
            1_000_000.0,
            "Of each shard. A copy that takes a quarter of it leaves three quarters of the shard's speed; it takes 90 % at most.",
        ),
        ParamSpec::number(
            "row",
            "A write changes, KB",
            Unit::Plain,
            10.0,
            0.0,
            1_000_000.0,
            "What has to be copied again for each write to a key that moves.",
        ),
        ParamSpec::number(
            "cut_over",
            "Cuts over below",
            Unit::Seconds,
            1.0,
            0.01,
            3_600.0,
            "Once what is left to copy takes no longer than this, the new shards take over.",
        ),
        ParamSpec::flag(
            "stop_writes",
            "Writes stop meanwhile",
            true,
            "Writes to keys that move are refused during the cut-over. Without that, what is left at the cut-over is lost, although it was answered.",
        ),
    ],
    defect: false,
};

static AT_ONCE: Entry = Entry {
    id: "at-once",
    name: "At once",
    summary: told(
        "Keys change hands at once and at no cost, as no database can: to see how many move, and nothing else.",
    ),
    source: "",
    params: &[],
    defect: false,
};

/// As a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    vec![&LIVE, &AT_ONCE]
}

/// How keys move; `None`: at once.
pub type Settings = Option<Live>;

/// How keys are copied.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Live {
    /// All that the shards hold [MB].
    pub data: f64,
    /// [MB/s]
    pub rate: f64,
    /// Of each shard [MB/s].
    pub disk: f64,
    /// What a write changes [MB].
    pub row: f64,
    /// [s]
    pub cut_over: f64,
    pub stop_writes: bool,
}

/// What the choice says.
#[must_use]
pub fn read(choice: &Variant) -> Settings {
    let reader = (choice.id != AT_ONCE.id).then(|| Reader::new(&LIVE, &choice.params))?;
    Some(Live {
        data: reader.number("data") * 1_000.0,
        rate: reader.number("copy_rate"),
        disk: reader.number("disk"),
        row: reader.number("row") / 1_000.0,
        cut_over: reader.number("cut_over"),
        stop_writes: reader.flag("stop_writes"),
    })
}

impl Live {
    /// Share of the disk of each of so many shards that the copy takes, 0..1.
    #[must_use]
    pub fn disk_share(&self, shards: usize) -> f64 {
        (self.rate / self.disk / shards.max(1) as f64).min(DISK_SHARE_MAX)
    }

    /// What is copied in all, as far as the disks of so many shards allow [MB/s].
    #[must_use]
    pub fn pace(&self, shards: usize) -> f64 {
        self.disk_share(shards) * self.disk * shards.max(1) as f64
    }
}

/// What follows a round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
    /// Another one, which takes so long [s].
    Round(f64),
    /// The last one, while writes stand still [s].
    CutOver(f64),
}

/// Rounds of copying at work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rounds {
    /// Rounds that are over.
    pub round: u32,
    /// What this round copies, and what has changed since it began [MB].
    pub size: f64,
    pub changed: f64,
    /// What all rounds that are over have copied [MB].
    pub copied: f64,
    /// The one before this, for whether they shrink [MB].
    pub before: f64,
}

impl Rounds {
    /// So much is to be copied [MB].
    #[must_use]
    pub const fn new(size: f64) -> Self {
        Self { round: 0, size, changed: 0.0, copied: 0.0, before: f64::INFINITY }
    }

    /// So much of it has changed [MB].
    pub fn change(&mut self, size: f64) {
        self.changed += size;
    }

    /// How long it takes to copy what has changed since the round began [s].
    #[must_use]
    pub fn lag(&self, rate: f64) -> f64 {
        self.changed / rate
    }

    /// A round is over.
    pub fn end(&mut self, rate: f64, cut_over: f64) -> Next {
        let lag = self.lag(rate);
        self.copied += self.size;
        (self.before, self.size, self.changed) = (self.size, self.changed, 0.0);
        self.round += 1;
        if lag <= cut_over { Next::CutOver(lag) } else { Next::Round(lag) }
    }

    /// The latest round was no smaller than the one before it: more changes than is copied.
    #[must_use]
    pub fn diverges(&self) -> bool {
        self.round > 0 && self.size >= self.before
    }
}
