//! What every scheme keeps, and the rounds of a copy.

use super::copy::{Next, Rounds};
use super::*;
use crate::model::params::Params;

fn placement(scheme: &Scheme, numbers: &[u32]) -> Box<dyn Placement> {
    let settings = read(&Variant::new(scheme.entry.id, Params::new()), &Variant::new("live", Params::new()));
    settings.expect("the scheme is known").build(numbers)
}

#[test]
fn every_key_has_a_shard_and_each_has_about_its_share() {
    for scheme in REGISTRY {
        for numbers in [&[0][..], &[0, 1], &[0, 1, 2, 3], &[2, 5, 6, 9, 11]] {
            let placement = placement(scheme, numbers);
            let shares = placement.shares();
            assert_eq!(shares.iter().map(|(number, _)| *number).collect::<Vec<_>>(), numbers);
            assert!((shares.iter().map(|(_, share)| share).sum::<f64>() - 1.0).abs() < 1e-9);
            for (number, share) in shares {
                let owned = (0..20_000).map(mix).filter(|key| placement.owner(*key) == number).count();
                // Binomial: a standard error of at most 0.36 %; four of them.
                let owned = owned as f64 / 20_000.0;
                assert!((owned - share).abs() < 0.0145, "{} {numbers:?} {number}: {owned}", scheme.entry.id);
            }
        }
    }
}

/// Only CRC-32 modulo, unless it multiplies, moves keys between shards that stay; what moves is what theory says, or near it.
#[test]
fn growing_moves_keys_to_the_new_shards_alone() {
    for scheme in REGISTRY {
        for (from, to) in [(3, 4), (4, 6), (4, 8), (1, 4)] {
            let numbers: Vec<u32> = (0..to).collect();
            let before = placement(scheme, &numbers[..from as usize]);
            let after = before.with(&numbers);
            let (moved, expected) = (moved(&*before, &*after), before.expected_to_move(from, to));
            // A ring of 100 points deviates by sqrt(p(1-p)/(100 to + 1)): 2.2 %; four of them. The sample adds 0.4 %.
            assert!(
                expected.is_nan() || (moved - expected).abs() < 0.09,
                "{} {from} -> {to}: {moved} of {expected}",
                scheme.entry.id
            );
            let back = (0..2_000).map(mix).all(|key| after.owner(key) >= from || after.owner(key) == before.owner(key));
            assert_eq!(back, scheme.entry.id != "modulo" || to % from == 0, "{} {from} -> {to}", scheme.entry.id);
        }
    }
}

#[test]
fn slots_come_back_to_as_many_for_each_and_no_more_of_them_move_than_must() {
    let four = slots::Slots::of(&[0, 1, 2, 3]);
    let five = four.moved_to(&[0, 1, 2, 3, 4]);
    let changed = (0..slots::SLOTS as u16).filter(|slot| four.owner_of(*slot) != five.owner_of(*slot)).count();
    assert_eq!(changed, slots::SLOTS / 5, "the newcomer's fifth, rounded down");
    let three = five.moved_to(&[0, 2, 4]);
    for (number, share) in three.shares() {
        assert!((share - 1.0 / 3.0).abs() < 1e-4, "{number}: {share}");
    }
}

#[test]
fn a_copy_ends_only_if_it_is_faster_than_the_changes() {
    let mut rounds = Rounds::new(100.0);
    rounds.change(50.0);
    assert_eq!(rounds.end(10.0, 1.0), Next::Round(5.0));
    assert!(!rounds.diverges());
    rounds.change(60.0);
    assert_eq!(rounds.end(10.0, 1.0), Next::Round(6.0));
    assert!(rounds.diverges());
    rounds.change(8.0);
    assert_eq!((rounds.end(10.0, 1.0), rounds.copied), (Next::CutOver(0.8), 210.0));
}
