//! The dialogs, a file each; `shell.rs` says which of them is open.

pub mod drawings;
pub mod gallery;
pub mod help;
pub mod manifest;
pub mod money;
pub mod search;
pub mod share;
pub mod what_if;

use yew::prelude::*;

use self::share::Exported;
use super::shell::DialogKind;

/// A dialog. `exported`: what Share has to offer; `onclose` closes it.
pub(crate) fn draw(kind: DialogKind, exported: Option<Exported>, onclose: Callback<()>) -> Html {
    match kind {
        DialogKind::Help => html! { <help::Help {onclose} /> },
        DialogKind::Search => html! { <search::Search {onclose} /> },
        DialogKind::Gallery => html! { <gallery::Gallery {onclose} /> },
        DialogKind::Learn => html! { <gallery::Gallery lessons=true {onclose} /> },
        DialogKind::Drawings => html! { <drawings::Drawings {onclose} /> },
        DialogKind::Manifest { text, out } => html! { <manifest::Manifest {text} {out} {onclose} /> },
        DialogKind::Share => html! { <share::Share {exported} {onclose} /> },
        DialogKind::Money => html! { <money::Money {onclose} /> },
        DialogKind::WhatIf(node) => html! { <what_if::WhatIf {node} {onclose} /> },
    }
}
