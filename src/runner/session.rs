//! A run under way: a document, its seed, and the log of what was changed when. Replaying the log gives the same run.
//!
//! A change while it runs (an edit, a fault, the lifting of one) is checked, applied between two events, and logged with the
//! number of events before it, never by wall time: the log replays to the same hash at any speed, in any slices. Document and log
//! together *are* the run. `advance(until, events_max)` is bounded, so the worker can let messages in.
//!
//! A checkpoint is a clone of the whole system (closed buckets of statistics are shared, not copied), taken at the start and then
//! every 250,000 events; beyond 24 of them, or 96 MiB, every second one goes and the distance doubles, so that they lie evenly over
//! the run however long it is. Seeking back goes to the checkpoint before the moment and forward from there; forking is a clone.
//! Changing something after going back forgets the recorded future.

use super::checkpoints::{Checkpoint, Checkpoints};
use crate::engine::time::SimTime;
use crate::model::ids::NodeId;
use crate::model::system::System;
use crate::topology::check::check_change;
use crate::topology::compile::{compile, live_fault, plan};
use crate::topology::document::{Change, Diagnostic, Document, Input, Severity};
use crate::topology::format::Run;

/// A run that can be advanced, changed, rewound and forked.
#[derive(Clone, Debug)]
pub struct Session {
    /// The document that the run began with.
    base: Document,
    /// The document that the system stands for now: base and every applied edit.
    document: Document,
    system: System,
    /// Inputs applied so far, in order; then, after a rewind or while a recorded run plays, those still to come.
    log: Vec<Input>,
    applied: usize,
    /// `None` where no one will rewind.
    checkpoints: Option<Checkpoints>,
}

/// What one call of [`Session::advance`] did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Advanced {
    /// Events processed.
    pub events: u64,
    /// Recorded inputs that were due and were applied, each with the moment at which that was.
    pub inputs: Vec<(SimTime, Input)>,
}

impl Session {
    /// Stands at time zero of `run`; its input log is applied as its moments come.
    ///
    /// The session is missing where an error stands in the way; the problems tell what and where.
    #[must_use]
    pub fn open(run: &Run) -> (Option<Self>, Vec<Diagnostic>) {
        let (system, diagnostics) = compile(&run.document);
        let session = system.map(|system| Self {
            base: run.document.clone(),
            document: run.document.clone(),
            system,
            log: run.inputs.clone(),
            applied: 0,
            checkpoints: None,
        });
        (session, diagnostics)
    }

    /// Keeps checkpoints from now on, so that going back is quick.
    #[must_use]
    pub fn with_checkpoints(mut self) -> Self {
        self.checkpoints = Some(Checkpoints::default());
        self
    }

    #[must_use]
    pub const fn system(&self) -> &System {
        &self.system
    }

    /// For observers: what is drawn and what is logged never changes a result.
    pub const fn system_mut(&mut self) -> &mut System {
        &mut self.system
    }

    /// The document as the system now stands for it.
    #[must_use]
    pub const fn document(&self) -> &Document {
        &self.document
    }

    /// Inputs applied so far.
    #[must_use]
    pub fn inputs(&self) -> &[Input] {
        &self.log[..self.applied]
    }

    /// The whole run, for a link or a file: it replays to the same hash. After going back, what is recorded beyond the
    /// present moment belongs to it, too.
    #[must_use]
    pub fn export(&self) -> Run {
        let mut run = Run::new(self.base.clone());
        run.inputs.clone_from(&self.log);
        run
    }

