//! The page and the worker talk; here the worker is the test.

use super::*;
use crate::topology::document::{Fault, FaultTarget, Node, NodeId, Point};

/// A document with one source whose parameter `n` is `value`.
fn document(value: f64) -> Rc<Document> {
    let mut document = Document::default();
    document.add_node(Node {
        kind: "source".to_owned(),
        label: "Clients".to_owned(),
        role: None,
        area: None,
        at: Point::default(),
        params: crate::model::params::Params::new().with("rate", value),
    });
    Rc::new(document)
}

fn ready() -> FromWorker {
    FromWorker::Ready { protocol: PROTOCOL, build: BUILD.to_owned() }
}

fn frame(run: RunId, events: u64, status: RunStatus) -> FromWorker {
    FromWorker::Frame(Box::new(Frame { run, events, status, ..Frame::default() }))
}

/// A conversation in which a run has gone on for `events` events.
fn running(events: u64) -> Conversation {
    let mut talk = Conversation::default();
    talk.received(ready());
    talk.open(document(1.0), Vec::new(), true);
    talk.received(FromWorker::Loaded { run: talk.run(), diagnostics: "[]".to_owned(), runs: true });
    talk.received(frame(talk.run(), events, RunStatus::Running));
    drop(talk.take_outgoing());
    talk
}

/// The names of the messages that wait to be sent.
fn names(talk: &mut Conversation) -> Vec<&'static str> {
    let name = |message: &ToWorker| match message {
        ToWorker::Load { .. } => "load",
        ToWorker::Play { .. } => "play",
        ToWorker::Pause { .. } => "pause",
        ToWorker::Change { .. } => "change",
        ToWorker::Watch { .. } => "watch",
        ToWorker::Step { .. } => "step",
        ToWorker::FrameTaken { .. } => "taken",
        _ => "other",
    };
    talk.take_outgoing().iter().map(name).collect()
}

#[test]
fn what_takes_long_is_said_of_the_run_that_is_wanted() {
    let mut talk = running(10);
    let older = talk.run();
    talk.restart(true);
    let said = |run| FromWorker::Preparing { run, members: 12_000, step_ms: 240 };
    assert!(talk.received(said(older)).is_none(), "nobody waits for that one any more");
    let news = talk.received(said(talk.run()));
    assert!(matches!(news, Some(News::Preparing { members: 12_000, step_ms: 240 })), "{news:?}");
}

fn answer(talk: &mut Conversation, refused: Option<&str>) -> Option<News> {
    let change = talk.waiting.front().map(|waiting| waiting.change().clone()).expect("something was sent");
    let input = Input { at_event: 7, change };
    let input_json = refused.is_none().then(|| format::input_to_json(&input));
    let run = talk.run();
    talk.received(FromWorker::Changed { run, at_event: 7, at_ns: 70, refused: refused.map(str::to_owned), input_json })
}

#[test]
fn nothing_is_sent_before_the_worker_is_ready() {
    let mut talk = Conversation::default();
    talk.open(document(1.0), Vec::new(), true);
    assert!(names(&mut talk).is_empty());
    talk.received(ready());
    assert_eq!(names(&mut talk), ["load", "watch", "play"]);
}

#[test]
fn a_station_is_looked_into_until_the_last_one_looks_away() {
    let mut talk = running(50);
    let mut looks = |act: &dyn Fn(&mut Conversation)| {
        act(&mut talk);
        let sent = talk.take_outgoing().into_iter().map(|message| match message {
            ToWorker::LookInto { nodes, .. } => nodes.iter().map(|node| node.0).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        });
        sent.collect::<Vec<_>>()
    };
    assert_eq!(looks(&|talk| talk.look_into(NodeId(2))), [[2]]);
    assert_eq!(looks(&|talk| talk.look_into(NodeId(1))), [[1, 2]]);
    assert!(looks(&|talk| talk.look_into(NodeId(2))).is_empty(), "it is looked into already");
    assert!(looks(&|talk| talk.look_away(NodeId(2))).is_empty(), "another one still looks");
    assert_eq!(looks(&|talk| talk.look_away(NodeId(2))), [[1]]);
}

