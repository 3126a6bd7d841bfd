//! A journey in sentences.

use crate::engine::sort;
use crate::engine::time::SimTime;
use crate::model::journey::{Asked, Decision, Journey, Kept, Lost, Try};
use crate::model::outcome::{Outcome, Reason};
use crate::ui::kit::format;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub at: u64,
    pub words: String,
    pub bad: bool,
}

fn nanos(span: u64) -> String {
    format::duration(span as f64 / 1e9)
}

/// "Shop replica 2".
#[must_use]
pub fn place(one: &Try) -> String {
    match one.replica {
        Some(replica) if one.replicas > 1 => format!("{} replica {}", one.to_name, replica + 1),
        _ => one.to_name.clone(),
    }
}

/// What became of something, with its reason where there is one.
#[must_use]
pub fn fate(outcome: Outcome, reason: Reason) -> String {
    match reason {
        Reason::None => outcome.label().to_owned(),
        _ => format!("{}: {}", outcome.label(), reason.label()),
    }
}

const fn errand(asked: Asked) -> &'static str {
    match asked {
        Asked::Request => "asks",
        Asked::Get => "looks into",
        Asked::Fill => "fills",
        Asked::Invalidate => "clears an entry of",
        Asked::Message => "delivers the message to",
    }
}

/// Everything that happened, in order.
#[must_use]
pub fn lines(journey: &Journey) -> Vec<Line> {
    let mut lines = vec![Line {
        at: journey.born,
        words: format!("{} sends the request: a {}.", journey.source_name, journey.operation),
        bad: false,
    }];
    let mut say = |at: Option<u64>, words: String, bad: bool| {
        if let Some(at) = at {
            lines.push(Line { at, words, bad });
        }
    };
    for (of, one) in (0..).zip(&journey.tries) {
        if one.only_wait {
            if let Some(heard) = one.heard {
                say(
                    Some(one.made),
                    format!("{} waits {} before the next try.", one.from_name, nanos(heard.at - one.made)),
                    false,
                );
            }
            continue;
        }
        let again = match one.number {
            _ if one.hedge => " once more, beside the try that is still out (a hedge)".to_owned(),
            0 => String::new(),
            number => format!(" (try {})", number + 1),
        };
        let wait =
            one.held.map_or(one.sent, |(since, _)| Some(since)).map_or(0, |until| until.saturating_sub(one.made));
        if wait > 0 {
            say(Some(one.made), format!("{} waits {} before the next try.", one.from_name, nanos(wait)), false);
        }
        if let Some((since, behind)) = one.held {
            let ahead = match behind {
                0 => "next in line".to_owned(),
                1 => "behind one other".to_owned(),
                _ => format!("behind {} others", format::count(behind.into())),
            };
            let words =
                format!("{} has as many calls open as it allows itself: this one waits, {ahead}.", one.from_name);
            say(Some(since), words, false);
        }
        let to = place(one);
        for decision in journey.decisions.iter().filter(|decision| decision.sent == Some(of)) {
            say(Some(decision.at), choice(decision), false);
        }
        say(one.sent, format!("{} {} {}{again}.", one.from_name, errand(one.asked), one.to_name), false);
        if one.handshake {
            say(one.sent, "The connection is opened first: one round trip more.".to_owned(), false);
        }
        if one.lost == Some(Lost::Out) {
            say(one.sent, format!("The network between {} and {} swallows it.", one.from_name, one.to_name), true);
        }
        if let (Some(sent), Some(reached)) = (one.sent, one.reached) {
            let far = if one.far > 0 { format!(", {} of it between places", nanos(one.far)) } else { String::new() };
            let way = if reached > sent { format!(" after {}{far}", nanos(reached - sent)) } else { String::new() };
            say(
                one.reached,
                format!("It reaches {}{way}.", if one.started.is_some() { &to } else { &one.to_name }),
                false,
            );
        }
        let failed = one.answered.is_none_or(|answered| answered.outcome != Outcome::Completed);
        for said in &one.said {
            say(Some(said.at), format!("{}: {}.", said.who, said.words), failed);
        }
        if let (Some(until), Some(reached)) = (one.shaped, one.reached) {
            say(Some(until), format!("It has waited its turn in front of {to} for {}.", nanos(until - reached)), false);
        }
        for (stopped, went_on) in &one.interrupted {
            say(Some(*stopped), format!("{to} stops work on it: one that matters more takes the slot."), true);
            say(*went_on, format!("{to} goes on with it."), false);
        }
        for (stopped, went_on) in &one.paused {
            let lasted = went_on.map_or_else(String::new, |until| format!(" for {}", nanos(until - stopped)));
            say(Some(*stopped), format!("{to} stands still{lasted}: its garbage is collected."), true);
        }
        if let Some(behind) = one.queued_behind {
            let ahead = match behind {
                0 => "as the first in line".to_owned(),
                1 => "behind one other".to_owned(),
                _ => format!("behind {} others", format::count(behind.into())),
            };
            say(one.reached, format!("Every slot is busy: it waits {ahead}."), false);
        }
        if let (Some(started), Some(reached)) = (one.started, one.reached) {
            let waited = if started > reached {
                format!(" after {} in the queue", nanos(started - reached))
            } else {
                String::new()
            };
            let demand = one.demand.map_or(String::new(), |demand| format!(": {} of work", nanos(demand)));
            say(one.started, format!("{to} begins{waited}{demand}."), false);
        }
        if let (Some(worked), Some(started)) = (one.worked, one.started) {
            let slow =
                one.demand.filter(|demand| *demand > 0).map_or(1.0, |demand| (worked - started) as f64 / demand as f64);
            let slowly = if slow > 1.01 {
                format!(", {}× as long as it should take", format::figures(slow))
            } else {
                String::new()
            };
            say(one.worked, format!("{to} is done after {}{slowly}.", nanos(worked - started)), slow > 1.01);
        }
    }
    // Of what ends at the same moment, the innermost ends first.
    for one in journey.tries.iter().rev().filter(|one| !one.only_wait) {
        let to = place(one);
        if let Some(answered) = one.answered {
            let good = answered.outcome == Outcome::Completed;
            let found = match one.asked {
                Asked::Get if good && one.found => " It is there: a hit.",
                Asked::Get if good => " It is not there: a miss.",
                _ => "",
            };
            let words = if good {
                format!("{to} answers.{found}")
            } else {
                format!("{to} answers: {}.", fate(answered.outcome, answered.reason))
            };
            say(Some(answered.at), words, !good);
        }
        if one.lost == Some(Lost::Back) {
            say(one.answered.map(|end| end.at), "The network swallows the answer.".to_owned(), true);
        }
        if let Some(heard) = one.heard
            && one.given_up()
        {
            let words = format!("{} stops waiting for {to}: {}.", one.from_name, heard.reason.label());
            say(Some(heard.at), words, true);
        }
        if one.given_up() && one.answered.is_some() {
            say(one.answered.map(|end| end.at), format!("No one hears what {to} did."), true);
        }
    }
    for decision in journey.decisions.iter().filter(|decision| decision.sent.is_none()) {
        say(Some(decision.at), choice(decision), decision.chosen.is_none());
    }
    if let Some(ended) = journey.ended {
        let took = nanos(journey.sojourn());
        let good = ended.outcome == Outcome::Completed;
        let words = if good {
            format!("{} has its answer after {took}.", journey.source_name)
        } else {
            format!(
                "{} gets none: {} ({took} after it was sent).",
                journey.source_name,
                fate(ended.outcome, ended.reason)
            )
        };
        say(Some(ended.at), words, !good);
    }
    sort::few_by_key(&mut lines, |line| line.at);
    lines
}

/// A choice in a sentence.
#[must_use]
pub fn choice(decision: &Decision) -> String {
    let name = &decision.balancer_name;
    match (decision.winner(), decision.kept) {
        (None, _) => format!("{name} finds nothing to send it to."),
        (Some(winner), None) => format!("{name} chooses {}.", winner.name),
        (Some(winner), Some(Kept::Connection { opened, requests })) => format!(
            "{name} does not choose: its caller's connection to {} is open since {} ({} ago), and this is request {} over it.",
            winner.name,
            SimTime(opened),
            nanos(decision.at - opened),
            format::count(requests.into())
        ),
        (Some(winner), Some(Kept::Name { expires })) => format!(
            "{name} is not asked: the resolver still holds the answer {} for {}.",
            winner.name,
            nanos(expires.saturating_sub(decision.at))
        ),
    }
}
