//! The latest frame, outside Yew: the painter reads it every animation frame, and no component renders for it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::protocol::{Frame, Hop, RunId, RunStatus};

/// Hops kept for the painter between two of its own frames; beyond that the oldest go, since nobody could see them.
const HOPS_KEPT: usize = 20_000;

/// Where frames lie between the worker and the painter.
#[derive(Debug, Default)]
pub struct FrameCell {
    latest: RefCell<Option<Rc<Frame>>>,
    /// Hops that came since the painter last took them.
    hops: RefCell<Vec<Hop>>,
    /// Wall time at which the latest frame came [ms since the page opened].
    came_at_ms: Cell<f64>,
    /// Goes up by one with every frame.
    serial: Cell<u64>,
}

impl FrameCell {
    /// Puts a frame in; hops of an older run are forgotten.
    pub fn put(&self, frame: Rc<Frame>, now_ms: f64) {
        let mut hops = self.hops.borrow_mut();
        let same_run = self.latest.borrow().as_ref().is_some_and(|latest| latest.run == frame.run);
        if !same_run {
            hops.clear();
        }
        hops.extend_from_slice(&frame.hops);
        if hops.len() > HOPS_KEPT {
            let surplus = hops.len() - HOPS_KEPT;
            hops.drain(..surplus);
        }
        *self.latest.borrow_mut() = Some(frame);
        self.came_at_ms.set(now_ms);
        self.serial.set(self.serial.get() + 1);
    }

    /// Forgets everything: a new run begins.
    pub fn clear(&self) {
        *self.latest.borrow_mut() = None;
        self.hops.borrow_mut().clear();
        self.serial.set(self.serial.get() + 1);
    }

    #[must_use]
    pub fn latest(&self) -> Option<Rc<Frame>> {
        self.latest.borrow().clone()
    }

    /// Hops since the last call, in the order in which they started within each frame.
    #[must_use]
    pub fn take_hops(&self) -> Vec<Hop> {
        std::mem::take(&mut *self.hops.borrow_mut())
    }

    /// Changes whenever something came or went.
    #[must_use]
    pub fn serial(&self) -> u64 {
        self.serial.get()
    }

    /// The run of the latest frame.
    #[must_use]
    pub fn run(&self) -> Option<RunId> {
        self.latest.borrow().as_ref().map(|frame| frame.run)
    }

    /// Simulated time to draw at wall time `now_ms` [ns]: carried on from the latest frame at the reached speed while
    /// the run goes on, so that dots move smoothly between frames; never more than a quarter second of wall time ahead.
    #[must_use]
    pub fn clock_ns(&self, now_ms: f64) -> u64 {
        let latest = self.latest.borrow();
        let Some(frame) = latest.as_ref() else { return 0 };
        if frame.status != RunStatus::Running || !frame.speed_reached.is_finite() {
            return frame.now_ns;
        }
        let ahead_ms = (now_ms - self.came_at_ms.get()).clamp(0.0, 250.0);
        frame.now_ns + (ahead_ms * 1e6 * frame.speed_reached.max(0.0)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::EdgeId;

    fn frame(run: u32, now_ns: u64, status: RunStatus, hops: usize) -> Rc<Frame> {
        let hop = Hop { edge: EdgeId(1), source: 0, ordinal: 0, back: false, outcome: 0, start_ns: 0, end_ns: 1 };
        Rc::new(Frame {
            run: RunId(run),
            now_ns,
            status,
            speed_reached: 2.0,
            hops: vec![hop; hops],
            ..Frame::default()
        })
    }

    #[test]
    fn hops_gather_until_taken_and_a_new_run_forgets_them() {
        let cell = FrameCell::default();
        cell.put(frame(1, 0, RunStatus::Running, 2), 0.0);
        cell.put(frame(1, 10, RunStatus::Running, 3), 16.0);
        assert_eq!(cell.take_hops().len(), 5);
        assert!(cell.take_hops().is_empty());
        cell.put(frame(1, 20, RunStatus::Running, 4), 32.0);
        cell.put(frame(2, 0, RunStatus::Running, 1), 48.0);
        assert_eq!(cell.take_hops().len(), 1);
    }

    #[test]
    fn the_drawn_clock_runs_on_at_the_reached_speed_and_stands_when_paused() {
        let cell = FrameCell::default();
        cell.put(frame(1, 1_000, RunStatus::Running, 0), 100.0);
        assert_eq!(cell.clock_ns(110.0), 1_000 + 20_000_000);
        assert_eq!(cell.clock_ns(10_000.0), 1_000 + 500_000_000, "held at a quarter second");
        cell.put(frame(1, 5_000, RunStatus::Paused, 0), 200.0);
        assert_eq!(cell.clock_ns(900.0), 5_000);
    }
}