#[test]
fn goals_are_judged_of_the_run_at_hand_and_of_no_older_one() {
    let mut talk = running(50);
    let run = talk.run();
    talk.received(FromWorker::Finished { run, ending: crate::protocol::Ending::default() });
    talk.judge(Vec::new());
    assert_eq!(talk.take_outgoing(), [ToWorker::Judge { run, goals: Vec::new() }]);
    let result = r#"[{"label":"fast","metric":"sojourn_time.p99","at":"system","op":"<=","value":1,"measured":"infinite","passed":false,"margin":null}]"#;
    let judged = |run| FromWorker::Judged { run, results_json: result.to_owned() };
    let Some(News::Judged(results)) = talk.received(judged(run)) else { panic!("it is of this run") };
    assert_eq!((results.len(), results[0].passed), (1, false));
    assert!(talk.received(judged(RunId(run.0 + 7))).is_none());
}

#[test]
fn a_replaced_worker_looks_into_the_same_stations_and_old_answers_are_dropped() {
    let mut talk = running(50);
    talk.look_into(NodeId(2));
    talk.look_into(NodeId(1));
    assert!(talk.explain(NodeId(1), 7));
    assert_eq!(names(&mut talk), ["other", "other", "other"]);
    let run = talk.run();
    let journey = Err("none".to_owned());
    let answer = FromWorker::Explained { run, source: NodeId(1), ordinal: 7, journey };
    assert!(matches!(talk.received(answer.clone()), Some(News::Explained { ordinal: 7, .. })));
    talk.worker_lost();
    assert!(!talk.explain(NodeId(1), 7), "nobody is there to answer");
    assert!(talk.received(answer).is_none());
    talk.received(ready());
    let looks = talk.take_outgoing();
    let both =
        |message: &ToWorker| matches!(message, ToWorker::LookInto { nodes, .. } if nodes[..] == [NodeId(1), NodeId(2)]);
    assert!(looks.iter().any(both));
}

#[test]
fn a_worker_of_another_build_is_told_apart() {
    let mut talk = Conversation::default();
    let news = talk.received(FromWorker::Ready { protocol: PROTOCOL, build: "old".to_owned() });
    assert!(matches!(news, Some(News::WrongBuild(build)) if build == "old"));
}

#[test]
fn an_edit_before_the_first_event_loads_anew_and_one_while_running_is_a_change() {
    let mut talk = running(0);
    talk.edited(document(2.0));
    assert_eq!(names(&mut talk), ["load", "watch", "play"]);
    let mut talk = running(50);
    talk.edited(document(2.0));
    assert_eq!(names(&mut talk), ["change"]);
}

#[test]
fn moving_a_node_sends_nothing() {
    let mut talk = running(50);
    let mut moved = (*document(1.0)).clone();
    let node = moved.nodes.values_mut().next().expect("one node");
    Rc::make_mut(node).at = Point { x: 400.0, y: 20.0 };
    talk.edited(Rc::new(moved));
    assert!(names(&mut talk).is_empty());
}

#[test]
fn of_edits_that_come_while_one_is_under_way_only_the_newest_is_sent() {
    let mut talk = running(50);
    for value in [2.0, 3.0, 4.0] {
        talk.edited(document(value));
    }
    assert_eq!(names(&mut talk), ["change"]);
    assert!(matches!(answer(&mut talk, None), Some(News::Applied { .. })));
    assert_eq!(names(&mut talk), ["change"]);
    let Some(Waiting::Edit { document: sent, .. }) = talk.waiting.front() else { panic!("an edit is under way") };
    assert_eq!(**sent, *document(4.0));
}

#[test]
fn after_a_refusal_the_next_edit_differs_from_what_the_worker_still_has() {
    let mut talk = running(50);
    talk.edited(document(2.0));
    drop(talk.take_outgoing());
    assert!(matches!(answer(&mut talk, Some("[]")), Some(News::Refused(_))));
    assert_eq!(*talk.accepted, *document(1.0));
    talk.edited(document(3.0));
    assert_eq!(names(&mut talk), ["change"]);
}

