//! Rows that writes have locked, and who waits for them.

use yew::prelude::*;

use crate::facet::rows::Rows;
use crate::ui::kit::facts::{fact, facts};
use crate::ui::kit::format;
use crate::ui::kit::section::section_named;

pub(super) fn view(rows: &Rows) -> Html {
    let look = &rows.look;
    section_named(
        "rows",
        "Row locks".to_owned(),
        html! {
            <>
                if let Some((key, waiting)) = look.longest {
                    <p class="keys-moved">
                        <strong>{ format!("{} writes wait for one row", format::count(waiting.into())) }</strong>
                        { format!(" (key {key}), each with a connection in its hand. A row is written once at a time: at most one over the write time, however many connections there are.") }
                    </p>
                }
                { facts(html! { <>
                    { fact("rows locked", format::count(look.locked.into())) }
                    { fact("writes waiting", format::count(look.waiting.into())) }
                    { fact("waited too long", format::count(look.given_up)) }
                </> }) }
            </>
        },
    )
}
