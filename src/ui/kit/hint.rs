//! Cards that explain: on hover, on focus, on a tap; gone with Escape. Never in the way of what they talk about.

use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use crate::glossary;
use crate::ui::browser::{self, Listener, Timer};
use crate::ui::course::use_words;

/// Gap between the word and its card [px].
const GAP: f64 = 8.0;
/// Rest before a card opens under a pointer that may only be passing, and before it goes [ms].
const OPEN_MS: i32 = 180;
const CLOSE_MS: i32 = 160;

#[derive(Debug, PartialEq, Properties)]
pub struct HintProps {
    /// What is always seen.
    pub children: Html,
    /// What the card says.
    pub card: Html,
    /// Of the button around the children.
    #[prop_or_default]
    pub class: Classes,
    /// For screen readers, where the children do not say it.
    #[prop_or_default]
    pub label: Option<AttrValue>,
}

/// Something that can be asked what it means.
#[component]
pub fn Hint(props: &HintProps) -> Html {
    let open = use_state_eq(|| false);
    let timer = use_mut_ref(|| None::<Timer>);
    let anchor = use_node_ref();
    let card = use_node_ref();

    let later = {
        let (open, timer) = (open.clone(), timer.clone());
        move |to: bool, millis: i32| {
            let open = open.clone();
            *timer.borrow_mut() = Some(Timer::once(millis, move || open.set(to)));
        }
    };
    let now = {
        let (open, timer) = (open.clone(), timer.clone());
        move |to: bool| {
            timer.borrow_mut().take();
            open.set(to);
        }
    };

    {
        let (anchor, card, now) = (anchor.clone(), card.clone(), now.clone());
        use_effect_with(*open, move |open| {
            let mut listeners = Vec::new();
            if *open {
                place(&anchor, &card);
                let escape = now.clone();
                listeners.push(Listener::new(&browser::window(), "keydown", move |event| {
                    let key: KeyboardEvent = wasm_bindgen::JsCast::unchecked_into(event);
                    if key.key() == "Escape" {
                        escape(false);
                    }
                }));
                listeners.push(Listener::new(&browser::window(), "scroll", move |_| now(false)));
            }
            move || drop(listeners)
        });
    }

    let enter = {
        let later = later.clone();
        Callback::from(move |_: PointerEvent| later(true, OPEN_MS))
    };
    let leave = {
        let later = later.clone();
        Callback::from(move |_: PointerEvent| later(false, CLOSE_MS))
    };
    let stay = {
        let now = now.clone();
        Callback::from(move |_: PointerEvent| now(true))
    };
    let focus = {
        let now = now.clone();
        Callback::from(move |_: FocusEvent| now(true))
    };
    let blur = {
        let later = later.clone();
        Callback::from(move |_: FocusEvent| later(false, CLOSE_MS))
    };
    let click = {
        let now = now.clone();
        Callback::from(move |_: MouseEvent| now(true))
    };

    let shown = if *open {
        let host: Element = browser::document().body().expect("the page has a body").into();
        create_portal(
            html! {
                <div class="hint-card" ref={card} role="tooltip" onpointerenter={stay} onpointerleave={leave.clone()}>
                    { props.card.clone() }
                </div>
            },
            host,
        )
    } else {
        Html::default()
    };
    html! {
        <>
            <button type="button" class={classes!("hint", props.class.clone())} ref={anchor}
                aria-label={props.label.clone()} aria-expanded={open.to_string()}
                onpointerenter={enter} onpointerleave={leave} onfocus={focus} onblur={blur} onclick={click}>
                { props.children.clone() }
            </button>
            { shown }
        </>
    }
}

/// Puts the card under its word, or above where there is no room below; always within the window.
fn place(anchor: &NodeRef, card: &NodeRef) {
    let (Some(anchor), Some(card)) = (anchor.cast::<Element>(), card.cast::<HtmlElement>()) else { return };
    let window = browser::window();
    let size = |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|value| value.as_f64()).unwrap_or(800.0);
    let (width, height) = (size(window.inner_width()), size(window.inner_height()));
    let (word, own) = (anchor.get_bounding_client_rect(), card.get_bounding_client_rect());
    let left = (word.left() + word.width() / 2.0 - own.width() / 2.0).clamp(GAP, (width - own.width() - GAP).max(GAP));
    let below = word.bottom() + GAP;
    let top = if below + own.height() + GAP <= height { below } else { (word.top() - GAP - own.height()).max(GAP) };
    let style = card.style();
    // Values of our own making are always taken.
    let _ = style.set_property("left", &format!("{left:.0}px"));
    let _ = style.set_property("top", &format!("{top:.0}px"));
    let _ = style.set_property("visibility", "visible");
}

#[derive(Debug, PartialEq, Properties)]
pub struct TermProps {
    /// The glossary's id.
    pub id: AttrValue,
    /// Other words than the glossary's name, if any.
    #[prop_or_default]
    pub children: Html,
}

/// A word of the glossary in running text.
#[component]
pub fn Term(props: &TermProps) -> Html {
    let words = use_words();
    let term = words.glossary.find(&props.id);
    let named = props.children != Html::default();
    // Until the glossary has come, the plain word stands there.
    let Some(term) = term else {
        return if named {
            props.children.clone()
        } else {
            html! { { props.id.replace('_', " ") } }
        };
    };
    let words = if named {
        props.children.clone()
    } else {
        html! { { &term.name } }
    };
    html! { <Hint class="term" card={term_card(Some(term), "", Html::default())}>{ words }</Hint> }
}

/// The card of a term, with what it comes to here and now. Until the glossary has come: that alone, below `title`.
pub fn term_card(term: Option<&glossary::Term>, title: &str, here: Html) -> Html {
    let Some(term) = term else {
        return html! { <><h3 class="hint-title">{ capital(title) }</h3>{ here }</> };
    };
    html! {
        <>
            <h3 class="hint-title">
                { capital(&term.name) }
                if !term.symbol.is_empty() { <span class="num hint-symbol">{ &term.symbol }</span> }
            </h3>
            <p>{ &term.definition }</p>
            if !term.formula.is_empty() { <p class="num hint-formula">{ &term.formula }</p> }
            { here }
            if !term.advice.is_empty() { <p class="hint-advice">{ &term.advice }</p> }
        </>
    }
}

/// With a capital first letter.
#[must_use]
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
