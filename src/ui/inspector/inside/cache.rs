//! How often a cache has helped so far.

use yew::prelude::*;

use crate::facet::cache::Cache;
use crate::ui::kit::format;

pub(super) fn view(cache: &Cache) -> Html {
    let Some(ratio) = cache.hit_ratio else { return Html::default() };
    html! {
        <section class="inside">
            <h3>{ "Memory" }</h3>
            <dl class="facts">
                <dt>{ "hit ratio since the start" }</dt><dd class="num">{ format::percent(ratio) }</dd>
                <dt>{ "entries" }</dt><dd class="num">{ format::count(cache.entries.into()) }</dd>
            </dl>
        </section>
    }
}
