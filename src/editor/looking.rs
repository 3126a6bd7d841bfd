//! What a change of the session does: selection, camera, panels, keys, what is said; never the document.

use std::rc::Rc;

use super::edit::target_name;
use super::geometry::{Camera, GRID, Rect, Size, ZOOM_MAX, ZOOM_MIN, card_rect, fit};
use super::{EditorState, FaultCard, Selection, SessionChange, Target, commands, faults, places, roam};
use crate::topology::document::{Change, Point};

impl EditorState {
    pub(super) fn change_session(&mut self, change: SessionChange) {
        let session = &mut self.session;
        let middle = Point { x: session.viewport.width / 2.0, y: session.viewport.height / 2.0 };
        match change {
            SessionChange::Select(selection) => session.selection = selection.within(&self.document),
            SessionChange::Toggle(target) => {
                if target.is_in(&self.document) {
                    session.selection.toggle(target);
                }
            }
            SessionChange::SelectAll => session.selection = Selection::all(&self.document),
            SessionChange::ClearSelection => session.selection = Selection::default(),
            SessionChange::Reveal(target) => self.reveal(target),
            SessionChange::Roam { from, dx, dy } => {
                if let Some(target) = roam::next(self, from, (dx, dy)) {
                    self.bring(target);
                }
            }
            SessionChange::SetCamera(camera) => {
                if [camera.x, camera.y, camera.zoom].iter().all(|v| v.is_finite()) {
                    session.kept.camera = Camera { zoom: camera.zoom.clamp(ZOOM_MIN, ZOOM_MAX), ..camera };
                }
            }
            SessionChange::PanBy { dx, dy } => {
                if dx.is_finite() && dy.is_finite() {
                    session.kept.camera = session.kept.camera.panned(dx, dy);
                }
            }
            SessionChange::ZoomBy { factor, at_screen } => {
                let camera = session.kept.camera;
                session.kept.camera = camera.zoomed_to(camera.zoom * factor, at_screen.unwrap_or(middle));
            }
            SessionChange::ZoomReset => session.kept.camera = session.kept.camera.zoomed_to(1.0, middle),
            SessionChange::Fit => {
                // Before the stage has measured itself there is nothing to fit into.
                if session.viewport.width > 0.0
                    && let Some(camera) = fit(&self.drawn, session.viewport)
                {
                    session.kept.camera = camera;
                }
            }
            SessionChange::ShowSelected => self.show_selected(),
            SessionChange::Rename(target) => {
                let able = matches!(target, Some(Target::Node(_) | Target::Area(_))) && !self.read_only;
                session.renaming = target.filter(|target| able && target.is_in(&self.document));
            }
            SessionChange::Menu(at) => session.menu = at,
            SessionChange::SetKey { id, key } => {
                let taken = key.as_deref().and_then(|key| commands::for_chord(&session.kept, key));
                if let Some(other) = taken.filter(|other| other.id != id) {
                    session.kept.keys.insert(other.id.to_owned(), String::new());
                }
                match key {
                    Some(key) => drop(session.kept.keys.insert(id, key)),
                    None => drop(session.kept.keys.remove(&id)),
                }
            }
            SessionChange::SetPlainKeys(on) => session.kept.plain_keys = on,
            // A stage that is folded away measures nothing; what it showed shall still be there when it comes back.
            SessionChange::SetViewport(size) if size.width <= 0.0 || size.height <= 0.0 => {}
            SessionChange::SetViewport(size) => {
                // Who has not moved the view since everything was in it goes on seeing everything.
                let whole = session.viewport.width == 0.0
                    || fit(&self.drawn, session.viewport).is_some_and(|camera| camera == session.kept.camera);
                session.viewport = size;
                self.draw();
                if whole {
                    self.change_session(SessionChange::Fit);
                }
            }
            SessionChange::SetTheme(theme) => session.kept.theme = theme,
            SessionChange::SetSnap(on) => session.kept.snap = on,
            SessionChange::SetAnimate(on) => session.kept.animate = on,
            SessionChange::SetPanel { panel, open } => drop(session.kept.panels.insert(panel, open)),
            SessionChange::SetTab { panel, tab } => drop(session.kept.tabs.insert(panel, tab)),
            SessionChange::ShowFault(card) => {
                let there =
                    |card: &FaultCard| !matches!(card, FaultCard::Planned(at) if *at >= self.document.faults.len());
                session.fault = card.filter(there);
            }
            SessionChange::Aim(fault) if faults::asks(&self.document, &fault) => {
                session.fault = Some(FaultCard::Aimed(fault));
            }
            SessionChange::Aim(fault) => {
                session.fault = None;
                self.deed(vec![Change::Inject(fault)]);
            }
            SessionChange::Act(changes) => self.deed(changes),
            SessionChange::Strike { fault, lasts_secs } => {
                session.lasting.retain(|(known, _)| !faults::same(known, &fault));
                if lasts_secs > 0.0 {
                    session.lasting.push((fault.clone(), lasts_secs));
                }
                self.deed(vec![Change::Inject(fault)]);
            }
            SessionChange::Lasted(fault) => session.lasting.retain(|(known, _)| !faults::same(known, &fault)),
            SessionChange::ForgetDeeds => {
                session.lasting.clear();
                Rc::make_mut(&mut self.history).forget_deeds();
            }
            SessionChange::Notify(text) => self.notify(text),
            SessionChange::DismissNotice => session.notice.text.clear(),
            SessionChange::Restore(kept) => {
                let sound = [kept.camera.x, kept.camera.y, kept.camera.zoom].iter().all(|v| v.is_finite());
                session.kept = kept;
                let camera = if sound { session.kept.camera } else { Camera::default() };
                session.kept.camera = Camera { zoom: camera.zoom.clamp(ZOOM_MIN, ZOOM_MAX), ..camera };
            }
        }
    }

