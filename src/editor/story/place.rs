//! Where captions stand: beside their stations, over no station and no other caption.

use crate::editor::geometry::{Rect, Size};

/// Width of every caption [screen pixels].
pub const WIDTH: f64 = 256.0;
/// Between a caption and what it speaks of [screen pixels].
const GAP: f64 = 24.0;
/// Between a caption and everything else, the stage's edge included [screen pixels].
const CLEAR: f64 = 8.0;
/// Letters in a line, height of a line, and what stands around the lines [screen pixels].
const LETTERS: usize = 30;
const LINE: f64 = 20.0;
const AROUND: f64 = 24.0;

/// Height of a caption with these words, whole and with its title alone, at a cautious guess [screen pixels].
#[must_use]
pub fn heights(title: &str, text: &str) -> [f64; 2] {
    let height = |lines: usize| AROUND + LINE * lines as f64;
    [height(lines(title) + lines(text)), height(lines(title))]
}

/// Lines that words take, broken between them.
fn lines(words: &str) -> usize {
    let mut count = 1;
    let mut used = 0;
    for word in words.split(' ').map(|word| word.chars().count()) {
        if used > 0 && used + 1 + word > LETTERS {
            count += 1;
            used = word;
        } else {
            used += word + usize::from(used > 0);
        }
    }
    count
}

/// Where a caption stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    pub rect: Rect,
    /// There is room for its title alone.
    pub brief: bool,
}

/// A place for each caption: `anchors` are what they speak of, `heights` theirs ([`heights`]), `taken` all stations, in
/// the pixels of the stage, which is as large as `view`. `None` where no place is free.
#[must_use]
pub fn places(anchors: &[Rect], heights: &[[f64; 2]], taken: &[Rect], view: Size) -> Vec<Option<Spot>> {
    let mut taken = taken.to_vec();
    let find = |(anchor, heights): (&Rect, &[f64; 2])| {
        let free =
            |height| candidates(*anchor, height, view).find(|place| !taken.iter().any(|other| meets(place, other)));
        let whole = free(heights[0]).map(|rect| Spot { rect, brief: false });
        let spot = whole.or_else(|| free(heights[1]).map(|rect| Spot { rect, brief: true }));
        taken.extend(spot.map(|spot| spot.rect));
        spot
    };
    anchors.iter().zip(heights).map(find).collect()
}

/// Above and below, in the middle and flush with either side, near before far.
fn candidates(anchor: Rect, height: f64, view: Size) -> impl Iterator<Item = Rect> {
    let middle = anchor.x + (anchor.width - WIDTH) / 2.0;
    let rows = [GAP, CLEAR + 6.0, GAP + 56.0]
        .into_iter()
        .flat_map(move |far| [anchor.y - far - height, anchor.bottom() + far]);
    let all = rows.flat_map(move |y| {
        [middle, anchor.x, anchor.right() - WIDTH].map(|x| {
            let x = x.min(view.width - WIDTH - CLEAR).max(CLEAR);
            Rect { x, y, width: WIDTH, height }
        })
    });
    all.filter(move |place| place.y >= CLEAR && place.bottom() <= view.height - CLEAR && place.right() <= view.width)
}

/// Whether two stand too close to each other.
fn meets(a: &Rect, b: &Rect) -> bool {
    a.x < b.right() + CLEAR && b.x < a.right() + CLEAR && a.y < b.bottom() + CLEAR && b.y < a.bottom() + CLEAR
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: Rect = Rect { x: 300.0, y: 200.0, width: 168.0, height: 72.0 };
    const VIEW: Size = Size { width: 1_000.0, height: 500.0 };

    #[test]
    fn a_caption_stands_above_its_station_or_below_where_that_is_taken() {
        let both = places(&[CARD, CARD], &[[64.0, 44.0]; 2], &[CARD], VIEW);
        let [above, below] = [0, 1].map(|at| both[at].expect("there is room").rect);
        assert_eq!((above.bottom(), above.center().x), (CARD.y - GAP, CARD.center().x));
        assert_eq!(below.y, CARD.bottom() + GAP);
    }

    #[test]
    fn captions_keep_clear_of_stations_of_each_other_and_of_the_edge() {
        let cards: Vec<Rect> = (0..4).map(|n| Rect { x: 20.0 + 240.0 * f64::from(n), ..CARD }).collect();
        let placed: Vec<Rect> = places(&cards, &[[104.0, 44.0]; 4], &cards, VIEW)
            .into_iter()
            .map(|spot| spot.expect("there is room").rect)
            .collect();
        for (at, place) in placed.iter().enumerate() {
            assert!(place.x >= CLEAR && place.right() <= VIEW.width - CLEAR);
            assert!(cards.iter().chain(&placed[..at]).all(|other| !meets(place, other)));
        }
    }

    #[test]
    fn where_there_is_little_room_the_title_stands_alone_and_where_there_is_none_nothing() {
        let low = |height| places(&[CARD], &[[104.0, 44.0]], &[CARD], Size { height, ..VIEW })[0];
        assert_eq!(low(290.0).map(|spot| spot.brief), Some(false), "above");
        let card = Rect { y: 70.0, ..CARD };
        let spot = places(&[card], &[[104.0, 44.0]], &[card], Size { height: 160.0, ..VIEW })[0];
        assert_eq!(spot.map(|spot| spot.brief), Some(true));
        assert_eq!(places(&[card], &[[104.0, 44.0]], &[card], Size { width: 200.0, ..VIEW }), [None]);
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(lines("It refuses every request that reaches it."), 2);
        assert_eq!(lines("Orders replica 3 died."), 1);
    }
}
