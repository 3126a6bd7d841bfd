//! The page and the program of manifests: which question follows which, and which answer counts.

use crate::protocol::BUILD;
use crate::protocol::manifest::{FromManifests, ManifestAnswer, ManifestAsk, ToManifests};

/// One question at a time: a newer one takes an older one's place, and answers to older ones are dropped.
#[derive(Debug, Default)]
pub struct Asking {
    ready: bool,
    /// The program that is gone had come before it broke.
    broke: bool,
    job: u32,
    /// The question that has no answer yet.
    open: Option<ManifestAsk>,
}

/// What a message means to the page.
#[derive(Debug, PartialEq)]
pub enum Heard {
    /// The program is there; the question that waited for it, to be sent.
    Ready(Option<ToManifests>),
    /// It was built from something else than this page: from what.
    WrongBuild(String),
    Answer(ManifestAnswer),
    /// The answer to an older question.
    Late,
}

impl Asking {
    /// Asks; gives what to send now, which is nothing while the program is still on its way.
    pub fn ask(&mut self, ask: ManifestAsk) -> Option<ToManifests> {
        self.job = self.job.wrapping_add(1);
        self.open = Some(ask);
        self.to_send()
    }

    /// Takes a message in.
    pub fn received(&mut self, message: FromManifests) -> Heard {
        match message {
            FromManifests::Ready { build } if build != BUILD => Heard::WrongBuild(build),
            FromManifests::Ready { .. } => {
                self.ready = true;
                Heard::Ready(self.to_send())
            }
            FromManifests::Answer { job, answer } => {
                let awaited = job == self.job && self.open.take().is_some();
                if awaited { Heard::Answer(answer) } else { Heard::Late }
            }
        }
    }

    /// Whether the program has come and answers.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.ready
    }

    /// Whether a question waits for its answer.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.open.is_some()
    }

    /// The program is gone; the next one is asked the open question anew.
    pub fn lost(&mut self) {
        self.broke = self.ready;
        self.ready = false;
    }

    /// Whether it came and broke, over some text: another one may do. One that never came needs the connection mended, so it
    /// is fetched again only when that is asked for.
    #[must_use]
    pub fn broke(&self) -> bool {
        self.broke
    }

    fn to_send(&self) -> Option<ToManifests> {
        self.open.clone().filter(|_| self.ready).map(|ask| ToManifests { job: self.job, ask })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::manifest::Understood;

    fn ask(text: &str) -> ManifestAsk {
        ManifestAsk::Read { text: text.to_owned(), stations: Vec::new() }
    }

    fn ready() -> FromManifests {
        FromManifests::Ready { build: BUILD.to_owned() }
    }

    fn answer(job: u32) -> FromManifests {
        FromManifests::Answer { job, answer: ManifestAnswer::Read(Understood::default()) }
    }

    #[test]
    fn a_question_waits_for_the_program_and_hears_only_the_newest_answer() {
        let mut asking = Asking::default();
        assert_eq!(asking.ask(ask("a")), None, "nobody is there yet");
        assert_eq!(asking.received(ready()), Heard::Ready(Some(ToManifests { job: 1, ask: ask("a") })));
        assert_eq!(asking.ask(ask("b")), Some(ToManifests { job: 2, ask: ask("b") }));
        assert_eq!(asking.received(answer(1)), Heard::Late);
        assert!(asking.waits());
        assert!(matches!(asking.received(answer(2)), Heard::Answer(ManifestAnswer::Read(_))));
        assert_eq!(asking.received(answer(2)), Heard::Late);
        assert!(!asking.waits());
    }

    #[test]
    fn after_a_loss_the_next_program_is_asked_what_stayed_open() {
        let mut asking = Asking::default();
        asking.received(ready());
        asking.ask(ask("a"));
        asking.lost();
        assert_eq!(asking.ask(ask("b")), None, "the next one is still on its way");
        assert_eq!(asking.received(ready()), Heard::Ready(Some(ToManifests { job: 2, ask: ask("b") })));
    }

    #[test]
    fn a_program_that_broke_is_told_from_one_that_never_came() {
        let mut asking = Asking::default();
        asking.lost();
        assert!(!asking.broke());
        asking.received(ready());
        asking.lost();
        assert!(asking.broke());
    }

    #[test]
    fn a_program_of_another_build_is_told_apart() {
        let mut asking = Asking::default();
        let old = FromManifests::Ready { build: "0.0.1-old".to_owned() };
        assert_eq!(asking.received(old), Heard::WrongBuild("0.0.1-old".to_owned()));
        assert!(!asking.ready());
    }
}