    fn show_selected(&mut self) {
        let selection = &self.session.selection;
        let cards = selection.nodes.iter().filter_map(|id| self.drawn.nodes.get(id)).map(|node| card_rect(node));
        let frames = selection.areas.iter().filter_map(|id| self.drawn.areas.get(id)).map(|area| places::frame(area));
        if let Some(rect) = cards.chain(frames).reduce(|a, b| a.union(&b)) {
            let camera = self.session.kept.camera;
            self.session.kept.camera = camera.showing(rect, self.session.viewport);
        }
    }

    fn reveal(&mut self, target: Target) {
        if self.bring(target) {
            self.session.selection = Selection::of(target);
            let name = target_name(&self.document, target);
            self.notify(format!("{name} selected."));
        }
    }

    /// Asks for the keyboard's focus and brings the target into view; whether it is there.
    fn bring(&mut self, target: Target) -> bool {
        let rect = match target {
            Target::Node(id) => self.drawn.nodes.get(&id).map(|node| card_rect(node)),
            Target::Edge(id) => self.curves.get(&id).map(|curve| Rect::from_corners(curve.p0, curve.p3)),
            Target::Area(id) => self.drawn.areas.get(&id).map(|area| places::frame(area)),
        };
        let Some(rect) = rect else { return false };
        let session = &mut self.session;
        let serial = session.focus.map_or(0, |(_, serial)| serial);
        session.focus = Some((target, serial.wrapping_add(1)));
        let camera = session.kept.camera;
        let (near, far) = (
            camera.screen_from_world(Point { x: rect.x, y: rect.y }),
            camera.screen_from_world(Point { x: rect.right(), y: rect.bottom() }),
        );
        let Size { width, height } = session.viewport;
        let seen = near.x >= GRID && near.y >= GRID && far.x <= width - GRID && far.y <= height - GRID;
        if !seen && width > 0.0 {
            let center = rect.center();
            let (x, y) = (center.x - width / camera.zoom / 2.0, center.y - height / camera.zoom / 2.0);
            session.kept.camera = Camera { x, y, zoom: camera.zoom };
        }
        true
    }
}
