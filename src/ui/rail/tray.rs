//! The fault tray: what can go wrong, by what it is about. Drag a fault onto what it shall hit, or onto the timeline.

use yew::prelude::*;

use crate::editor::faults::targets;
use crate::editor::{Action, EditCommand, SessionChange, ToolRequest};
use crate::model::fault::{self, FaultKind, Group};
use crate::model::params::{Params, Value};
use crate::topology::chaos::{self, Budget};
use crate::ui::kit::form::{ParamForm, Specs};
use crate::ui::kit::icons::icon;
use crate::ui::kit::placer::{Placer, Way, use_placer};
use crate::ui::store::{use_dispatch, use_document, use_guard, use_in_hand, use_preferences, use_run};

/// Name of the panel in the stored session.
pub const TRAY: &str = "faults";

/// Opens and closes the tray; stands in the palette.
#[component]
pub fn TrayToggle() -> Html {
    let preferences = use_preferences();
    let dispatch = use_dispatch();
    let open = preferences.panel_open(TRAY, false);
    let toggle =
        dispatch.callback(move || Action::Session(SessionChange::SetPanel { panel: TRAY.to_owned(), open: !open }));
    html! {
        <section class="rail-group rail-alone" aria-label="Faults">
            <div class="rail-items">
            <button type="button" class={classes!("palette-item", "cat-fault", open.then_some("palette-on"))} id="tray-toggle"
                aria-expanded={open.to_string()} aria-controls="tray" title="What can go wrong: drag it onto what it shall hit." onclick={toggle}>
                { icon("siren", "icon-l") }
                <span>{ "Faults" }</span>
                { icon(if open { "chevron-left" } else { "chevron-right" }, "icon-s") }
            </button>
            </div>
        </section>
    }
}

/// The tray itself, beside the canvas.
pub(crate) fn draw() -> Html {
    html! { <Tray /> }
}

#[component]
fn Tray() -> Html {
    html! {
        <aside class="tray" id="tray" aria-label="Faults">
            <p class="sub tray-lead">{ "Drag one onto what it shall hit, or onto the timeline." }</p>
            { for Group::ALL.into_iter().map(|group| html! {
                <section class="tray-group" aria-label={group.label()} key={group.label()}>
                    <h3>{ group.label() }</h3>
                    { for fault::REGISTRY.iter().filter(|kind| kind.group == group && !kind.entry.defect).map(|kind| html! {
                        <TrayItem {kind} key={kind.entry.id} />
                    }) }
                </section>
            }) }
            <Chaos />
        </aside>
    }
}

#[derive(Properties)]
struct TrayItemProps {
    kind: &'static FaultKind,
}

impl PartialEq for TrayItemProps {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.kind, other.kind)
    }
}

#[component]
fn TrayItem(props: &TrayItemProps) -> Html {
    let document = use_document();
    let TrayItemProps { kind } = *props;
    let aiming = use_in_hand() == Some(kind.entry.id);
    let anything = !targets(&document, kind).is_empty();
    let place = Callback::from(move |way: Way| match way {
        Way::Keyboard => ToolRequest::PlaceFaultAtSelection { kind },
        Way::Dragged | Way::Clicked => ToolRequest::PlaceFault { kind, dragged: way == Way::Dragged },
    });
    let Placer { onpointerdown, onpointerleave, onclick } = use_placer(anything, aiming, place);
    let title = if anything {
        format!("{} It can hit {}.", kind.entry.summary, kind.targets.words())
    } else {
        format!("It can hit {}, and there is none.", kind.targets.words())
    };
    html! {
        <button type="button" class={classes!("tray-item", aiming.then_some("palette-on"))} disabled={!anything}
            aria-pressed={aiming.to_string()} {title} data-tray={kind.entry.id} {onpointerdown} {onpointerleave} {onclick}>
            { icon(kind.icon, "") }
            <span>{ kind.entry.name }</span>
        </button>
    }
}

/// Plans faults at random, within a budget.
#[component]
fn Chaos() -> Html {
    let dispatch = use_dispatch();
    let document = use_document();
    let guard = use_guard();
    let run = use_run();
    let params = use_state_eq(Params::new);
    let number = use_state_eq(|| 1u64);
    let onchange = {
        let params = params.clone();
        Callback::from(move |(key, value): (String, Value)| {
            let mut next = (*params).clone();
            next.set(&key, value);
            params.set(next);
        })
    };
    let compose = {
        let (params, begun) = (params.clone(), run.begun());
        Callback::from(move |_: MouseEvent| {
            let faults = chaos::compose(&document, &Budget::read(&params), *number);
            number.set(*number + 1);
            if faults.is_empty() {
                dispatch.notify("Nothing fits into this budget: raise a number, or draw something that can break.");
                return;
            }
            let words = match faults.len() {
                1 => "1 fault planned.".to_owned(),
                count => format!("{count} faults planned."),
            };
            dispatch.edit(EditCommand::AddFaults(faults));
            dispatch.notify(if begun {
                format!("{words} They act from the next start: press Restart (R).")
            } else {
                format!("{words} Move or remove them on the timeline.")
            });
        })
    };
    html! {
        <details class="tray-chaos">
            <summary>{ icon("dices", "") }{ "Chaos" }</summary>
            <p class="sub">{ "Plans random faults within a budget, drawn from the seed. A link carries them." }</p>
            <ParamForm specs={Specs(chaos::ENTRY.params)} params={(*params).clone()} prefix="chaos" {onchange} onend={Callback::noop()} />
            <button type="button" class="btn btn-s" id="compose-chaos" disabled={guard.fixed_run} onclick={compose}>
                { icon("dices", "icon-s") }{ "Plan chaos" }
            </button>
        </details>
    }
}
