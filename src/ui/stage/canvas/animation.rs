//! What happens before every repaint: dots move on, gauges follow the newest frame. No component renders for it.

use std::cell::RefCell;
use std::rc::Rc;

use web_sys::{Element, HtmlCanvasElement};

use super::gauges::Gauges;
use super::keys::Latest;
use super::painter::Painter;
use super::world::Drawn;
use crate::editor::geometry::is_far;
use crate::editor::scene::{DotField, DynamicInput, PaintClock, build_dynamic, dots_drawn};
use crate::editor::{Camera, Rect};
use crate::protocol::{RunId, RunStatus};
use crate::topology::document::{Document, EdgeId};
use crate::ui::browser;
use crate::ui::client::frames::FrameCell;

/// Gauges are written at most this often [ms].
const GAUGES_EVERY_MS: f64 = 100.0;
/// Without motion the picture is renewed this often [ms].
const STILL_EVERY_MS: f64 = 500.0;
/// The picture's own figures are put on the canvas element this often [ms], for tests and the benchmark.
const FIGURES_EVERY_MS: f64 = 250.0;

/// The dots as they are drawn, and the simulated time at which they are [ns]: to tell whose a dot is.
pub type Dots = Rc<RefCell<(DotField, u64)>>;

/// Everything the picture depends on but the dots: the same twice means that nothing needs painting.
#[derive(Clone, Debug, Default, PartialEq)]
struct Seen {
    camera: Camera,
    now_ns: u64,
    dots: usize,
    motion: bool,
    drawing: usize,
}

/// The moving part of the stage.
#[derive(Debug)]
pub struct Animation {
    frames: Rc<FrameCell>,
    latest: Latest,
    stage: Element,
    canvas: HtmlCanvasElement,
    painter: Option<Painter>,
    dots: Dots,
    /// What is drawn of a large drawing, now and when the gauges were last written.
    drawn: Drawn,
    drawn_before: (Option<Rect>, bool),
    clock: PaintClock,
    gauges: Gauges,
    /// The document that the gauges were last written for.
    drawing: Option<Rc<Document>>,
    run: Option<RunId>,
    /// The simulated time and serial of the newest frame seen.
    frame_ns: u64,
    serial: u64,
    gauges_at_ms: f64,
    painted_at_ms: f64,
    figures_at_ms: f64,
    painted: u64,
    seen: Seen,
    /// The learner's system asks for little motion.
    reduced: bool,
}

impl Animation {
    #[must_use]
    pub(super) fn new(
        frames: Rc<FrameCell>,
        latest: Latest,
        (dots, drawn): (Dots, Drawn),
        stage: Element,
        canvas: HtmlCanvasElement,
    ) -> Self {
        Self {
            painter: Painter::new(canvas.clone()),
            frames,
            latest,
            stage,
            canvas,
            dots,
            drawn,
            drawn_before: (None, false),
            clock: PaintClock::default(),
            gauges: Gauges::default(),
            drawing: None,
            run: None,
            frame_ns: 0,
            serial: 0,
            gauges_at_ms: f64::NEG_INFINITY,
            painted_at_ms: f64::NEG_INFINITY,
            figures_at_ms: f64::NEG_INFINITY,
            painted: 0,
            seen: Seen::default(),
            reduced: false,
        }
    }

    /// Before a repaint at `now_ms`.
    pub fn tick(&mut self, now_ms: f64) {
        self.take_hops(now_ms);
        self.write_gauges(now_ms);
        self.paint(now_ms);
        self.tell_figures(now_ms);
    }

