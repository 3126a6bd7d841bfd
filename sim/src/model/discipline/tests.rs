//! Each discipline's order on small cases, CoDel's law against a trace worked out by hand, and that nobody is ever lost.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Item, REGISTRY, Waiting, Way, read};
use crate::engine::time::SimTime;
use crate::model::params::{Params, Variant};
use crate::model::priority::Priority;

const fn micros(at: u64) -> SimTime {
    SimTime(at * 1_000)
}

fn queue(id: &str, params: Params) -> Waiting {
    read(&Variant::new(id, params)).build()
}

fn item(ticket: u32, at_ms: u64) -> Item {
    Item { ticket, priority: Priority::Normal, since: micros(at_ms * 1_000) }
}

fn classed(ticket: u32, priority: Priority) -> Item {
    Item { priority, ..item(ticket, u64::from(ticket)) }
}

fn order(queue: &mut Waiting) -> Vec<u32> {
    let mut given_up = Vec::new();
    let order = std::iter::from_fn(|| queue.pop(SimTime::ZERO, &mut given_up)).collect();
    assert!(given_up.is_empty());
    order
}

fn filled(id: &str, params: Params, items: impl IntoIterator<Item = Item>) -> Waiting {
    let mut queue = queue(id, params);
    items.into_iter().for_each(|item| queue.push(item));
    queue
}

fn displaced(queue: &mut Waiting, newcomer: Item) -> Option<u32> {
    let Waiting::Ordered(queue) = queue else { panic!("a queue of its own") };
    queue.displaced_by(&newcomer)
}

#[test]
fn orders() {
    let four = || (0..4).map(|ticket| item(ticket, 0));
    assert_eq!(order(&mut filled("fifo", Params::new(), four())), [0, 1, 2, 3]);
    assert_eq!(order(&mut filled("lifo", Params::new(), four())), [3, 2, 1, 0]);
    // Above two, the newest; then the oldest.
    assert_eq!(order(&mut filled("adaptive-lifo", Params::new().with("threshold", 2.0), four())), [3, 2, 0, 1]);
    let classes = [Priority::Low, Priority::Normal, Priority::High, Priority::Low, Priority::High];
    let items = || (0..).zip(classes).map(|(ticket, priority)| classed(ticket, priority));
    for id in ["priority", "preemptive-priority"] {
        assert_eq!(order(&mut filled(id, Params::new(), items())), [2, 4, 1, 0, 3]);
    }
    let mut queue = filled("preemptive-priority", Params::new(), items());
    if let Waiting::Ordered(queue) = &mut queue {
        queue.put_back(classed(9, Priority::Low));
    }
    assert_eq!(order(&mut queue), [2, 4, 1, 9, 0, 3], "who was interrupted is first of its class");
}

#[test]
fn displacing() {
    let three = || (0..3).map(|ticket| item(ticket, 0));
    assert_eq!(displaced(&mut filled("lifo", Params::new(), three()), item(9, 0)), Some(0));
    let refuse = || Params::new().with("full", "refuse");
    assert_eq!(displaced(&mut filled("lifo", refuse(), three()), item(9, 0)), None);
    let short = Params::new().with("threshold", 3.0);
    assert_eq!(displaced(&mut filled("adaptive-lifo", short, three()), item(9, 0)), None, "still first come");
    let long = Params::new().with("threshold", 2.0);
    assert_eq!(displaced(&mut filled("adaptive-lifo", long, three()), item(9, 0)), Some(0));
    let classes = [Priority::Low, Priority::Low, Priority::Normal];
    let items = || (0..).zip(classes).map(|(ticket, priority)| classed(ticket, priority));
    for (newcomer, loser) in [(Priority::High, Some(1)), (Priority::Normal, Some(1)), (Priority::Low, None)] {
        assert_eq!(displaced(&mut filled("priority", Params::new(), items()), classed(9, newcomer)), loser);
    }
    let normal = [classed(0, Priority::Normal)];
    assert_eq!(displaced(&mut filled("priority", Params::new(), normal), classed(9, Priority::High)), Some(0));
    assert_eq!(displaced(&mut filled("priority", refuse(), items()), classed(9, Priority::High)), None);
}

fn state(queue: &Waiting, now: SimTime) -> String {
    let Waiting::Ordered(queue) = queue else { panic!("a queue of its own") };
    queue.reading(now).words
}

/// RFC 8289 with 5 ms and 100 ms: a queue of many who came at 0, one served every 10 ms.
///
/// By hand: the first wait is above the target at 10 ms, so the first drop is at 110; then the law gives
/// 210, + 100/√2 = 280.711, + 57.735 = 338.446, + 50 = 388.446, + 44.721 = 433.167, + 40.825 = 473.992, + 37.796 = 511.788,
/// + 35.355 = 547.144, + 33.333 = 580.477; each is carried out at the next turn.
#[test]
fn codel_follows_the_control_law() {
    let mut queue = filled("codel", Params::new(), (0..200).map(|ticket| item(ticket, 0)));
    let mut dropped_at = Vec::new();
    for at in (10..=550).step_by(10) {
        let mut given_up = Vec::new();
        assert!(queue.pop(micros(at * 1_000), &mut given_up).is_some());
        dropped_at.extend(given_up.iter().map(|_| at));
    }
    assert_eq!(dropped_at, [110, 210, 290, 340, 390, 440, 480, 520, 550]);
    assert_eq!(
        state(&queue, micros(550_000)),
        "dropping: the last wait was 550.0 ms, the next drop is due in 30.5 ms, one every 100.0 ms / √9"
    );
    // Short waits: it stops at once.
    assert_eq!(queue.take_all().len(), 200 - 55 - 9);
    (200..204).for_each(|ticket| queue.push(item(ticket, 559)));
    let mut given_up = Vec::new();
    assert_eq!(queue.pop(micros(560_000), &mut given_up), Some(200));
    assert_eq!(state(&queue, micros(560_000)), "the last wait was 1.0 ms, the target is 5.0 ms");
    // Long ones again, soon after: above from 570 on, so a drop at 670, and the law goes on from 9 − 1 = 8 drops.
    (300..500).for_each(|ticket| queue.push(item(ticket, 560)));
    for at in (570..670).step_by(10) {
        queue.pop(micros(at * 1_000), &mut given_up);
    }
    assert!(given_up.is_empty());
    queue.pop(micros(670_000), &mut given_up);
    assert_eq!(given_up.len(), 1);
    assert_eq!(
        state(&queue, micros(670_000)),
        "dropping: the last wait was 110.0 ms, the next drop is due in 35.4 ms, one every 100.0 ms / √8"
    );
}

