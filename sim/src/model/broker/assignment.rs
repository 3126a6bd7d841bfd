//! Which member of a consumer group owns which partition.

/// Partitions in turn to the members: the first to the first, and so on round.
/// `None` for all of them while the group has no member.
#[must_use]
pub fn round_robin(partitions: usize, members: &[u32]) -> Vec<Option<u32>> {
    (0..partitions).map(|at| (!members.is_empty()).then(|| members[at % members.len()])).collect()
}

/// As even as round robin, but the owner of a partition keeps it as long as nobody gets more than a fair share.
#[must_use]
pub fn sticky(before: &[Option<u32>], members: &[u32]) -> Vec<Option<u32>> {
    let mut owned = vec![0usize; members.len()];
    if members.is_empty() {
        return vec![None; before.len()];
    }
    let least = before.len() / members.len();
    // So many members may own one more than the others.
    let mut extras = before.len() % members.len();
    let mut after: Vec<Option<u32>> = before
        .iter()
        .map(|owner| {
            let at = members.iter().position(|member| Some(*member) == *owner)?;
            if owned[at] >= least {
                if owned[at] > least || extras == 0 {
                    return None;
                }
                extras -= 1;
            }
            owned[at] += 1;
            *owner
        })
        .collect();
    for owner in after.iter_mut().filter(|owner| owner.is_none()) {
        let at = (0..members.len()).min_by_key(|at| owned[*at]).unwrap_or(0);
        owned[at] += 1;
        *owner = Some(members[at]);
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn in_turn() {
        assert_eq!(round_robin(5, &[7, 9]), [7, 9, 7, 9, 7].map(Some));
        assert_eq!(round_robin(2, &[]), [None, None]);
    }

    #[test]
    fn what_need_not_move_stays() {
        let before = round_robin(6, &[1, 2]);
        assert_eq!(before, [1, 2, 1, 2, 1, 2].map(Some));
        // A third joins: each gives up one.
        assert_eq!(sticky(&before, &[1, 2, 3]), [1, 2, 1, 2, 3, 3].map(Some));
        // One leaves: only its own move.
        assert_eq!(sticky(&[1, 2, 1, 2, 3, 3].map(Some), &[1, 3]), [1, 1, 1, 3, 3, 3].map(Some));
    }

    proptest! {
        #[test]
        fn both_are_even_and_sticky_moves_no_more_than_it_must(
            partitions in 0..40usize, before in 1..8u32, after in 1..8u32, first in 0..8u32,
        ) {
            let old: Vec<u32> = (0..before).collect();
            let new: Vec<u32> = (first..first + after).collect();
            let was = round_robin(partitions, &old);
            let is = sticky(&was, &new);
            let count = |of: &[Option<u32>], member: u32| of.iter().filter(|owner| **owner == Some(member)).count();
            for owners in [&is, &round_robin(partitions, &new)] {
                let counts: Vec<usize> = new.iter().map(|member| count(owners, *member)).collect();
                prop_assert_eq!(counts.iter().sum::<usize>(), partitions);
                let (low, high) = (counts.iter().min().copied(), counts.iter().max().copied());
                prop_assert!(high.unwrap_or(0) - low.unwrap_or(0) <= 1, "{:?}", counts);
            }
            // What stays is the most that can stay: a fair share of each old owner, the larger shares first.
            let least = partitions / new.len();
            let mut extras = partitions % new.len();
            let mut can_stay = 0;
            for member in &new {
                let had = count(&was, *member);
                can_stay += had.min(least);
                if had > least && extras > 0 {
                    extras -= 1;
                    can_stay += 1;
                }
            }
            let stayed = was.iter().zip(&is).filter(|(was, is)| was == is).count();
            prop_assert_eq!(stayed, can_stay);
        }
    }
}
