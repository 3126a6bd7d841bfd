//! Time in the talk: what was changed while it ran and when, going to another moment, taking a change back.
//!
//! Going back is free: the worker replays what is logged, the editor's document stays the newest. A change made there cuts off
//! what had been played after it, and from there on the system is as the editor's document says. A step taken back gives the run
//! the inputs that it had before that step, what it had cut off included.

use std::rc::Rc;

use super::{Conversation, News, Waiting};
use crate::protocol::ToWorker;
use crate::topology::document::{Change, Input};
use crate::topology::format;

/// A change that was made while it ran, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Hand {
    pub input: Input,
    /// The moment of the run [ns]; `None`: recorded, and not played here yet.
    pub at_ns: Option<u64>,
}

impl Conversation {
    /// What was changed while it ran, by hand or in the run as it was shared.
    #[must_use]
    pub fn hands(&self) -> &Rc<Vec<Hand>> {
        &self.hands
    }

    /// The moment that the worker is on its way to [ns].
    #[must_use]
    pub fn jumping(&self) -> Option<u64> {
        self.next_jump.or(self.jumping)
    }

    /// Faults that a hand has let loose in this run, and what was lifted, with their moments [ns].
    pub fn loose(&self) -> impl Iterator<Item = (u64, &Change)> {
        let by_hand = self.hands.iter().filter(|hand| !matches!(hand.input.change, Change::Edit(_)));
        by_hand.filter_map(|hand| Some((hand.at_ns?, &hand.input.change)))
    }

    pub(super) fn forget_jumps(&mut self) {
        (self.jumps, self.jumping, self.next_jump, self.take_back) = (0, None, None, None);
        self.follows = true;
    }

    /// Faults start or end now: one step, which [`Conversation::take_back`] takes back by its number. A run that is over
    /// takes none.
    pub fn act(&mut self, step: u32, changes: Vec<Change>) {
        if self.finished() {
            return;
        }
        for (place, change) in changes.into_iter().enumerate() {
            self.change(change, (place == 0).then_some(step));
        }
    }

    fn change(&mut self, change: Change, step: Option<u32>) {
        if self.until_event.is_some() || self.jumping.is_some() {
            self.held.push((change, step));
            return;
        }
        self.send_change(&change);
        self.waiting.push_back(Waiting::Fault { change, step });
    }

    pub(super) fn change_held(&mut self) {
        for (change, step) in std::mem::take(&mut self.held) {
            self.change(change, step);
        }
    }

    /// Takes the latest step by hand back, if it is this one: the run comes to the present moment as if it had never been,
    /// and what that step had cut off lies ahead again. Gives the moment from which on the run is another one [ns].
    pub fn take_back(&mut self, step: u32) -> Option<u64> {
        if self.loading || self.until_event.is_some() {
            return None;
        }
        if !self.waiting.is_empty() || !self.held.is_empty() {
            self.take_back = Some(step);
            return None;
        }
        let (_, before) = self.earlier.pop_if(|(latest, _)| *latest == step)?;
        let same = self.hands.iter().zip(before.iter()).take_while(|(now, then)| now.input == then.input).count();
        let differs = [self.hands.get(same), before.get(same)].into_iter().flatten();
        let differs = differs.filter_map(|hand| hand.at_ns).min();
        self.hands = before;
        let to_ns = self.jumping().unwrap_or(self.now_ns);
        self.jump(to_ns, true);
        Some(differs.unwrap_or(0))
    }

    /// Goes to a moment of the run [ns]: back for nothing, ahead by computing. What had been played stays what it was until
    /// something is changed.
    pub fn seek(&mut self, to_ns: u64) {
        if self.loading || self.until_event.is_some() || !self.ready {
            return;
        }
        if self.jumping.is_some() {
            self.next_jump = Some(to_ns);
        } else {
            self.jump(to_ns, false);
        }
    }

    fn jump(&mut self, to_ns: u64, rewrite: bool) {
        self.jumps += 1;
        (self.jumping, self.next_jump, self.follows) = (Some(to_ns), None, false);
        let (run, jump) = (self.run, self.jumps);
        self.outgoing.push(if rewrite {
            let inputs_json = self.hands.iter().map(|hand| format::input_to_json(&hand.input)).collect();
            ToWorker::Rewrite { run, jump, to_ns, inputs_json }
        } else {
            ToWorker::Seek { run, jump, to_ns }
        });
    }

    /// The worker stands where it was sent.
    pub(super) fn arrived(&mut self) {
        // The document of that moment.
        let mut document = (*self.base).clone();
        for hand in self.hands.iter().filter(|hand| hand.input.at_event <= self.events) {
            if let Change::Edit(edit) = &hand.input.change {
                edit.apply(&mut document);
            }
        }
        self.accepted = Rc::new(document);
        self.jumping = None;
        if let Some(next) = self.next_jump.take() {
            self.jump(next, false);
        } else {
            self.change_held();
            self.catch_up();
        }
    }

    pub(super) fn changed(&mut self, at_ns: u64, refused: Option<String>, input_json: Option<String>) -> Option<News> {
        let input: Option<Input> = input_json.and_then(|json| format::input_from_json(&json).ok());
        // A change that nobody here asked for is one that the run had recorded.
        if let Some(input) = &input
            && self.waiting.front().is_none_or(|waiting| *waiting.change() != input.change)
        {
            return self.replayed(at_ns, input);
        }
        let waiting = self.waiting.pop_front()?;
        let news = match refused {
            Some(diagnostics) => News::Refused(serde_json::from_str(&diagnostics).unwrap_or_default()),
            None => {
                if let Waiting::Fault { step: Some(step), .. } = waiting {
                    self.earlier.push((step, self.hands.clone()));
                }
                if let Waiting::Edit { document, .. } = &waiting {
                    self.accepted = document.clone();
                }
                self.follows = true;
                if let Some(input) = input {
                    // A new change makes another future: what had been recorded beyond it is void.
                    let hands = Rc::make_mut(&mut self.hands);
                    hands.retain(|recorded| recorded.input.at_event <= input.at_event);
                    hands.push(Hand { input, at_ns: Some(at_ns) });
                }
                News::Applied { void_after_ns: at_ns }
            }
        };
        // Also where nothing is new in the editor: what was cut off may have held its latest edits.
        self.catch_up();
        if self.waiting.is_empty()
            && let Some(step) = self.take_back.take()
            && let Some(void_after_ns) = self.take_back(step)
        {
            return Some(News::Applied { void_after_ns });
        }
        Some(news)
    }

    /// A recorded change was applied: the first time the editor's document follows it, later it does so already.
    fn replayed(&mut self, at_ns: u64, input: &Input) -> Option<News> {
        if let Change::Edit(edit) = &input.change {
            let mut accepted = (*self.accepted).clone();
            edit.apply(&mut accepted);
            self.accepted = Rc::new(accepted);
        }
        let hands = Rc::make_mut(&mut self.hands);
        match hands.iter_mut().find(|hand| hand.input == *input) {
            Some(hand) if hand.at_ns.is_some() => return None,
            Some(hand) => hand.at_ns = Some(at_ns),
            None => hands.push(Hand { input: input.clone(), at_ns: Some(at_ns) }),
        }
        Some(News::Recorded(input.change.clone()))
    }
}
