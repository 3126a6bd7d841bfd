//! How a pool went: replicas and load over time, to be shown. Bounded: when it is full, every second point goes.

use serde::{Deserialize, Serialize};

use crate::engine::time::{SimDuration, SimTime};

/// Points that are kept at most.
const POINTS_MAX: usize = 480;

/// A moment of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoursePoint {
    pub at: SimTime,
    /// Replicas that there shall be.
    pub wanted: u32,
    /// Replicas that take requests.
    pub ready: u32,
    /// All that are not gone: those that start or leave among them.
    pub all: u32,
    /// Requests per second, as its scaler knows them; `None`: not measured yet.
    pub rate: Option<f64>,
}

/// The points of a run, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Course {
    points: Vec<CoursePoint>,
    /// Points that are closer together than this are one.
    step: SimDuration,
}

impl Course {
    pub fn points(&self) -> &[CoursePoint] {
        &self.points
    }

    /// Notes how things are now.
    pub(super) fn note(&mut self, point: CoursePoint) {
        // One that lies too near to the one before the last takes the last one's place.
        if let [.., before, last] = self.points.as_mut_slice()
            && (last.at == point.at || last.at.since(before.at) < self.step)
        {
            *last = point;
            return;
        }
        if self.points.len() == POINTS_MAX {
            let mut index = 0;
            self.points.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            let span = point.at.since(self.points[0].at);
            self.step = SimDuration(span.0 / (POINTS_MAX as u64 / 2));
        }
        self.points.push(point);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_bounded_and_keeps_the_whole_span() {
        let mut course = Course::default();
        let point = |second: u64| CoursePoint {
            at: SimTime::ZERO + SimDuration::from_secs(second),
            wanted: second as u32,
            ready: 0,
            all: 0,
            rate: None,
        };
        for second in 0..100_000 {
            course.note(point(second));
            assert!(course.points().len() <= POINTS_MAX);
        }
        let points = course.points();
        assert!(points.len() > POINTS_MAX / 3, "{}", points.len());
        assert_eq!((points[0], *points.last().unwrap()), (point(0), point(99_999)));
        assert!(points.windows(2).all(|pair| pair[0].at < pair[1].at));
        // Two things at one moment are one point.
        let before = course.points().len();
        course.note(CoursePoint { wanted: 7, ..point(99_999) });
        assert_eq!((course.points().len(), course.points().last().unwrap().wanted), (before, 7));
    }
}
