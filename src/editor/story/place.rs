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

/// Height of a caption with these words, at a cautious guess [screen pixels].
#[must_use]
pub fn height(title: &str, text: &str) -> f64 {
    AROUND + LINE * (lines(title) + lines(text)) as f64
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

/// A place for each caption: `anchors` are what they speak of, `heights` theirs, `taken` all stations, in the pixels of
/// the stage, which is as large as `view`. `None` where no place is free.
#[must_use]
pub fn places(anchors: &[Rect], heights: &[f64], taken: &[Rect], view: Size) -> Vec<Option<Rect>> {
    let mut taken = taken.to_vec();
    let find = |(anchor, height): (&Rect, &f64)| {
        let place = candidates(*anchor, *height, view).find(|place| !taken.iter().any(|other| meets(place, other)));
        taken.extend(place);
        place
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
        let above = places(&[CARD], &[64.0], &[CARD], VIEW)[0].expect("there is room");
        assert_eq!((above.bottom(), above.center().x), (CARD.y - GAP, CARD.center().x));
        let both = places(&[CARD, CARD], &[64.0, 64.0], &[CARD], VIEW);
        assert_eq!(both[1].expect("there is room").y, CARD.bottom() + GAP);
    }

    #[test]
    fn captions_keep_clear_of_stations_of_each_other_and_of_the_edge() {
        let cards: Vec<Rect> = (0..4).map(|n| Rect { x: 20.0 + 240.0 * f64::from(n), ..CARD }).collect();
        let placed = places(&cards, &[104.0; 4], &cards, VIEW);
        for (at, place) in placed.iter().enumerate() {
            let place = place.expect("there is room");
            assert!(place.x >= CLEAR && place.right() <= VIEW.width - CLEAR);
            assert!(cards.iter().all(|card| !meets(&place, card)));
            assert!(placed[..at].iter().flatten().all(|other| !meets(&place, other)));
        }
    }

    #[test]
    fn where_nothing_is_free_nothing_is_hidden() {
        assert_eq!(places(&[CARD], &[64.0], &[CARD], Size { width: 390.0, height: 280.0 }), [None]);
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(lines("It refuses every request that reaches it."), 2);
        assert_eq!(lines("Orders replica 3 died."), 1);
    }
}
