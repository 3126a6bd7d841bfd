//! A service's versions, while one replaces the other.

use yew::prelude::*;

use super::at;
use crate::facet::rollout::Rollout;
use crate::ui::kit::bars::stacked_to_mark;
use crate::ui::kit::facts::{fact, facts};
use crate::ui::kit::section::section_named;

/// Old and new replicas against the limits of the rollout.
pub(super) fn view(rollout: &Rollout) -> Html {
    let counts = &rollout.counts;
    let all = f64::from(counts.desired + rollout.surge).max(1.0);
    let title = if rollout.back { "Rolling back" } else { "A new version comes in" };
    let least = counts.desired.saturating_sub(rollout.missing);
    let ready = counts.new_available + counts.old_available;
    let starting = counts.new - counts.new_available.min(counts.new);
    let words = format!(
        "{} new ones ready, {starting} new ones starting, {} old ones ready; at least {least} have to serve, at most {} may be there",
        counts.new_available,
        counts.old_available,
        counts.desired + rollout.surge
    );
    let part = |class: &'static str, count: u32| (classes!(class), f64::from(count) / all);
    let parts = [
        part("rollout-new", counts.new_available),
        part("rollout-old", counts.old_available),
        part("rollout-starting", starting),
    ];
    section_named(
        "rollout",
        title,
        html! {
            <>
                { stacked_to_mark("rollout-bar", 14, parts, f64::from(least) / all, Some(words)) }
                { facts(html! { <>
                    { fact("new, ready", format!("{} of {}", counts.new_available, counts.desired)) }
                    { fact("new, starting", starting) }
                    { fact("old", counts.old) }
                    { fact("may be there", format!("{} + {}", counts.desired, rollout.surge)) }
                    { fact("must serve", format!("{} − {} = {least}", counts.desired, rollout.missing)) }
                    { fact("since", at(rollout.begun)) }
                </> }) }
                if rollout.failed {
                    <p class="rollout-failed">{ "It has made no progress for longer than its deadline. Nothing is undone by itself: roll back." }</p>
                } else if starting > 0 && ready <= least {
                    <p class="sub">{ "As many as must serve do: it waits for a new one to become ready before another old one leaves." }</p>
                }
                <p class="sub">{ "The line marks how many must serve. Old ones that drain are no longer counted." }</p>
            </>
        },
    )
}