    /// Processes events up to and including `until`, at most `events_max`; recorded inputs are applied when due.
    pub fn advance(&mut self, until: SimTime, events_max: u64) -> Advanced {
        let mut done = Advanced::default();
        loop {
            while let Some(input) = self.log.get(self.applied).filter(|input| input.at_event <= self.system.events()) {
                let input = input.clone();
                self.enact(&input.change);
                self.applied += 1;
                done.inputs.push((self.system.now(), input));
            }
            let left = events_max - done.events;
            if left == 0 || self.system.finished() {
                return done;
            }
            self.checkpoint_if_due();
            let due = self.log.get(self.applied).map_or(u64::MAX, |input| input.at_event - self.system.events());
            let slice = self.checkpoints.as_ref().map_or(u64::MAX, Checkpoints::distance);
            let wanted = left.min(due).min(slice);
            let processed = self.system.advance(until, wanted);
            done.events += processed;
            if processed < wanted {
                return done;
            }
        }
    }

    /// Goes on by one event that moves something; bookkeeping in between is passed over.
    pub fn step(&mut self) -> Advanced {
        let mut done = Advanced::default();
        loop {
            let mut one = self.advance(SimTime::NEVER, 1);
            done.events += one.events;
            done.inputs.append(&mut one.inputs);
            if one.events == 0 || !self.system.quiet() {
                return done;
            }
        }
    }

    /// Applies a change now, before the next event, and logs it. Recorded inputs that were still to come are forgotten:
    /// from here on the run is another one.
    ///
    /// # Errors
    /// The problems that the change would bring, if any of them is an error; then nothing has changed.
    pub fn apply(&mut self, change: Change) -> Result<Input, Vec<Diagnostic>> {
        let problems = check_change(&self.document, &change);
        if problems.iter().any(|problem| problem.severity == Severity::Error) {
            return Err(problems);
        }
        self.log.truncate(self.applied);
        let at_event = self.system.events();
        if let Some(checkpoints) = &mut self.checkpoints {
            checkpoints.forget(|checkpoint| checkpoint.system.events() <= at_event);
        }
        self.enact(&change);
        let input = Input { at_event, change };
        self.log.push(input.clone());
        self.applied += 1;
        Ok(input)
    }

    /// Carries out a change that is known to be sound; a recorded one that no longer is (a damaged link) is passed over.
    fn enact(&mut self, change: &Change) {
        if let Change::Edit(edit) = change {
            let mut document = self.document.clone();
            edit.apply(&mut document);
            if let (Some(plan), _) = plan(&document) {
                self.document = document;
                self.system.rebuild(&plan);
            }
        } else if let Some(fault) = live_fault(change) {
            self.system.apply_fault(&fault);
        }
    }

    /// Goes back (or forward) to the last checkpoint that is not after `to`. The way from there to `to` is the caller's,
    /// by [`Session::advance`], in slices; inputs on that way are applied again.
    pub fn seek(&mut self, to: SimTime) {
        let now = self.system.now();
        let forward = to >= now;
        let ahead = forward.then_some(now);
        if let Some(checkpoint) = self.checkpoints.as_ref().and_then(|kept| kept.before(to, ahead)) {
            self.restore(checkpoint.clone());
        } else if !forward {
            self.start_over();
        }
    }

    /// Gives the run other inputs: the same without the latest, to take it back, or those that a change made earlier has
    /// cut off. It goes back to the last checkpoint before the first difference; the way from there is the caller's, as
    /// after [`Session::seek`].
    pub fn rewrite(&mut self, inputs: Vec<Input>) {
        let same = self.log.iter().zip(&inputs).take_while(|(old, new)| old == new).count();
        let differs = [self.log.get(same), inputs.get(same)].into_iter().flatten().map(|input| input.at_event).min();
        self.log = inputs;
        let Some(from) = differs else { return };
        let sound = |checkpoint: &Checkpoint| checkpoint.applied <= same && checkpoint.system.events() <= from;
        if let Some(checkpoints) = &mut self.checkpoints {
            checkpoints.forget(sound);
        }
        if self.applied <= same && self.system.events() <= from {
            return;
        }
        match self.checkpoints.as_ref().and_then(|kept| kept.iter().next_back()) {
            Some(checkpoint) => self.restore(checkpoint.clone()),
            None => self.start_over(),
        }
    }

