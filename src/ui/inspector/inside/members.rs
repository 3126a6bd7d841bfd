//! What several insides show alike: a bar, a member's mark, the looks of a rule, a sentence.

use yew::prelude::*;

use super::at;
use crate::facet::member::MemberStage;
use crate::model::scaler::Decision;

/// Looks of a rule that are listed.
const LOOKS_SHOWN: usize = 6;

/// Words as a sentence of their own.
pub(super) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map_or_else(String::new, |first| first.to_uppercase().collect());
    format!("{first}{}.", letters.as_str())
}

/// The class of the mark of a read replica or a node.
pub(super) const fn stage_class(stage: MemberStage) -> &'static str {
    match stage {
        MemberStage::Copying | MemberStage::Joining => "life-pulling",
        MemberStage::CatchingUp => "life-warming",
        MemberStage::Serving => "life-ready",
        MemberStage::Dead => "life-dead",
        MemberStage::Leaving => "life-draining",
    }
}

/// What a rule saw and decided, newest first.
pub(super) fn looks(title: &'static str, syncs: &[Decision]) -> Html {
    if syncs.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <h4>{ title }</h4>
            <ol class="syncs">
                { for syncs.iter().rev().take(LOOKS_SHOWN).map(|look| html! {
                    <li class={classes!("sync", (look.desired != look.current).then_some("sync-moved"))}>
                        <span class="num sync-at">{ at(look.at) }</span>
                        <span>{ format!("{} → {}", look.current, look.desired) }</span>
                        if !look.limit.label().is_empty() { <span class="sub">{ format!("limited by {}", look.limit.label()) }</span> }
                        if !look.why.is_empty() { <p class="sub">{ look.why.join(" ") }</p> }
                    </li>
                }) }
            </ol>
        </>
    }
}