#[test]
fn a_replaced_worker_replays_to_where_the_lost_one_stood_and_plays_on() {
    let mut talk = running(1_234);
    talk.edited(document(2.0));
    answer(&mut talk, None);
    drop(talk.take_outgoing());
    let lost = talk.run();
    talk.worker_lost();
    assert!(
        talk.received(frame(lost, 9_999, RunStatus::Running)).is_none(),
        "the lost worker's last words are dropped"
    );
    talk.received(ready());
    let sent = talk.take_outgoing();
    let ToWorker::Load { run_json, until_event, .. } = &sent[0] else { panic!("a load comes first") };
    assert_eq!(*until_event, Some(1_234));
    let run = Run::from_json(run_json).expect("what the page writes it can read");
    assert_eq!((run.document, run.inputs.len()), ((*document(1.0)).clone(), 1));
    assert!(matches!(sent.last(), Some(ToWorker::Play { .. })));
}

#[test]
fn a_replaced_worker_lost_again_while_replaying_keeps_the_same_goal() {
    let mut talk = running(1_000);
    talk.worker_lost();
    talk.received(ready());
    talk.received(frame(talk.run(), 10, RunStatus::Replaying));
    talk.worker_lost();
    assert_eq!(talk.until_event, Some(1_000));
}

#[test]
fn a_change_that_the_run_had_recorded_is_told_apart_from_ones_own() {
    let mut talk = running(50);
    let edit = Edit::between(&document(1.0), &document(9.0));
    let input = Input { at_event: 60, change: Change::Edit(edit) };
    let input_json = Some(format::input_to_json(&input));
    let run = talk.run();
    let news = talk.received(FromWorker::Changed { run, at_event: 60, at_ns: 600, refused: None, input_json });
    assert!(matches!(news, Some(News::Recorded(Change::Edit(_)))));
    assert_eq!(*talk.accepted, *document(9.0));
    talk.edited(document(9.0));
    assert!(names(&mut talk).is_empty(), "the page's document has caught up: nothing to send");
}

#[test]
fn a_new_seed_asks_for_a_restart_once_the_run_has_begun() {
    let mut talk = running(50);
    let mut other = (*document(1.0)).clone();
    other.seed = 99;
    talk.edited(Rc::new(other));
    assert!(names(&mut talk).is_empty());
    assert!(talk.needs_restart());
    talk.restart(true);
    assert_eq!(names(&mut talk), ["load", "watch", "play"]);
    assert!(!talk.needs_restart());
}

#[test]
fn a_shared_run_wears_the_newest_words_and_places() {
    let mut newest = (*document(2.0)).clone();
    newest.title = "My shop".to_owned();
    let node = newest.nodes.values_mut().next().expect("one node");
    Rc::make_mut(node).label = "Shoppers".to_owned();
    Rc::make_mut(node).at = Point { x: 7.0, y: 9.0 };
    let mut run = Run::new((*document(1.0)).clone());
    run.inputs = vec![Input { at_event: 5, change: Change::Edit(Edit::between(&document(1.0), &document(2.0))) }];
    let run = run.relabeled(&newest);
    assert_eq!(run.document.title, "My shop");
    let begun = run.document.nodes.values().next().expect("one node");
    assert_eq!((begun.label.as_str(), begun.at), ("Shoppers", Point { x: 7.0, y: 9.0 }));
    assert_eq!(begun.params, document(1.0).nodes.values().next().expect("one node").params, "it began as it began");
    let Change::Edit(edit) = &run.inputs[0].change else { panic!("the edit stays an edit") };
    assert_eq!(edit.nodes.values().flatten().next().expect("one node").label, "Shoppers");
}

#[test]
fn a_document_that_cannot_run_does_not_play() {
    let mut talk = Conversation::default();
    talk.received(ready());
    talk.open(Rc::new(Document::default()), Vec::new(), true);
    assert!(talk.obstacle().is_some_and(|problem| problem.severity == Severity::Error));
    talk.received(FromWorker::Loaded { run: talk.run(), diagnostics: "[]".to_owned(), runs: false });
    assert!(!talk.playing());
}

