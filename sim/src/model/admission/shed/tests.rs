//! Each shedder step by step, with the numbers worked out by hand.

use super::{Load, REGISTRY, Sample, Settings, Shedder, gateway_entries, read};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::outcome::Reason;
use crate::model::params::{Params, Variant};
use crate::model::priority::Priority;

fn settings(id: &str, params: &[(&str, f64)]) -> Settings {
    let params = params.iter().fold(Params::new(), |params, (key, value)| params.with(key, *value));
    read(&Variant::new(id, params)).expect("it is on")
}

const fn inside(inside: u32) -> Load {
    Load { inside, waiting: 0 }
}

fn asks(shedder: &mut dyn Shedder, load: Load) -> Option<Reason> {
    shedder.refuses(SimTime::ZERO, Priority::Normal, load)
}

fn answer(at_ms: u64, took_ms: u64, inside: u32, dropped: bool) -> Sample {
    Sample { now: SimTime(at_ms * 1_000_000), took: SimDuration::from_millis(took_ms), inside, dropped }
}

#[track_caller]
fn limit(shedder: &dyn Shedder) -> f64 {
    shedder.reading(SimTime::ZERO, Load::default()).limit.expect("it has one")
}

#[test]
fn priorities_are_let_in_by_how_full_it_is() {
    let mut shedder = settings("priority", &[("limit", 10.0), ("low_until", 0.5), ("normal_until", 0.75)]).build();
    let mut first_refused = |priority| {
        (0..20).find_map(|load| shedder.refuses(SimTime::ZERO, priority, inside(load)).map(|reason| (load, reason)))
    };
    assert_eq!(first_refused(Priority::Low), Some((5, Reason::LowPriority)));
    assert_eq!(first_refused(Priority::Normal), Some((8, Reason::LowPriority)));
    assert_eq!(first_refused(Priority::High), Some((10, Reason::ConcurrencyLimit)));
}

#[test]
fn queue_delay_closes_the_door_until_waits_are_short_or_nobody_waits() {
    let mut shedder = settings("queue-delay", &[("target", 0.1)]).build();
    let waiting = Load { inside: 5, waiting: 3 };
    assert_eq!(asks(&mut *shedder, waiting), None);
    shedder.waited(SimTime::ZERO, SimDuration::from_millis(101));
    assert_eq!(asks(&mut *shedder, waiting), Some(Reason::WaitedTooLong));
    assert_eq!(asks(&mut *shedder, inside(5)), None);
    shedder.waited(SimTime::ZERO, SimDuration::from_millis(100));
    assert_eq!(asks(&mut *shedder, waiting), None);
}

/// AIMDLimit: +1 where at least half of the limit was used; × 0.9 rounded down, and at least one less, at a drop.
#[test]
fn aimd_by_hand() {
    let mut shedder = settings("aimd", &[("least", 1.0), ("most", 25.0), ("timeout", 1.0)]).build();
    assert_eq!(limit(&*shedder), 1.0);
    let mut after = |took, inside, dropped| {
        shedder.answered(&answer(0, took, inside, dropped));
        limit(&*shedder)
    };
    assert_eq!(after(100, 1, false), 2.0);
    assert_eq!(after(100, 1, false), 3.0);
    assert_eq!(after(100, 1, false), 3.0, "1 of 3 is less than half");
    assert_eq!(after(100, 2, false), 4.0);
    assert_eq!(after(1_001, 4, false), 3.0, "late: 3.6 is 3");
    assert_eq!(after(1_000, 4, false), 4.0, "in time");
    for _ in 0..40 {
        after(100, 25, false);
    }
    assert_eq!(after(100, 25, false), 25.0, "never above");
    assert_eq!(after(100, 25, true), 22.0, "22.5");
    assert_eq!(after(100, 22, true), 19.0, "19.8");
    assert_eq!(after(100, 19, true), 17.0, "17.1");
    for _ in 0..40 {
        after(100, 1, true);
    }
    assert_eq!(after(100, 1, true), 1.0, "never below");
    assert_eq!(asks(&mut *shedder, inside(0)), None);
    assert_eq!(asks(&mut *shedder, inside(1)), Some(Reason::ConcurrencyLimit));
}

/// Gradient2Limit: windows of 1 s, each of so many answers that all take the same.
#[test]
fn gradient_by_hand() {
    let mut shedder = settings("gradient", &[("most", 100.0)]).build();
    let mut second = 0;
    // The first answer after a window's end closes it, itself included.
    let mut window = |took: u64, inside: u32| {
        second += 2;
        for answered in 0..12 {
            shedder.answered(&answer(second * 1_000 - 500 + answered, took, inside, false));
        }
        shedder.answered(&answer(second * 1_000 + 600, took, inside, false));
        limit(&*shedder)
    };
    // 20 × 1 + 4, of which a fifth of the way: 20.8; then 21.6, 22.4 …
    assert_eq!(window(100, 15), 20.0);
    assert_eq!(window(100, 15), 21.0);
    assert_eq!(window(100, 15), 22.0);
    // Hardly anybody inside: no reason to move.
    assert_eq!(window(100, 11), 22.0, "11 is less than half of 22.4");
    // As slow as the tolerance of 1.5 admits: the long mean is (4 × 100 + 108)/5 = 101.6, 1.5 times that above 108.
    assert_eq!(window(108, 22), 23.0);
    // 1 s: the mean of six is 251.33 ms, the gradient 0.377 and so 0.5: 23.2 × (0.8 + 0.2 × 0.5) + 0.8 = 21.68
    assert_eq!(window(1_000, 23), 21.0);
    let numbers = shedder.reading(SimTime::ZERO, Load::default()).numbers;
    assert_eq!(numbers[0], ("gradient", "0.50".to_owned()));
    assert_eq!(numbers[2].1, "251.3 ms");
}

/// A window of fewer than ten answers moves nothing.
#[test]
fn gradient_needs_answers() {
    let mut shedder = settings("gradient", &[]).build();
    for second in 1..50 {
        shedder.answered(&answer(second * 1_100, 10, 20, false));
    }
    assert_eq!(limit(&*shedder), 20.0);
}

#[test]
fn new_settings_keep_what_was_learned() {
    let before = settings("aimd", &[("least", 5.0)]);
    let mut shedder = before.build();
    for _ in 0..10 {
        shedder.answered(&answer(0, 1, 100, false));
    }
    let after = settings("aimd", &[("least", 6.0)]);
    after.retune(&mut shedder, &before);
    assert_eq!(limit(&*shedder), 15.0);
    settings("aimd", &[("least", 20.0)]).retune(&mut shedder, &after);
    assert_eq!(limit(&*shedder), 20.0);
    settings("priority", &[("limit", 7.0)]).retune(&mut shedder, &after);
    assert_eq!(limit(&*shedder), 7.0);
    assert_eq!(read(&Variant::new("off", Params::new())), None);
}

#[test]
fn a_gateway_offers_what_needs_no_queue() {
    let offered: Vec<&str> = gateway_entries().iter().map(|entry| entry.id).collect();
    assert_eq!(offered, ["off", "priority", "aimd", "gradient"]);
    for kind in REGISTRY {
        let shedder = read(&Variant::new(kind.entry.id, Params::new())).expect("it is on").build();
        let reading = shedder.reading(SimTime::ZERO, Load::default());
        assert!(!reading.sheds && !reading.words.is_empty(), "{}: a fresh one lets the first in", kind.entry.id);
    }
}
