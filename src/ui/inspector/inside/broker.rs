//! A message broker's inside: partitions with what waits in them and who owns them, each group's ledger, dead letters.

use yew::prelude::*;

use super::Shown;
use crate::facet::broker::{Broker, DeadLetter, Group, Inside, Lane, Member, Partition};
use crate::model::broker::lane::Levels;
use crate::model::system::broker::Ledger;
use crate::ui::client::worker_client::Simulation;
use crate::ui::kit::bars::stacked;
use crate::ui::kit::facts::{column_about, columns, fact, fact_in, facts, table};
use crate::ui::kit::format;
use crate::ui::kit::section::{section, section_named};

/// Partitions listed for each group; more are only counted.
const LISTED: usize = 64;

pub(super) fn view(broker: &Broker, shown: &Shown<'_>) -> Html {
    let Some(inside) = &broker.inside else { return Html::default() };
    html! {
        <>
            { summary(broker, inside) }
            { for inside.groups.iter().map(|group| group_section(group, inside)) }
            { dead_letters(broker, inside, shown.simulation) }
        </>
    }
}

fn summary(broker: &Broker, inside: &Inside) -> Html {
    let oldest = if broker.oldest_ns == 0 { f64::NAN } else { broker.oldest_ns as f64 / 1e9 };
    let unsafe_now: u64 =
        inside.partitions.iter().map(|partition| partition.end.saturating_sub(partition.flushed)).sum();
    section(
        "Messages",
        html! {
            <>
                <p class="sub">{ "Producers are answered once it has their message. What is counted from then on are copies: a message is owed once to every group." }</p>
                { facts(html! { <>
                    { fact("lag", format::count(broker.lag.into())) }
                    { fact("oldest of them", format::duration(oldest)) }
                    { fact("fullest partition", format!("{} of {}", format::percent(broker.fullest), format::count(inside.capacity.into()))) }
                    { fact_in((unsafe_now > 0).then_some("tone-warn"), "a crash now would lose", format!("{} not on disk", format::count(unsafe_now))) }
                    if broker.recognized > 0 {
                        { fact("published again, recognized", format::count(broker.recognized)) }
                    }
                    if broker.poison > 0.0 {
                        { fact_in(Some("tone-bad"), "poison among new ones", format::percent(broker.poison)) }
                    }
                </> }) }
                if inside.groups.is_empty() {
                    <p class="callout callout-warn">{ "Nothing consumes from this broker: published messages are dropped." }</p>
                }
            </>
        },
    )
}

fn group_section(group: &Group, inside: &Inside) -> Html {
    let lanes: Vec<(&Partition, &Lane)> =
        inside.partitions.iter().zip(&group.lanes).filter(|(_, lane)| lane.subscribed).collect();
    let most = lanes
        .iter()
        .map(|(_, lane)| lane.levels.waiting + lane.levels.in_flight + lane.levels.done)
        .max()
        .unwrap_or(0)
        .max(10);
    let lag = u64::from(group.levels.waiting) + u64::from(group.levels.in_flight);
    let more = lanes.len().saturating_sub(LISTED);
    let topics = inside.partitions.iter().any(|partition| partition.topic != "/");
    let id = format!("group-{}", group.edge);
    html! {
        <section class="inside broker-group" id={id.clone()} key={group.edge} aria-label={format!("Group {}", group.name)}>
            <h3>{ format!("{}: lag {}", group.name, format::count(lag)) }</h3>
            if let Some(left) = group.rebalance_left_ns {
                <p class="callout callout-warn">
                    { format!("Rebalancing: partitions are being shared out anew. What changes hands stands still for another {:.1} s.", left as f64 / 1e9) }
                </p>
            }
            { members(group) }
            if lanes.is_empty() {
                <p class="sub">{ "No message has come yet." }</p>
            } else {
                { table("backends lanes", format!("Partitions of {}", group.name), html! { <>
                    { columns(&[if topics { "Topic, partition" } else { "Partition" }, "Owner"]) }
                    { column_about("Lag", "Messages waiting, being processed, and done but not committed") }
                    { column_about("Committed", "The offset up to which all is done for good, of how many there are") }
                </> }, lanes.iter().take(LISTED).map(|(partition, lane)| row(group, partition, lane, most, topics)).collect()) }
                <p class="sub lane-legend">
                    { for [("lane-done", "done, not committed"), ("lane-flight", "being processed"), ("lane-waiting", "waiting")].map(|(class, words)| html! {
                        <span class="lane-word">
                            <svg class="lane-key" viewBox="0 0 8 8" aria-hidden="true"><rect {class} width="8" height="8" /></svg>{ words }
                        </span>
                    }) }
                </p>
            }
            if more > 0 { <p class="sub">{ format!("and {more} more partitions") }</p> }
            { ledger(&group.ledger, group.levels) }
        </section>
    }
}

fn member_name(member: &Member) -> String {
    member.replica.map_or_else(|| "all of it".to_owned(), |number| format!("replica {}", number + 1))
}