    fn restore(&mut self, checkpoint: Checkpoint) {
        Checkpoint { system: self.system, document: self.document, applied: self.applied } = checkpoint;
    }

    fn start_over(&mut self) {
        let (system, _) = compile(&self.base);
        let profile_rate = self.system.profile_rate();
        self.system = system.expect("a document that has run can be run again");
        if let Some(per_second) = profile_rate {
            self.system.start_profile(per_second);
        }
        self.document = self.base.clone();
        self.applied = 0;
    }

    /// A copy that goes its own way from here; it shares its random numbers with this one.
    #[must_use]
    pub fn fork(&self) -> Self {
        let mut fork = self.clone();
        fork.log.truncate(fork.applied);
        fork
    }

    /// A copy that stands where the request with number `ordinal` of `source` is still to be born: at the last such
    /// checkpoint, or at the beginning. It replays what is logged, keeps no checkpoints, and knows no future.
    pub(super) fn before(&self, source: NodeId, ordinal: u64) -> Self {
        let events = self.system.events();
        let mut log = self.log.clone();
        log.truncate(self.applied);
        let unborn = |checkpoint: &&Checkpoint| {
            let next = checkpoint.system.next_ordinal(source);
            checkpoint.system.events() <= events && next.is_none_or(|next| next <= ordinal)
        };
        let (system, document, applied) =
            match self.checkpoints.as_ref().and_then(|kept| kept.iter().rev().find(unborn)) {
                Some(checkpoint) => (checkpoint.system.clone(), checkpoint.document.clone(), checkpoint.applied),
                None => {
                    let (system, _) = compile(&self.base);
                    (system.expect("a document that has run can be run again"), self.base.clone(), 0)
                }
            };
        Self { base: self.base.clone(), document, system, log, applied, checkpoints: None }
    }

    fn checkpoint_if_due(&mut self) {
        let Some(checkpoints) = self.checkpoints.as_mut().filter(|kept| kept.is_due(&self.system)) else { return };
        let mut system = self.system.clone();
        system.forget_news();
        checkpoints.keep(Checkpoint { system, document: self.document.clone(), applied: self.applied });
    }
}

