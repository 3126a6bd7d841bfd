//! All of one's own drawings, and the file that holds them all.

use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::gallery::{Found, read_file};
use crate::ui::browser;
use crate::ui::drawings::keeper::use_keeper;
use crate::ui::drawings::library;
use crate::ui::drawings::list::DrawingList;
use crate::ui::kit::dialog::Dialog;
use crate::ui::kit::icons::icon;
use crate::ui::shell::{DialogKind, Opening, use_shell};

#[derive(Debug, PartialEq, Properties)]
pub struct DrawingsProps {
    pub onclose: Callback<()>,
}

#[component]
pub fn Drawings(props: &DrawingsProps) -> Html {
    let shell = use_shell();
    let keeper = use_keeper();
    // What was exported or imported, or why not; counted, so that the list is read anew.
    let told = use_state_eq(|| (0_u32, None::<Result<String, String>>));
    let chooser = use_node_ref();
    let tell = {
        let told = told.clone();
        move |outcome: Result<String, String>| told.set((told.0 + 1, Some(outcome)))
    };
    let blank = {
        let (shell, onclose) = (shell.clone(), props.onclose.clone());
        Callback::from(move |_: MouseEvent| {
            onclose.emit(());
            shell.open(Opening::blank());
        })
    };
    let export = {
        let (tell, keeper) = (tell.clone(), keeper.clone());
        Callback::from(move |_: MouseEvent| {
            let (tell, keeper) = (tell.clone(), keeper.clone());
            spawn_local(async move {
                // What cannot be stored is said by the page; the rest can still be exported.
                let _ = keeper.settle().await;
                tell(match library::export().await {
                    Ok(text) => match browser::save_file("headroom-drawings.json", "application/json", &text) {
                        Ok(()) => Ok("All drawings are in the file headroom-drawings.json.".to_owned()),
                        Err(_) => Err("The browser did not let the page save a file.".to_owned()),
                    },
                    Err(trouble) => Err(format!("{} {}", trouble.words(), trouble.remedy())),
                });
            });
        })
    };
    let choose = {
        let chooser = chooser.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(chooser) = chooser.cast::<HtmlInputElement>() {
                chooser.click();
            }
        })
    };
    let chosen = {
        let (shell, onclose) = (shell.clone(), props.onclose.clone());
        Callback::from(move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            if let Some(file) = input.files().and_then(|files| files.get(0)) {
                let (tell, shell, onclose) = (tell.clone(), shell.clone(), onclose.clone());
                read_file(&file, move |found| match found {
                    Ok(Found::Drawings(text)) => spawn_local(async move { tell(import(&text).await) }),
                    Ok(Found::Run(opening)) => {
                        onclose.emit(());
                        shell.open(*opening);
                    }
                    Ok(Found::Manifest(text)) => shell.show(DialogKind::Manifest { text, out: false }),
                    Err(message) => tell(Err(message)),
                });
            }
            input.set_value("");
        })
    };
    let opened = {
        let onclose = props.onclose.clone();
        Callback::from(move |()| onclose.emit(()))
    };
    html! {
        <Dialog title="Your drawings" wide=true onclose={props.onclose.clone()}>
            <p class="sub">{ "Saved by themselves in this browser, and nowhere else. The file with all of them is your backup." }</p>
            <div class="button-row">
                <button type="button" class="btn btn-primary" id="new-drawing-here" onclick={blank}>{ icon("plus", "") }{ "New drawing" }</button>
                <button type="button" class="btn" id="export-drawings" onclick={export}>{ icon("download", "") }{ "Export all" }</button>
                <button type="button" class="btn" id="import-drawings" onclick={choose}>{ icon("upload", "") }{ "Import" }</button>
            </div>
            <input ref={chooser} type="file" accept=".json,application/json" hidden=true onchange={chosen} id="drawings-chooser" />
            { match &told.1 {
                Some(Ok(words)) => html! { <p class="callout" role="status" id="drawings-told">{ words }</p> },
                Some(Err(words)) => html! { <p class="callout callout-warn" role="alert">{ words }</p> },
                None => Html::default(),
            } }
            <DrawingList onopen={opened} renewed={told.0} />
        </Dialog>
    }
}

/// Takes a file of drawings in and says what came of it.
///
/// # Errors
/// In plain words.
pub async fn import(text: &str) -> Result<String, String> {
    let (added, known) = library::import(text).await?;
    let drawings = |count: usize| if count == 1 { "1 drawing".to_owned() } else { format!("{count} drawings") };
    Ok(match known {
        0 => format!("{} imported.", drawings(added)),
        known => format!("{} imported; {} were here already.", drawings(added), drawings(known)),
    })
}