fn members(group: &Group) -> Html {
    let owned = |at: usize| group.lanes.iter().filter(|lane| lane.owner == Some(at as u32)).count();
    let notes = group.members.iter().enumerate().filter_map(|(at, member)| {
        let name = member_name(member);
        match member.silent_left_ns {
            Some(left) if left > 0 => {
                Some((true, format!("{name} is silent: out of the group in {:.1} s", left as f64 / 1e9)))
            }
            _ if owned(at) == 0 && !group.lanes.is_empty() && group.rebalance_left_ns.is_none() => {
                Some((false, format!("{name} is idle: it owns no partition")))
            }
            _ => None,
        }
    });
    let notes: Vec<(bool, String)> = notes.collect();
    html! {
        <>
            <p class="sub">{ match group.members.len() {
                0 => "No members: nothing processes these messages.".to_owned(),
                1 => "One member.".to_owned(),
                count => format!("{count} members share its partitions."),
            } }</p>
            if !notes.is_empty() {
                <ul class="member-notes">
                    { for notes.into_iter().map(|(bad, note)| html! { <li class={bad.then_some("tone-bad")}>{ note }</li> }) }
                </ul>
            }
        </>
    }
}

fn row(group: &Group, partition: &Partition, lane: &Lane, most: u32, topics: bool) -> Html {
    let part = |class: &'static str, count: u32| (classes!(class), f64::from(count) / f64::from(most));
    let parts = [
        part("lane-done", lane.levels.done),
        part("lane-flight", lane.levels.in_flight),
        part("lane-waiting", lane.levels.waiting),
    ];
    let name = if topics {
        format!("{} {}", partition.topic, partition.number + 1)
    } else {
        (partition.number + 1).to_string()
    };
    let owner = lane.owner.and_then(|at| group.members.get(at as usize));
    let owner = match owner {
        _ if lane.moving => "changes hands".to_owned(),
        Some(member) => member_name(member),
        None => "no member".to_owned(),
    };
    let words = format!(
        "{} waiting, {} being processed, {} done but not committed",
        lane.levels.waiting, lane.levels.in_flight, lane.levels.done
    );
    let label = if partition.closed { format!("{name} (closed)") } else { name };
    html! {
        <tr key={format!("{}-{}", partition.topic, partition.number)}>
            <th scope="row">{ label }</th>
            <td class={(lane.moving || lane.owner.is_none()).then_some("tone-warn")}>{ owner }</td>
            <td class="num lane-cell">
                { stacked("lane-bar", 6, parts, Some(words)) }
                { format::count(u64::from(lane.levels.waiting) + u64::from(lane.levels.in_flight)) }
            </td>
            <td class="num">{ format!("{} of {}", format::count(lane.committed.min(partition.end)), format::count(partition.end)) }</td>
        </tr>
    }
}

fn ledger(ledger: &Ledger, levels: Levels) -> Html {
    let line = |name: &'static str, count: u64, tone: Option<&'static str>| {
        fact_in(tone.filter(|_| count > 0), name, format::count(count))
    };
    let some = |name: &'static str, count: u64, tone: Option<&'static str>| {
        if count > 0 { line(name, count, tone) } else { Html::default() }
    };
    facts(html! {
        <>
            { line("published", ledger.published, None) }
            { line("= processed", ledger.processed, None) }
            { line("+ waiting", levels.waiting.into(), None) }
            { line("+ being processed", levels.in_flight.into(), None) }
            { some("+ done, not committed", levels.done.into(), None) }
            { some("+ dead letters", ledger.dead, Some("tone-bad")) }
            { some("+ lost", ledger.lost, Some("tone-bad")) }
            { some("of them dropped from a full partition, or with their group", ledger.expired, Some("tone-bad")) }
            { some("of them the producer was told that they are safe", ledger.broken_promises, Some("tone-bad")) }
            { line("duplicates: processed again", ledger.duplicates, Some("tone-warn")) }
            { some("repeats recognized and skipped", ledger.skipped, None) }
            { line("deliveries", ledger.deliveries, None) }
            { some("of them redeliveries", ledger.redeliveries, None) }
            { some("rebalances", ledger.rebalances, None) }
        </>
    })
}

fn dead_letters(broker: &Broker, inside: &Inside, simulation: &Simulation) -> Html {
    if broker.dead == 0 {
        return Html::default();
    }
    let row = |letter: &DeadLetter| {
        let (source, ordinal) = (letter.source, letter.ordinal);
        let simulation = simulation.clone();
        let onclick = Callback::from(move |_: MouseEvent| simulation.explain(source, ordinal));
        let number = format::count(ordinal + 1);
        html! {
            <li key={format!("{}-{ordinal}-{}", source.0, letter.group)}>
                <span class="num exemplars-number" title={letter.at.to_string()}>{ &number }</span>
                <span class="exemplars-words tone-bad">{ format!("{}, after {} deliveries: {}", letter.group, letter.failures, letter.reason.label()) }</span>
                <button type="button" class="btn btn-s" aria-label={format!("Why? Request {number}")} {onclick}>{ "Why?" }</button>
            </li>
        }
    };
    let shown = inside.dead_letters.len() as u64;
    section_named(
        "dead-letters",
        format!("Dead letters: {}", format::count(broker.dead)),
        html! {
            <>
                <p class="sub">{ "Set aside so that they hold up nothing else. Someone has to look at them." }</p>
                <ul class="exemplars-list dead-letters">{ for inside.dead_letters.iter().map(row) }</ul>
                if broker.dead > shown { <p class="sub">{ format!("and {} before them", format::count(broker.dead - shown)) }</p> }
            </>
        },
    )
}
