//! What a run tells in plain words, over the first minute that a newcomer sees: every sentence follows from what the
//! engine reports, so the words stand here as they come.

use expect_test::{Expect, expect};
use headroom::editor::story::captions::captions;
use headroom::editor::story::ending::finding;
use headroom::editor::story::repair::{breaks, repair};
use headroom::editor::story::{Mood, head};
use headroom::engine::time::SimTime;
use headroom::protocol::{Ending, Exemplars, Frame, LogLine, RunId, RunStatus};
use headroom::runner::account;
use headroom::runner::frame::{FrameBuilder, Pace};
use headroom::runner::session::Session;
use headroom::topology::document::{Change, Document};
use headroom::topology::format::Run;

/// A run that is watched as the page watches it.
struct Watched {
    session: Session,
    frames: FrameBuilder,
    wall_ms: f64,
    frame: Frame,
    exemplars: Exemplars,
    log: Vec<LogLine>,
}

impl Watched {
    fn open() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/www/scenarios/first-minute.json");
        let run = Run::from_json(&std::fs::read_to_string(path).expect("it can be read")).expect("it is a run");
        let session = Session::open(&run).0.expect("it runs");
        let (frames, frame) = (FrameBuilder::default(), Frame::default());
        let mut watched =
            Self { session, frames, wall_ms: 1.0, frame, exemplars: Exemplars::default(), log: Vec::new() };
        watched.look();
        watched
    }

    fn look(&mut self) {
        self.wall_ms += 1_000.0;
        let system = self.session.system_mut();
        let (clock, over) = (system.now(), system.finished());
        let status = if over { RunStatus::Finished } else { RunStatus::Running };
        let pace = Pace {
            run: RunId::default(),
            status,
            jump: 0,
            speed: 1.0,
            speed_reached: 1.0,
            clock,
            wall_ms: self.wall_ms,
        };
        self.frame = self.frames.build(system, pace);
        self.log.extend(self.frame.log.iter().cloned());
        self.exemplars = self.frame.exemplars.clone().expect("a second has passed");
    }

    /// Goes on to this moment [s], looking four times a second.
    fn to(&mut self, secs: f64) {
        loop {
            let now = self.session.system().now().as_secs_f64();
            if now >= secs || self.session.system().finished() {
                break;
            }
            self.session.advance(SimTime::from_secs_f64((now + 0.25).min(secs)), u64::MAX);
            self.look();
            if now == self.session.system().now().as_secs_f64() {
                self.session.advance(SimTime::from_secs_f64(now + 1.0), u64::MAX);
            }
        }
    }

    fn document(&self) -> Document {
        self.session.document().clone()
    }

    fn told(&self) -> String {
        let document = self.document();
        let head = head(&document, &self.frame, &self.frame.recent, &self.exemplars, false);
        let mut text = format!("{:?}: {} / {}\n", head.mood, head.title, head.why);
        for caption in captions(&document, &self.frame) {
            text += &format!("{:?}: {} {}\n", caption.at, caption.title, caption.text);
        }
        if let Some(repair) = repair(&document, &self.frame) {
            text += &format!("[{}] {} {}\n", repair.label, repair.title, repair.wait);
        }
        text
    }

    fn finding(&self) -> String {
        let system = self.session.system();
        let (trouble, reason, first_failed) =
            (account::trouble(system), account::reason(system), system.first_failed());
        let ending = Ending { trouble, reason, first_failed, ..Ending::default() };
        let missed = self.frame.money.as_ref().map_or(0.0, |money| money.missed_secs);
        let found = finding(&self.document(), &self.frame.totals, &ending, &self.log, missed);
        format!("{}\n{}\n{:?} {:?} {:?}\n", found.sentence, found.why, found.at_ns, found.station, found.request)
    }
}

#[track_caller]
fn check(text: &str, expected: Expect) {
    expected.assert_eq(&text.replace('\u{202f}', " "));
}

#[test]
fn a_machine_dies_and_words_say_cause_and_effect_in_order() {
    let mut run = Watched::open();
    run.to(7.5);
    check(
        &run.told(),
        expect![[r#"
        Calm: All answered in time / 
    "#]],
    );
    run.to(10.0);
    check(
        &run.told(),
        expect![[r#"
            Suffering: 27 % of requests are failing / At 0:08, Orders replica 3 was killed
            Node(NodeId(3)): Orders replica 3 was killed. It refuses every request that reaches it.
            Node(NodeId(2)): Front door has not noticed. Orders replica 3 fails at once, so it looks idle and gets 32 % of all requests.
            Node(NodeId(1)): Customers get errors. So far 159 requests have failed; every second adds 53 more.
            [Revive] Repair Orders replica 3 Or wait: Front door stops sending to it after 3 failed health checks, one every 6 s.
        "#]],
    );
    run.to(30.0);
    check(
        &run.told(),
        expect![[r#"
        Calm: All answered in time / 
        Node(NodeId(3)): Orders replica 3 was killed. It refuses every request that reaches it.
        Node(NodeId(2)): Front door has noticed. It sends nothing to Orders replica 3 any more. 5 of 6 are left.
        Node(NodeId(1)): Every request is answered again. 1 246 requests failed before that.
        [Revive] Repair Orders replica 3 Front door works around it, but it is missing until you repair it.
    "#]],
    );
    run.to(61.0);
    check(
        &run.finding(),
        expect![[r#"
        11 % of requests got no answer: 1 246 of 11 845.
        It began at 0:08, when Orders replica 3 was killed, and was over at 0:24. 1 244 of them: connection refused: the replica is dead. The objective was missed for 16 s.
        Some(8000000000) Some(Node(NodeId(3))) Some((NodeId(1), 1577))
    "#]],
    );
}

#[test]
fn one_press_repairs_it_and_users_are_answered_again() {
    let mut run = Watched::open();
    run.to(12.0);
    let repair = repair(&run.document(), &run.frame).expect("something is broken");
    for (kind, target) in repair.lifts {
        run.session.apply(Change::Lift { kind: kind.to_owned(), target }).expect("it can be lifted");
    }
    run.to(17.0);
    check(
        &run.told(),
        expect![[r#"
        Calm: All answered in time / 
        Node(NodeId(1)): Every request is answered again. 300 requests failed in all.
    "#]],
    );
    run.to(61.0);
    check(
        &run.finding(),
        expect![[r#"
        2.5 % of requests got no answer: 300 of 11 845.
        It began at 0:08, when Orders replica 3 was killed, and was over at 0:12. 298 of them: connection refused: the replica is dead. The objective was missed for 8 s.
        Some(8000000000) Some(Node(NodeId(3))) Some((NodeId(1), 1577))
    "#]],
    );
}

#[test]
fn what_a_newcomer_can_break_hurts_and_is_named() {
    for index in 0..3 {
        let mut run = Watched::open();
        run.to(2.0);
        let mut ways = breaks(&run.document(), &run.frame);
        let labels: Vec<String> = ways.iter().map(|way| way.label.clone()).collect();
        assert_eq!(
            labels,
            [
                "Kill Orders replica 1",
                "Slow down the connection from Customers to Front door",
                "Send 10 times the traffic"
            ]
        );
        let fault = ways.remove(index).fault;
        run.session.apply(Change::Inject(fault)).expect("it can be broken");
        run.to(7.0);
        let head = head(&run.document(), &run.frame, &run.frame.recent, &run.exemplars, false);
        assert_eq!(head.mood, Mood::Suffering, "{head:?}");
        assert!(head.why.starts_with("At "), "{head:?}");
        assert!(captions(&run.document(), &run.frame).len() >= 2, "cause and effect are told");
    }
}
