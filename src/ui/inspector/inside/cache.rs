//! How often a cache has helped so far.

use yew::prelude::*;

use crate::facet::cache::Cache;
use crate::ui::kit::facts::{fact, facts};
use crate::ui::kit::format;
use crate::ui::kit::section::section;

pub(super) fn view(cache: &Cache) -> Html {
    let Some(ratio) = cache.hit_ratio else { return Html::default() };
    section(
        "Memory",
        html! {
            <>
                { facts(html! { <>
                    { fact("hit ratio since the start", format::percent(ratio)) }
                    { fact("entries", format::count(cache.entries.into())) }
                </> }) }
            </>
        },
    )
}
