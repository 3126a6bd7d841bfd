//! The list of one's own drawings: open, rename, duplicate, delete and bring back; all of them as one file.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlInputElement, KeyboardEvent};
use yew::prelude::*;

use super::channel::{self, News};
use super::keeper::{Access, Keeper, use_keeper, use_keeper_state};
use super::library;
use super::lock::{self, Ask};
use super::store::Trouble;
use crate::drawings::list::{copy_title, deleted, shown};
use crate::drawings::picture::{HEIGHT, WIDTH};
use crate::drawings::{DrawingId, Meta};
use crate::editor::EditCommand;
use crate::ui::browser;
use crate::ui::kit::icons::icon;
use crate::ui::shared::Shared;
use crate::ui::shell::{Opening, Wanted, use_shell};
use crate::ui::store::use_dispatch;

/// From this number on there is a field to search in.
const SEARCH_FROM: usize = 8;
/// Longest title [characters], as in the top bar.
const TITLE_CHARS: &str = "80";

/// What can be done with a drawing of the list.
#[derive(Clone, Debug, PartialEq)]
enum Deed {
    Open,
    Rename(String),
    Duplicate,
    Delete,
    BringBack,
}

#[derive(Debug, PartialEq, Properties)]
pub struct DrawingListProps {
    /// Shows the latest few only, without search and without what was deleted.
    #[prop_or_default]
    pub few: Option<usize>,
    /// Shows all of them.
    #[prop_or_default]
    pub onall: Callback<()>,
    /// Something is being opened.
    pub onopen: Callback<()>,
    /// Counts reasons to read the list anew.
    #[prop_or_default]
    pub renewed: u32,
}

#[component]
pub fn DrawingList(props: &DrawingListProps) -> Html {
    let keeper = use_keeper();
    let here = use_keeper_state();
    let shell = use_shell();
    let dispatch = use_dispatch();
    let metas = use_state_eq(|| None::<Shared<Vec<Meta>>>);
    let search = use_state_eq(String::new);
    let said = use_state_eq(|| None::<(String, Option<Meta>)>);
    let serial = use_state_eq(|| 0_u32);

    let reload = {
        let metas = metas.setter();
        use_callback((), move |(), ()| {
            let metas = metas.clone();
            spawn_local(async move { metas.set(Some(Shared::new(library::metas().await))) });
        })
    };
    {
        let (reload, keeper) = (reload.clone(), keeper.clone());
        use_effect_with((props.renewed, *serial, here.revision), move |_| {
            spawn_local(async move {
                // What is open shall stand in the list as it is now. A failure is told by the page.
                let _ = keeper.settle().await;
                reload.emit(());
            });
        });
    }
    {
        let reload = reload.clone();
        use_effect_with((), move |()| {
            let listener = channel::hear(move |news| {
                if matches!(news, News::Saved(_) | News::List) {
                    reload.emit(());
                }
            });
            move || drop(listener)
        });
    }
    // The rows keep one callback: the page renders ten times a second while a run goes on, and hundreds of rows need not.
    let newest = use_mut_ref(Callback::<(Meta, Deed)>::noop);
    *newest.borrow_mut() = {
        let (said, serial, shell, onopen, here) =
            (said.setter(), serial.clone(), shell.clone(), props.onopen.clone(), here.clone());
        let all = (*metas).clone();
        Callback::from(move |(meta, deed): (Meta, Deed)| {
            let is_here = here.id.as_ref() == Some(&meta.id);
            if deed == Deed::Open {
                onopen.emit(());
                // What is open stays as it is, with its steps to undo.
                if !is_here {
                    shell.fetch(Wanted::Drawing(meta.id));
                }
                return;
            }
            // What another tab edits is only shown here.
            let is_here = is_here && here.access == Access::Here;
            if let (true, Deed::Rename(title)) = (is_here, &deed) {
                dispatch.edit(EditCommand::SetTitle(title.clone()));
            }
            let (said, serial, shell, keeper) = (said.clone(), serial.clone(), shell.clone(), keeper.clone());
            let all = all.clone();
            spawn_local(async move {
                let all = all.as_ref().map_or(&[][..], |all| all.as_slice());
                match carry_out(&meta, &deed, is_here, &keeper, all).await {
                    Ok(Done { words, undo }) => {
                        said.set(words.map(|words| (words, undo)));
                        if is_here && deed == Deed::Delete {
                            shell.open(Opening::blank());
                        }
                    }
                    Err(message) => said.set(Some((message, None))),
                }
                serial.set(*serial + 1);
            });
        })
    };
    let act = use_callback((), move |asked, ()| {
        let act = newest.borrow().clone();
        act.emit(asked);
    });
    let rows = use_memo(
        ((*metas).clone(), (*search).clone(), props.few, here.id.clone(), act.clone()),
        |(metas, search, few, here, act)| {
            let metas = metas.as_ref().map_or(&[][..], |metas| metas.as_slice());
            let rows = shown(metas, search).into_iter().take(few.unwrap_or(usize::MAX)).map(|meta| {
                let current = here.as_ref() == Some(&meta.id);
                html! { <Row key={meta.id.as_str()} meta={meta.clone()} {current} act={act.clone()} /> }
            });
            html! { <ul class="drawing-rows">{ for rows }</ul> }
        },
    );
    let Some(all) = (*metas).clone() else {
        return html! { <p class="sub" role="status">{ "Your drawings are being read …" }</p> };
    };
    let found = shown(&all, &search);
    let gone = deleted(&all);
    let count = shown(&all, "").len();
    let type_in = {
        let search = search.clone();
        Callback::from(move |event: InputEvent| search.set(event.target_unchecked_into::<HtmlInputElement>().value()))
    };
    let undo = said.as_ref().and_then(|(_, undo)| undo.clone()).map(|meta| {
        let act = act.clone();
        Callback::from(move |_: MouseEvent| act.emit((meta.clone(), Deed::BringBack)))
    });
    let show_all = props.onall.reform(|_: MouseEvent| ());
    html! {
        <div class="drawings">
            if props.few.is_none() && count >= SEARCH_FROM {
                <label class="drawings-search">
                    <span class="visually-hidden">{ "Search your drawings by title" }</span>
                    <input type="search" id="drawings-search" placeholder={format!("Search {count} drawings")} value={(*search).clone()} oninput={type_in} />
                </label>
            }
            <div class="drawings-said" role="status" aria-live="polite">
                if let Some((words, _)) = said.as_ref() {
                    <p class="callout">{ words }
                        if let Some(undo) = undo { <button type="button" class="btn btn-s" id="undo-delete" onclick={undo}>{ icon("undo-2", "icon-s") }{ "Undo" }</button> }
                    </p>
                }
            </div>
            if count == 0 {
                <p class="sub">{ "Nothing yet. What you draw, or change in a scenario or a link, is saved here by itself." }</p>
            } else if found.is_empty() {
                <p class="sub" role="status">{ format!("No title with \"{}\".", search.trim()) }</p>
            }
            { (*rows).clone() }
            if props.few.is_some_and(|few| count > few) {
                <button type="button" class="btn btn-s" id="all-drawings" onclick={show_all}>{ format!("All {count} drawings") }</button>
            }
            if props.few.is_none() && !gone.is_empty() {
                <details class="drawings-gone">
                    <summary>{ format!("Deleted in the last 30 days ({})", gone.len()) }</summary>
                    <ul>{ for gone.iter().map(|meta| {
                        let (act, meta) = (act.clone(), (*meta).clone());
                        let title = meta.title.clone();
                        let onclick = Callback::from(move |_: MouseEvent| act.emit((meta.clone(), Deed::BringBack)));
                        html! { <li><span>{ &title }</span><button type="button" class="btn btn-s" aria-label={format!("Bring back {title}")} {onclick}>{ "Bring back" }</button></li> }
                    }) }</ul>
                </details>
            }
        </div>
    }
}