/// After 16 intervals without a drop, the law begins anew; and a queue of one is no standing queue.
#[test]
fn codel_forgets() {
    let mut queue = queue("codel", Params::new());
    let mut given_up = Vec::new();
    for round in [0_u64, 10_000] {
        (0..100).for_each(|ticket| queue.push(item(ticket, round)));
        for at in (10..400).step_by(10) {
            queue.pop(micros((round + at) * 1_000), &mut given_up);
        }
        queue.take_all();
        queue.pop(micros((round + 400) * 1_000), &mut given_up);
    }
    // 110, 210, 290, 340 and 390, both times.
    assert_eq!(given_up.len(), 10);
    given_up.clear();
    for at in 0..400 {
        (0..2).for_each(|ticket| queue.push(item(ticket, 20_000 + at * 100)));
        for _ in 0..2 {
            assert!(queue.pop(micros((20_090 + at * 100) * 1_000), &mut given_up).is_some());
        }
    }
    assert!(given_up.is_empty(), "with one left behind nothing is dropped, however long it waited");
}

/// 100 ms while it runs empty now and then, 5 ms once it has not for 100 ms.
#[test]
fn controlled_delay_by_hand() {
    let mut queue = queue("controlled-delay", Params::new());
    let mut given_up = Vec::new();
    queue.push(item(0, 0));
    queue.push(item(1, 90));
    queue.push(item(2, 101));
    queue.push(item(3, 118));
    assert_eq!(queue.pop(micros(100_000), &mut given_up), Some(0), "100 ms are not too long");
    assert_eq!(queue.pop(micros(120_000), &mut given_up), Some(1));
    // It has stood since 0: those who joined at 101 and 118 may wait 5 ms.
    assert_eq!(queue.pop(micros(123_001), &mut given_up), None);
    assert_eq!(given_up, [2, 3]);
    queue.push(item(4, 200));
    assert_eq!(queue.pop(micros(300_000), &mut given_up), Some(4), "it was empty");
}

/// What is done to a queue.
#[derive(Clone, Debug)]
enum Step {
    Push(Priority),
    Pop,
    Displace(Priority),
    Remove(usize),
    /// Another discipline takes over.
    Switch(usize),
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let priority = || (0..3usize).prop_map(|class| Priority::ALL[class]);
    let step = prop_oneof![
        6 => priority().prop_map(Step::Push),
        4 => Just(Step::Pop),
        1 => priority().prop_map(Step::Displace),
        1 => (0..1_000usize).prop_map(Step::Remove),
        1 => (0..100usize).prop_map(Step::Switch),
    ];
    proptest::collection::vec((0..30_000u64, step), 0..300)
}

proptest! {
    /// Through any operations, and when another discipline takes over: all that went in comes out once, and lengths
    /// agree.
    #[test]
    fn nobody_is_lost(steps in steps(), first in 0..100usize) {
        let orders: Vec<_> = REGISTRY.iter().filter(|kind| !matches!(kind.way, Way::Sharing)).collect();
        let fresh = |at: usize| read(&Variant::new(orders[at % orders.len()].entry.id, Params::new())).build();
        let mut queue = fresh(first);
        let (mut now, mut next) = (0, 0);
        let mut inside = BTreeSet::new();
        let mut priorities = Vec::new();
        for (pause, step) in steps {
            now += pause;
            let since = micros(now);
            let mut given_up = Vec::new();
            match step {
                Step::Push(priority) => {
                    queue.push(Item { ticket: next, priority, since });
                    priorities.push(priority);
                    inside.insert(next);
                    next += 1;
                }
                Step::Pop => {
                    let popped = queue.pop(since, &mut given_up);
                    prop_assert!(popped.is_some() || queue.is_empty());
                    given_up.extend(popped);
                }
                Step::Displace(priority) => {
                    if let Waiting::Ordered(queue) = &mut queue {
                        given_up.extend(queue.displaced_by(&Item { ticket: u32::MAX, priority, since }));
                    }
                }
                Step::Remove(at) => {
                    if let Some(ticket) = inside.iter().nth(at % inside.len().max(1)).copied() {
                        prop_assert!(queue.remove(ticket));
                        inside.remove(&ticket);
                    }
                    prop_assert!(!queue.remove(u32::MAX));
                }
                Step::Switch(to) => {
                    let all = queue.take_all();
                    prop_assert!(queue.is_empty());
                    queue = fresh(to);
                    for ticket in all {
                        queue.push(Item { ticket, priority: priorities[ticket as usize], since });
                    }
                }
            }
            for ticket in given_up {
                prop_assert!(inside.remove(&ticket), "{ticket} came out twice");
            }
            prop_assert_eq!(queue.len(), inside.len());
        }
        prop_assert_eq!(queue.take_all().into_iter().collect::<BTreeSet<u32>>(), inside);
    }
}