#[test]
fn a_run_under_way_goes_on_whatever_the_drawing_lacks_and_once_over_it_cannot_begin_again() {
    let mut talk = running(50);
    talk.edited(Rc::new(Document::default()));
    assert!(talk.obstacle().is_none());
    talk.received(frame(talk.run(), 60, RunStatus::Finished));
    assert!(talk.obstacle().is_some());
}

#[test]
fn only_another_node_is_news_to_the_charts() {
    let mut talk = running(50);
    talk.watch(None);
    let both = vec![None, Some(NodeId(1))];
    talk.watch(Some(NodeId(1)));
    drop(talk.take_outgoing());
    talk.watch(Some(NodeId(1)));
    talk.unwatch(Some(NodeId(1)));
    assert!(names(&mut talk).is_empty(), "another chart of it is there");
    talk.watch(Some(NodeId(2)));
    talk.unwatch(Some(NodeId(2)));
    let sent = talk.take_outgoing();
    assert!(matches!(sent.last(), Some(ToWorker::Watch { nodes, .. }) if *nodes == both), "{sent:?}");
}

#[test]
fn a_change_after_the_end_makes_the_results_those_of_an_earlier_design() {
    let mut talk = running(50);
    talk.received(frame(talk.run(), 60, RunStatus::Finished));
    assert!(!talk.outdated());
    talk.edited(document(2.0));
    assert!(talk.outdated());
    talk.edited(document(1.0));
    assert!(!talk.outdated(), "taken back");
    talk.edited(document(2.0));
    talk.restart(true);
    assert!(!talk.outdated());
}

#[test]
fn playing_a_finished_run_starts_it_anew() {
    let mut talk = running(50);
    talk.received(frame(talk.run(), 60, RunStatus::Finished));
    assert!(!talk.playing());
    drop(talk.take_outgoing());
    talk.play();
    assert_eq!(names(&mut talk), ["load", "watch", "play"]);
}

/// A frame after so many jumps.
fn stands(talk: &Conversation, jump: u32, events: u64, now_ns: u64, status: RunStatus) -> FromWorker {
    FromWorker::Frame(Box::new(Frame { run: talk.run(), jump, events, now_ns, status, ..Frame::default() }))
}

fn kill() -> Change {
    let target = FaultTarget::Node(NodeId(1));
    Change::Inject(Fault { kind: "kill".to_owned(), target, params: crate::model::params::Params::new() })
}

/// The worker applies a change at an event and a moment.
fn applied(talk: &mut Conversation, at_event: u64, at_ns: u64, change: Change) -> Option<News> {
    let input_json = Some(format::input_to_json(&Input { at_event, change }));
    talk.received(FromWorker::Changed { run: talk.run(), at_event, at_ns, refused: None, input_json })
}

#[test]
fn of_many_moments_asked_for_while_one_is_under_way_the_newest_comes_next() {
    let mut talk = running(50);
    for to_ns in [10, 20, 30] {
        talk.seek(to_ns);
    }
    let run = talk.run();
    assert_eq!(talk.take_outgoing(), [ToWorker::Seek { run, jump: 1, to_ns: 10 }]);
    assert_eq!(talk.jumping(), Some(30));
    assert!(talk.received(stands(&talk, 0, 60, 900, RunStatus::Running)).is_none(), "from before the jump");
    talk.received(stands(&talk, 1, 5, 7, RunStatus::Replaying));
    assert_eq!(names(&mut talk), ["taken", "taken"], "it is not there yet");
    talk.received(stands(&talk, 1, 5, 10, RunStatus::Paused));
    assert!(talk.take_outgoing().contains(&ToWorker::Seek { run, jump: 2, to_ns: 30 }));
    talk.received(stands(&talk, 2, 15, 30, RunStatus::Paused));
    assert_eq!((talk.jumping(), talk.events()), (None, 15));
}

