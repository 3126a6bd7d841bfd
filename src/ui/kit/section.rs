//! A section of a panel: its heading and what stands under it.

use yew::prelude::*;

/// A section under a heading.
pub fn section(title: impl Into<Html>, body: Html) -> Html {
    section_of(None, None, title.into(), body)
}

/// A section that can be found by its id.
pub fn section_named(id: &'static str, title: impl Into<Html>, body: Html) -> Html {
    section_of(Some(id), None, title.into(), body)
}

/// A section of a class, for what its style sheet says besides.
pub fn section_in(class: &'static str, title: impl Into<Html>, body: Html) -> Html {
    section_of(None, Some(class), title.into(), body)
}

fn section_of(id: Option<&'static str>, class: Option<&'static str>, title: Html, body: Html) -> Html {
    html! {
        <section {id} class={classes!("inside", class)}>
            <h3>{ title }</h3>
            { body }
        </section>
    }
}