    fn take_hops(&mut self, now_ms: f64) {
        let hops = self.frames.take_hops();
        let Some(frame) = self.frames.latest() else {
            self.dots.borrow_mut().0.clear();
            self.clock.reset();
            (self.run, self.frame_ns) = (None, 0);
            return;
        };
        // Another run, or a jump back within this one: what was under way is gone.
        if self.run != Some(frame.run) || frame.now_ns < self.frame_ns {
            self.dots.borrow_mut().0.clear();
            self.clock.reset();
        }
        (self.run, self.frame_ns) = (Some(frame.run), frame.now_ns);
        let running = frame.status == RunStatus::Running;
        let clock_ns = self.frames.clock_ns(now_ms);
        let shown_ns = self.clock.advance(clock_ns, frame.now_ns.saturating_sub(frame.from_ns), running);
        let (dots, drawn_ns) = &mut *self.dots.borrow_mut();
        *drawn_ns = shown_ns;
        if running {
            dots.set_rate(shown_ns, frame.speed_reached * 1e9);
        }
        if frame.status == RunStatus::Finished {
            // Nothing is on its way any more: standing dots would tell otherwise.
            dots.clear();
        } else {
            dots.add(&hops);
            dots.prune(shown_ns);
        }
        self.seen.now_ns = shown_ns;
    }

    fn write_gauges(&mut self, now_ms: f64) {
        let state = self.latest.borrow().clone();
        let drawn = (self.drawn.get(), is_far(state.session.camera().zoom));
        let redrawn = !self.drawing.as_ref().is_some_and(|drawing| Rc::ptr_eq(drawing, &state.document));
        let serial = self.frames.serial();
        let due = serial != self.serial && now_ms - self.gauges_at_ms >= GAUGES_EVERY_MS;
        if !redrawn && !due && drawn == self.drawn_before {
            return;
        }
        if redrawn {
            self.gauges.forget();
            self.drawing = Some(state.document.clone());
        }
        (self.serial, self.gauges_at_ms, self.drawn_before) = (serial, now_ms, drawn);
        // Rates are told on selected wires, and everywhere where dots do not move: elsewhere nobody sees them.
        let moving = state.session.kept.animate && !self.reduced;
        let told = |id: &EdgeId| !moving || state.session.selection.edges.contains(id);
        let frame = self.frames.latest();
        self.gauges.show(&self.stage, &state, frame.as_deref(), drawn, &told);
    }

    fn paint(&mut self, now_ms: f64) {
        let Some(painter) = &mut self.painter else { return };
        let state = self.latest.borrow().clone();
        let mut dirty = painter.resize(state.session.viewport);
        let motion = state.session.kept.animate && !self.reduced;
        let dots = &self.dots.borrow().0;
        let seen = Seen {
            camera: state.session.camera(),
            now_ns: self.seen.now_ns,
            dots: dots.len(),
            motion,
            drawing: Rc::as_ptr(&state.curves).addr(),
        };
        let moved = (seen.camera, seen.drawing, seen.motion) != (self.seen.camera, self.seen.drawing, self.seen.motion);
        dirty |= moved || (motion && seen.dots > 0) || seen.dots != self.seen.dots;
        if !dirty || (!motion && !moved && now_ms - self.painted_at_ms < STILL_EVERY_MS) {
            return;
        }
        let scene = build_dynamic(&DynamicInput { dots, curves: &state.curves, now_ns: seen.now_ns, motion });
        painter.paint(&scene, seen.camera);
        self.seen = Seen { dots: if dots_drawn(&scene) == 0 { 0 } else { seen.dots }, ..seen };
        self.painted_at_ms = now_ms;
        self.painted += 1;
    }

    fn tell_figures(&mut self, now_ms: f64) {
        if now_ms - self.figures_at_ms < FIGURES_EVERY_MS {
            return;
        }
        self.figures_at_ms = now_ms;
        self.reduced = browser::matches_media("(prefers-reduced-motion: reduce)");
        if let Some(painter) = &mut self.painter
            && painter.follow_theme()
        {
            // Painted anew in the new colors with the next tick.
            self.seen = Seen::default();
        }
        // Setting a data attribute cannot fail.
        let _ = self.canvas.set_attribute("data-painted", &self.painted.to_string());
        let _ = self.canvas.set_attribute("data-dots", &self.dots.borrow().0.len().to_string());
    }
}