/// Going back sends nothing; only a change by hand does, and then all that the drawing says by now.
#[test]
fn going_back_changes_nothing_until_a_hand_does() {
    let mut talk = running(50);
    talk.edited(document(2.0));
    drop(talk.take_outgoing());
    let edit = Change::Edit(Edit::between(&document(1.0), &document(2.0)));
    applied(&mut talk, 50, 500, edit.clone());
    talk.received(stands(&talk, 0, 90, 900, RunStatus::Paused));
    talk.seek(100);
    talk.received(stands(&talk, 1, 10, 100, RunStatus::Paused));
    assert!(!names(&mut talk).contains(&"change"), "the past is as it was");
    assert_eq!(*talk.accepted, *document(1.0), "before the edit");
    assert!(applied(&mut talk, 50, 500, edit).is_none(), "played again it is no news");
    talk.seek(100);
    talk.received(stands(&talk, 2, 10, 100, RunStatus::Paused));
    drop(talk.take_outgoing());
    talk.act(1, vec![kill()]);
    assert_eq!(names(&mut talk), ["change"]);
    let news = applied(&mut talk, 10, 100, kill());
    assert!(matches!(news, Some(News::Applied { void_after_ns: 100 })), "{news:?}");
    assert_eq!(talk.hands().len(), 1, "the edit's moment is no more");
    assert_eq!(names(&mut talk), ["change"], "but what it says acts from here on");
}

#[test]
fn a_step_taken_back_brings_back_what_it_had_cut_off() {
    let mut talk = running(50);
    talk.act(1, vec![kill()]);
    applied(&mut talk, 50, 500, kill());
    talk.seek(100);
    talk.received(stands(&talk, 1, 10, 100, RunStatus::Paused));
    let lift = Change::Lift { kind: "kill".to_owned(), target: FaultTarget::Node(NodeId(1)) };
    talk.act(2, vec![lift.clone(), kill()]);
    applied(&mut talk, 10, 100, lift);
    applied(&mut talk, 10, 100, kill());
    assert_eq!(talk.hands().iter().map(|hand| hand.input.at_event).collect::<Vec<_>>(), [10, 10]);
    drop(talk.take_outgoing());
    assert_eq!(talk.take_back(1), None, "not the latest");
    assert_eq!(talk.take_back(2), Some(100));
    assert_eq!(talk.hands().iter().map(|hand| hand.input.at_event).collect::<Vec<_>>(), [50]);
    let sent = talk.take_outgoing();
    let [ToWorker::Rewrite { jump: 2, to_ns: 100, inputs_json, .. }] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(inputs_json.len(), 1);
}

/// What is done while the worker is on its way belongs to where it is going; taken back before it was answered, it waits.
#[test]
fn what_is_done_on_the_way_waits_until_it_is_there() {
    let mut talk = running(50);
    talk.seek(100);
    drop(talk.take_outgoing());
    talk.act(1, vec![kill()]);
    assert!(names(&mut talk).is_empty());
    assert_eq!(talk.take_back(1), None);
    talk.received(stands(&talk, 1, 10, 100, RunStatus::Paused));
    assert_eq!(names(&mut talk), ["taken", "change"]);
    let news = applied(&mut talk, 10, 100, kill());
    assert!(matches!(news, Some(News::Applied { void_after_ns: 100 })));
    assert!(talk.hands().is_empty());
    assert!(matches!(talk.take_outgoing().last(), Some(ToWorker::Rewrite { .. })));
}

#[test]
fn a_restart_knows_what_a_hand_had_let_loose() {
    let mut talk = running(50);
    assert_eq!(talk.loose().count(), 0);
    talk.act(1, vec![kill()]);
    applied(&mut talk, 50, 500, kill());
    assert_eq!(talk.loose().map(|(at_ns, _)| at_ns).collect::<Vec<_>>(), [500]);
    talk.restart(true);
    assert_eq!(talk.loose().count(), 0);
    assert_eq!(talk.take_back(1), None, "that run is over");
}
