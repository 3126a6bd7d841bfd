//! Keys on nodes by consistent hashing, for a store that shares out its keys: the points of ring hash, so many for each
//! node, however many nodes there are. So who joins takes a stretch from everybody else, and nothing else moves.
//!
//! Source: Karger et al., "Consistent Hashing and Random Trees", STOC 1997; 160 points for each node as libketama and nginx
//! have them.

use std::rc::Rc;

use super::hashing::{Text, xxh64};
use super::ring_hash::Ring;
use crate::engine::sort;

/// Points of a node.
const POINTS: u64 = 160;

/// Which node, by number, a key belongs to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeyRing(Rc<Ring>);

impl KeyRing {
    /// The ring of a station's nodes with these numbers.
    pub fn of(station: u32, numbers: &[u32]) -> Self {
        let mut points = Vec::with_capacity(numbers.len() * POINTS as usize);
        for number in numbers {
            for point in 0..POINTS {
                let mut text = Text::of_host(u64::from(station) << 32 | u64::from(*number));
                text.sign(b'_');
                text.decimal(point);
                points.push((xxh64(0, text.as_bytes()), *number));
            }
        }
        Self::of_points(points)
    }

    /// The ring of these points: where each lies, and whose it is.
    pub fn of_points(mut points: Vec<(u64, u32)>) -> Self {
        sort::few(&mut points);
        Self(Rc::new(Ring(points)))
    }

    /// The node that a key belongs to; `None`: there are none.
    pub fn owner(&self, key: u64) -> Option<u32> {
        let mut text = Text::NONE;
        text.decimal(key);
        self.owner_at(xxh64(0, text.as_bytes()))
    }

    /// The node that owns a place: that of the first point at or after it.
    pub fn owner_at(&self, hash: u64) -> Option<u32> {
        self.point_at(hash).map(|(_, number)| number)
    }

    /// Whether a node has any keys.
    pub fn owns(&self, number: u32) -> bool {
        self.0.0.iter().any(|(_, owner)| *owner == number)
    }

    /// The point that decides who owns a place; `None`: there are none.
    pub fn point_at(&self, hash: u64) -> Option<(u64, u32)> {
        self.0.0.get(self.0.position(hash)).copied()
    }

    /// Share of the ring that each node owns, 0..1, by ascending number.
    pub fn shares(&self) -> Vec<(u32, f64)> {
        let mut shares: Vec<(u32, f64)> = Vec::new();
        for (length, owner) in self.stretches(self) {
            let (Some(owner), _) = owner else { continue };
            match shares.binary_search_by_key(&owner, |(number, _)| *number) {
                Ok(at) => shares[at].1 += length,
                Err(at) => shares.insert(at, (owner, length)),
            }
        }
        shares
    }

    /// Share of the ring, 0..1, whose owner is another one in `next`.
    pub fn moved(&self, next: &Self) -> f64 {
        self.stretches(next).filter(|(_, (before, after))| before != after).map(|(length, _)| length).sum()
    }

    /// Stretches of the circle with one owner here and one in `other`, and their lengths as shares of it.
    fn stretches<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (f64, (Option<u32>, Option<u32>))> + 'a {
        let mut places: Vec<u64> = self.0.0.iter().chain(&other.0.0).map(|(place, _)| *place).collect();
        sort::few(&mut places);
        places.dedup();
        (0..places.len()).map(move |at| {
            let before = if at == 0 { places[places.len() - 1] } else { places[at - 1] };
            // The first one also owns what lies behind the last, around the end.
            let length = places[at].wrapping_sub(before);
            // One place alone is a whole circle.
            let length = if length == 0 { 1.0 } else { length as f64 / 18_446_744_073_709_551_616.0 };
            (length, (self.owner_at(places[at]), other.owner_at(places[at])))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_a_newcomer_takes_about_one_part_in_n_from_the_others() {
        for n in 1..=12 {
            let numbers: Vec<u32> = (0..n).collect();
            let (before, after) = (KeyRing::of(7, &numbers[..n as usize - 1]), KeyRing::of(7, &numbers));
            let shares = after.shares();
            assert_eq!(shares.len(), n as usize);
            assert!((shares.iter().map(|(_, share)| share).sum::<f64>() - 1.0).abs() < 1e-9);
            let moved = before.moved(&after);
            let own = shares[n as usize - 1].1;
            if n > 1 {
                assert!((moved - own).abs() < 1e-9, "only what the newcomer owns has moved: {moved} of {own}");
                // 160 points: its share has a standard deviation of about 1/n/sqrt(160), 8 % of it; four of them.
                assert!((own * f64::from(n) - 1.0).abs() < 0.32, "{own} of 1/{n}");
            }
            assert_eq!(after.moved(&after), 0.0);
        }
    }

    #[test]
    fn keys_go_where_their_stretch_belongs_and_the_shares_tell_how_many() {
        let ring = KeyRing::of(3, &[0, 1, 2, 5]);
        let mut counts = [0_u32; 6];
        for key in 0..40_000_u64 {
            counts[ring.owner(key).expect("there are nodes") as usize] += 1;
        }
        for (number, share) in ring.shares() {
            let counted = f64::from(counts[number as usize]) / 40_000.0;
            // Binomial: a standard error of at most 0.25 %; four of them.
            assert!((counted - share).abs() < 0.01, "{number}: {counted} of {share}");
        }
        assert_eq!((counts[3], counts[4]), (0, 0));
        assert_eq!(KeyRing::default().owner(1), None);
    }

    /// Who leaves gives its keys to the others, and comes back to the same ones.
    #[test]
    fn leaving_undoes_joining() {
        let (three, four) = (KeyRing::of(1, &[0, 1, 2]), KeyRing::of(1, &[0, 1, 2, 3]));
        for key in 0..5_000 {
            let (before, after) = (three.owner(key), four.owner(key));
            assert!(after == Some(3) || after == before, "{key}");
        }
        assert!((three.moved(&four) - four.moved(&three)).abs() < 1e-12);
    }
}