/// What came of it.
#[derive(Default)]
struct Done {
    words: Option<String>,
    /// What can be brought back.
    undo: Option<Meta>,
}

async fn carry_out(meta: &Meta, deed: &Deed, is_here: bool, keeper: &Keeper, all: &[Meta]) -> Result<Done, String> {
    let sorry = |trouble: Trouble| format!("{} {}", trouble.words(), trouble.remedy());
    let title = meta.title.clone();
    // What another tab edits stays as it is there. The lock is given back at the end.
    let hold = if is_here { None } else { lock::ask(&meta.id, Ask::Now, || {}).await };
    if hold.is_none() && !is_here && matches!(deed, Deed::Rename(_) | Deed::Delete) {
        return Err(format!(
            "\"{title}\" is being edited in another tab. Rename or delete it there, or close that tab."
        ));
    }
    // A title that was just typed is saved with the drawing.
    keeper.settle().await.map_err(sorry)?;
    let now_ms = browser::date_ms();
    let tab = channel::tab();
    let done = match deed {
        Deed::Open => Done::default(),
        Deed::Rename(_) if is_here => Done::default(),
        Deed::Rename(name) => {
            library::change(&meta.id, |drawing| drawing.renamed(name, now_ms, &tab)).await.map_err(sorry)?;
            Done::default()
        }
        Deed::Duplicate => {
            let Some(drawing) = library::get(&meta.id).await.map_err(sorry)? else { return Ok(Done::default()) };
            let id = DrawingId::from_bits(browser::random_bits());
            let copy = drawing.copied(id, copy_title(&drawing.meta.title, all), now_ms);
            library::put(&copy, 0).await.map_err(sorry)?;
            Done { words: Some(format!("\"{}\" is a copy of \"{title}\".", copy.meta.title)), undo: None }
        }
        Deed::Delete => {
            let gone = library::change(&meta.id, |drawing| drawing.marked(Some(now_ms), &tab)).await.map_err(sorry)?;
            if let Some(gone) = &gone {
                keeper.adopt(gone);
            }
            Done { words: Some(format!("\"{title}\" is deleted.")), undo: gone }
        }
        Deed::BringBack => {
            library::change(&meta.id, |drawing| drawing.marked(None, &tab)).await.map_err(sorry)?;
            Done { words: Some(format!("\"{title}\" is back.")), undo: None }
        }
    };
    drop(hold);
    Ok(done)
}