/// Runs to the end; for programs that want results, not a show.
#[must_use]
pub fn run_to_end(run: &Run) -> (Option<Session>, Vec<Diagnostic>) {
    let (session, diagnostics) = Session::open(run);
    let session = session.map(|mut session| {
        session.advance(SimTime::NEVER, u64::MAX);
        session
    });
    (session, diagnostics)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::params::Params;
    use crate::topology::document::{Edge, Edit, Fault, FaultTarget, Node, NodeId, Point};

    fn document() -> Document {
        let mut document = Document { run_length_secs: 120.0, seed: 5, ..Document::default() };
        let node = |kind: &str, params: Params| Node {
            kind: kind.to_owned(),
            label: kind.to_owned(),
            role: None,
            area: None,
            at: Point::default(),
            params,
        };
        let source = document.add_node(node("source", Params::new()));
        let balancer = document.add_node(node("balancer", Params::new()));
        let service = document.add_node(node("service", Params::new().with("replicas", 3.0)));
        for (from, to) in [(source, balancer), (balancer, service)] {
            document.add_edge(Edge { from, to, params: Params::new() });
        }
        document
    }

    fn kill(target: FaultTarget) -> Change {
        Change::Inject(Fault { kind: "kill".to_owned(), target, params: Params::new() })
    }

    fn replica() -> FaultTarget {
        FaultTarget::Replica(document().node_by_role("service").expect("a service"), 1)
    }

    fn two_slots(session: &Session) -> Change {
        let mut after = session.document().clone();
        let service = after.node_by_role("service").expect("a service");
        let mut node = (*after.nodes[&service]).clone();
        node.params.set("slots", 2.0);
        after.nodes.insert(service, node.into());
        Change::Edit(Edit::between(session.document(), &after))
    }

    fn open(run: &Run) -> Session {
        let (session, problems) = Session::open(run);
        session.unwrap_or_else(|| panic!("{problems:#?}")).with_checkpoints()
    }

    fn at(secs: f64) -> SimTime {
        SimTime::from_secs_f64(secs)
    }

    fn played() -> Session {
        let mut session = open(&Run::new(document()));
        session.advance(at(20.0), 7_001);
        session.apply(kill(replica())).expect("there is such a replica");
        session.advance(at(40.0), u64::MAX);
        let change = two_slots(&session);
        session.apply(change).expect("two slots are enough");
        session.advance(SimTime::NEVER, u64::MAX);
        session
    }

    #[test]
    fn the_log_replays_to_the_same_hash() {
        let session = played();
        let again = run_to_end(&session.export()).0.expect("it ran before");
        assert_eq!(again.system().trace_hash(), session.system().trace_hash());
        assert_eq!(again.inputs().len(), 2);
        let untouched = run_to_end(&Run::new(document())).0.expect("it runs");
        assert_ne!(untouched.system().trace_hash(), session.system().trace_hash(), "the changes changed something");
    }

    #[test]
    fn going_back_and_on_again_changes_nothing() {
        let mut session = played();
        let (hash, events) = (session.system().trace_hash(), session.system().events());
        for secs in [50.0, 3.0, 0.0, 90.0] {
            session.seek(at(secs));
            session.advance(at(secs), u64::MAX);
            assert!(session.system().now() <= at(secs));
        }
        session.advance(SimTime::NEVER, u64::MAX);
        assert_eq!((session.system().trace_hash(), session.system().events()), (hash, events));
    }

    #[test]
    fn an_input_taken_back_never_was_and_can_be_brought_back() {
        let mut session = played();
        let (hash, whole) = (session.system().trace_hash(), session.export().inputs);
        session.rewrite(whole[..1].to_vec());
        session.advance(SimTime::NEVER, u64::MAX);
        let mut without = Run::new(document());
        without.inputs = whole[..1].to_vec();
        let once = run_to_end(&without).0.expect("it runs");
        assert_eq!(session.system().trace_hash(), once.system().trace_hash(), "as if it had never been");
        assert_ne!(session.system().trace_hash(), hash);
        session.seek(at(10.0));
        session.advance(at(10.0), u64::MAX);
        session.rewrite(whole.clone());
        assert!(session.system().now() <= at(10.0), "what comes later moves nothing");
        session.advance(SimTime::NEVER, u64::MAX);
        assert_eq!(session.system().trace_hash(), hash);
        session.rewrite(Vec::new());
        session.advance(SimTime::NEVER, u64::MAX);
        let untouched = run_to_end(&Run::new(document())).0.expect("it runs");
        assert_eq!(session.system().trace_hash(), untouched.system().trace_hash());
    }

    #[test]
    fn a_fork_shares_its_past_and_goes_its_own_way() {
        let mut session = open(&Run::new(document()));
        session.advance(at(30.0), u64::MAX);
        let mut fork = session.fork();
        fork.apply(kill(replica())).expect("there is such a replica");
        session.advance(SimTime::NEVER, u64::MAX);
        fork.advance(SimTime::NEVER, u64::MAX);
        assert_eq!(session.system().totals().run.offered, fork.system().totals().run.offered, "same arrivals");
        assert_ne!(session.system().trace_hash(), fork.system().trace_hash());
    }

    #[test]
    fn a_change_that_makes_no_sense_is_refused_and_nothing_changes() {
        let mut session = open(&Run::new(document()));
        session.advance(at(5.0), u64::MAX);
        assert!(session.apply(kill(FaultTarget::Node(NodeId(99)))).is_err());
        assert!(session.inputs().is_empty());
    }
}
