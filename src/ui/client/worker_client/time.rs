//! Time, as the page asks for it: going to a moment, what a hand does to the run, taking it back, beginning anew.

use super::Simulation;
use crate::topology::document::Change;

impl Simulation {
    /// Faults start or end now: a step with this number.
    pub fn act(&self, step: u32, changes: Vec<Change>) {
        self.say(|talk| talk.act(step, changes));
    }

    /// Takes that step back, if it is the latest.
    pub fn take_back(&self, step: u32) {
        let void = self.0.talk.borrow_mut().take_back(step);
        if let Some(void_after_ns) = void {
            self.0.view.borrow_mut().void_after(void_after_ns);
        }
        self.say(|_| ());
    }

    /// Goes to a moment of the run [ns].
    pub fn seek(&self, to_ns: u64) {
        self.0.talk.borrow_mut().seek(to_ns);
        self.send_outgoing();
        // A dragged playhead asks more often than views need to know.
        self.tell_if_due(false);
    }

    /// What a restart would lose: faults let loose and lifted by hand, with their moments [ns].
    #[must_use]
    pub fn loose(&self) -> Vec<(u64, Change)> {
        self.0.talk.borrow().loose().map(|(at_ns, change)| (at_ns, change.clone())).collect()
    }

    /// Begins the run anew; asks first where that would lose faults that a hand let loose.
    pub fn restart(&self, play: bool) {
        if self.0.talk.borrow().loose().next().is_some() {
            self.0.view.borrow_mut().restart_asked = Some(play);
            self.tell();
        } else {
            self.restart_now(play);
        }
    }

    /// It shall go on instead.
    pub fn keep_running(&self) {
        self.0.view.borrow_mut().restart_asked = None;
        self.tell();
    }

    /// The edit that comes next shall begin the run anew, at the same pace.
    pub fn restart_with_next_edit(&self) {
        let (playing, asked) = (self.0.talk.borrow().playing(), self.0.view.borrow().restart_asked);
        self.0.restart_with_edit.set(Some(asked.unwrap_or(playing)));
    }

    /// Begins the run anew, without what a hand let loose.
    pub fn restart_now(&self, play: bool) {
        self.0.watchdog.borrow_mut().lost = 0;
        self.say(|talk| talk.restart(play));
        self.forget();
        if play {
            self.refuses();
        }
    }
}