#[derive(Debug, PartialEq, Properties)]
struct RowProps {
    meta: Meta,
    /// Whether it is open in this tab.
    current: bool,
    act: Callback<(Meta, Deed)>,
}

/// One drawing. Rendered anew only when it changes: there may be hundreds.
#[component]
fn Row(props: &RowProps) -> Html {
    let RowProps { meta, current, act } = props;
    let renaming = use_state_eq(|| false);
    // Taking the field away blurs it: that must not count as another end.
    let over = use_mut_ref(|| true);
    let field = use_node_ref();
    {
        let (field, title) = (field.clone(), meta.title.clone());
        use_effect_with(*renaming, move |renaming| {
            if let Some(field) = field.cast::<HtmlInputElement>().filter(|_| *renaming) {
                // Once, and no attribute: what is being typed is never put back.
                field.set_value(&title);
                // Focusing cannot fail on an element that is in the page.
                let _ = field.focus();
                field.select();
            }
        });
    }
    let deed = |deed: Deed| {
        let (act, meta) = (act.clone(), meta.clone());
        Callback::from(move |_: MouseEvent| act.emit((meta.clone(), deed.clone())))
    };
    let begin = {
        let (renaming, over) = (renaming.clone(), over.clone());
        Callback::from(move |_: MouseEvent| {
            *over.borrow_mut() = false;
            renaming.set(true);
        })
    };
    let finish = {
        let (renaming, act, meta, field) = (renaming.clone(), act.clone(), meta.clone(), field.clone());
        Rc::new(move |keep: bool| {
            let typed = field.cast::<HtmlInputElement>().map(|field| field.value()).unwrap_or_default();
            let typed = typed.trim();
            if !over.replace(true) && keep && !typed.is_empty() && typed != meta.title {
                act.emit((meta.clone(), Deed::Rename(typed.to_owned())));
            }
            renaming.set(false);
        })
    };
    let key = {
        let finish = finish.clone();
        Callback::from(move |event: KeyboardEvent| match event.key().as_str() {
            "Enter" => {
                event.prevent_default();
                finish(true);
            }
            "Escape" => {
                // The dialog stays open.
                event.prevent_default();
                event.stop_propagation();
                finish(false);
            }
            _ => {}
        })
    };
    let blur = Callback::from(move |_: FocusEvent| finish(true));
    let stations = match meta.stations {
        1 => "1 station".to_owned(),
        count => format!("{count} stations"),
    };
    let source = meta.source.words();
    let id = meta.id.as_str().to_owned();
    let named = |verb: &str| format!("{verb} {}", meta.title);
    html! {
        <li class="drawing" data-drawing={id.clone()} aria-current={current.then_some("true")}>
            <button type="button" class="drawing-open" onclick={deed(Deed::Open)} tabindex="-1" aria-hidden="true">
                <svg class="drawing-picture" viewBox={format!("0 0 {WIDTH} {HEIGHT}")} aria-hidden="true" focusable="false">
                    <path class="drawing-frames" d={meta.picture.frames.clone()} />
                    <path class="drawing-lines" d={meta.picture.lines.clone()} />
                    <path class="drawing-boxes" d={meta.picture.boxes.clone()} />
                </svg>
            </button>
            <div class="drawing-words">
                if *renaming {
                    <input ref={field} type="text" class="drawing-name" maxlength={TITLE_CHARS}
                        aria-label={named("New title of")} onkeydown={key} onblur={blur} />
                } else {
                    <button type="button" class="drawing-title" onclick={deed(Deed::Open)}>{ &meta.title }</button>
                }
                <p class="drawing-facts">
                    if *current { <span class="badge">{ "open" }</span> }
                    <time>{ browser::date_words(meta.changed_ms) }</time>
                    <span>{ stations }</span>
                    if !source.is_empty() { <span>{ source }</span> }
                </p>
            </div>
            <div class="drawing-deeds">
                <button type="button" class="icon-btn icon-btn-s" aria-label={named("Rename")} title="Rename" onclick={begin}>{ icon("pencil", "icon-s") }</button>
                <button type="button" class="icon-btn icon-btn-s" aria-label={named("Duplicate")} title="Duplicate" onclick={deed(Deed::Duplicate)}>{ icon("copy", "icon-s") }</button>
                <button type="button" class="icon-btn icon-btn-s" aria-label={named("Delete")} title="Delete" onclick={deed(Deed::Delete)}>{ icon("trash-2", "icon-s") }</button>
            </div>
        </li>
    }
}
