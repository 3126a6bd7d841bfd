//! Under the top bar, on every screen: another tab edits this drawing, or what is drawn is not stored, with what to do.

use yew::prelude::*;

use super::keeper::{Access, use_keeper, use_keeper_state};
use crate::topology::format::Run;
use crate::ui::browser;
use crate::ui::dialogs::share::file_name;
use crate::ui::kit::icons::icon;
use crate::ui::store::{use_dispatch, use_document};

/// A live region: what appears in it is read aloud.
#[component]
pub fn KeepBanner() -> Html {
    let keeper = use_keeper();
    let state = use_keeper_state();
    let document = use_document();
    let dispatch = use_dispatch();
    // A trouble that was read and put away; the mark in the top bar stays.
    let put_away = use_state_eq(|| None);
    {
        let put_away = put_away.clone();
        use_effect_with(state.trouble, move |trouble| {
            if trouble.is_none() {
                put_away.set(None);
            }
        });
    }
    let take = {
        let keeper = keeper.clone();
        Callback::from(move |_: MouseEvent| keeper.take())
    };
    let copy = Callback::from(move |_: MouseEvent| keeper.copy());
    let save = Callback::from(move |_: MouseEvent| {
        let text = Run::new((*document.0).clone()).to_json_pretty();
        if browser::save_file(&file_name(&document.title), "application/json", &text).is_err() {
            dispatch.notify("The browser did not let the page save a file.");
        }
    });
    let dismiss = {
        let (put_away, trouble) = (put_away.clone(), state.trouble);
        Callback::from(move |_: MouseEvent| put_away.set(trouble))
    };
    let elsewhere = state.access != Access::Here;
    html! {
        <div class="keep-area" role="status" aria-live="polite">
            if elsewhere {
                <div class="banner banner-info" id="elsewhere">
                    { icon("eye", "") }
                    <p><strong>{ "This drawing is being edited in another tab." }</strong>{ " Here you see what is saved there." }</p>
                    <div class="banner-buttons">
                        <button type="button" class="btn btn-s btn-primary" id="take-over" disabled={state.access == Access::Taking} onclick={take}>{ "Edit here" }</button>
                        <button type="button" class="btn btn-s" id="copy-drawing" onclick={copy}>{ "Make a copy" }</button>
                    </div>
                </div>
            } else if let Some(trouble) = state.trouble.filter(|trouble| *put_away != Some(*trouble)) {
                <div class="banner banner-bad" id="not-stored">
                    { icon("triangle-alert", "") }
                    <p><strong>{ "Your work is not being saved." }</strong>{ format!(" {} {}", trouble.words(), trouble.remedy()) }</p>
                    <div class="banner-buttons">
                        <button type="button" class="btn btn-s btn-primary" id="save-as-file" onclick={save}>{ "Save as a file" }</button>
                        <button type="button" class="icon-btn icon-btn-s" aria-label="Dismiss" onclick={dismiss}>{ icon("x", "icon-s") }</button>
                    </div>
                </div>
            }
        </div>
    }
}
