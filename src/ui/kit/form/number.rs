//! A number with its unit: typed or pulled. A number out of range is kept as typed and told about, never dropped.

use std::cell::RefCell;
use std::collections::BTreeMap;

use web_sys::{HtmlInputElement, KeyboardEvent};
use yew::prelude::*;

use super::quantity::{Scale, on_scale, parse, scale_for, shown, slider_from, slider_to, typed};
use crate::model::params::Unit;
use crate::ui::kit::icons::icon;

thread_local! {
    /// The last number that a hand typed into a field, by its id, with the scale that it was typed on.
    static HAND: RefCell<BTreeMap<String, (f64, Scale)>> = const { RefCell::new(BTreeMap::new()) };
}

/// Places on a slider.
const SLIDER_STEPS: f64 = 200.0;

#[derive(Debug, PartialEq, Properties)]
pub struct NumberFieldProps {
    pub id: AttrValue,
    /// For screen readers where there is no label beside it, and for messages.
    pub name: AttrValue,
    pub unit: Unit,
    pub min: f64,
    pub max: f64,
    pub value: f64,
    /// Several things are set, and not to the same: nothing is shown until something is typed.
    #[prop_or_default]
    pub mixed: bool,
    /// Stands where nothing is shown.
    #[prop_or("differ")]
    pub unset: &'static str,
    #[prop_or_default]
    pub disabled: bool,
    #[prop_or_default]
    pub slider: bool,
    /// Stands before the input; without one the input carries `name` itself.
    #[prop_or_default]
    pub label: Html,
    /// Every valid number while typing or pulling.
    pub onchange: Callback<f64>,
    /// The hand has let go.
    pub onend: Callback<()>,
}

/// See the module's words.
#[component]
pub fn NumberField(props: &NumberFieldProps) -> Html {
    let &NumberFieldProps { unit, min, max, value, .. } = props;
    // What was typed, while it is being typed or cannot be taken over.
    let draft = use_state_eq(|| None::<String>);
    let sent = use_mut_ref(|| value);
    // The scale that a hand typed in stays for as long as the value is the hand's: "20 ms", then 1500, then 20 is 20 ms
    // again, also after another selection. "0.5" on the way to "0.05" must not change its meaning either.
    let scale = HAND.with_borrow(|hand| match hand.get(props.id.as_str()) {
        Some((by_hand, scale)) if draft.is_some() || *by_hand == value => *scale,
        _ => scale_for(value, unit),
    });
    let keep = {
        let id = props.id.clone();
        move |number: f64, scale: Scale| {
            HAND.with_borrow_mut(|hand| {
                hand.insert(id.to_string(), (number, scale));
            });
        }
    };

    // Another value came from elsewhere (undo, a lesson): what had been typed is over.
    {
        let (draft, sent) = (draft.clone(), sent.clone());
        use_effect_with(value, move |value| {
            if *sent.borrow() != *value {
                *sent.borrow_mut() = *value;
                draft.set(None);
            }
        });
    }

    let problem = draft.as_ref().and_then(|text| judge(text, props, scale).err());
    let send = {
        let (onchange, sent) = (props.onchange.clone(), sent.clone());
        move |number: f64| {
            *sent.borrow_mut() = number;
            onchange.emit(number);
        }
    };
    let oninput = {
        let (draft, send, props, keep) = (draft.clone(), send.clone(), Judged::of(props), keep.clone());
        let unsettled = draft.is_none();
        Callback::from(move |event: InputEvent| {
            let text = event.target_unchecked_into::<HtmlInputElement>().value();
            if let Ok(number) = props.judge(&text, scale) {
                keep(number, scale);
                send(number);
            } else if unsettled {
                keep(value, scale);
            }
            draft.set(Some(text));
        })
    };
    let settle = {
        let (draft, onend, props, keep) = (draft.clone(), props.onend.clone(), Judged::of(props), keep.clone());
        move || {
            if let Some((number, scale)) = draft.as_ref().and_then(|text| typed(text, props.unit, scale)) {
                keep(number, scale);
            }
            if draft.as_ref().is_none_or(|text| props.judge(text, scale).is_ok()) {
                draft.set(None);
            }
            onend.emit(());
        }
    };
    let onblur = {
        let settle = settle.clone();
        Callback::from(move |_: FocusEvent| settle())
    };
    let onkeydown = {
        let (draft, settle, send, props) = (draft.clone(), settle.clone(), send.clone(), Judged::of(props));
        Callback::from(move |event: KeyboardEvent| {
            let step = match event.key().as_str() {
                "Enter" => {
                    settle();
                    return;
                }
                "Escape" => {
                    draft.set(None);
                    event.stop_propagation();
                    return;
                }
                "ArrowUp" => 1.0,
                "ArrowDown" => -1.0,
                _ => return,
            };
            event.prevent_default();
            let size = if event.shift_key() { 10.0 } else { 1.0 };
            let grain = props.grain(value, scale.one);
            let next = ((value + step * size * grain) / grain).round() * grain;
            draft.set(None);
            let next = next.clamp(props.min, props.max);
            keep(next, scale);
            send(next);
        })
    };
    let onslide = {
        let (draft, send) = (draft.clone(), send.clone());
        Callback::from(move |event: InputEvent| {
            let place = event.target_unchecked_into::<HtmlInputElement>().value_as_number() / SLIDER_STEPS;
            draft.set(None);
            send(slider_to(place, unit, min, max));
        })
    };
    let onslid = props.onend.reform(|_: Event| ());

    let shown_now = || if props.mixed { String::new() } else { on_scale(value, scale) };
    let text = draft.as_ref().cloned().unwrap_or_else(shown_now);
    let error_id = format!("{}-error", props.id);
    let labelled = props.label != Html::default();
    html! {
        <>
            <div class="field-row">
                { props.label.clone() }
                <span class={classes!("number", problem.is_some().then_some("number-bad"))}>
                    <input id={props.id.clone()} type="text" inputmode="decimal" autocomplete="off" class="num" value={text} placeholder={props.mixed.then_some(props.unset)}
                        disabled={props.disabled} {oninput} {onblur} {onkeydown}
                        aria-label={(!labelled).then(|| props.name.clone())}
                        aria-invalid={problem.is_some().to_string()}
                        aria-describedby={problem.is_some().then(|| error_id.clone())} />
                    if !scale.sign.is_empty() { <span class="number-unit">{ scale.sign }</span> }
                </span>
            </div>
            if props.slider && !props.disabled {
                <input type="range" class="slider" min="0" max={SLIDER_STEPS.to_string()} step="1" tabindex="-1" aria-hidden="true"
                    value={(slider_from(value, unit, min, max) * SLIDER_STEPS).round().to_string()} oninput={onslide} onchange={onslid} />
            }
            if let Some(problem) = problem {
                <p class="field-problem" id={error_id} role="alert">{ icon("triangle-alert", "icon-s") }{ problem }</p>
            }
        </>
    }
}

/// What decides whether a text can be taken over.
#[derive(Clone)]
struct Judged {
    unit: Unit,
    min: f64,
    max: f64,
    /// A number that is in range: the one in force.
    example: f64,
}

impl Judged {
    fn of(props: &NumberFieldProps) -> Self {
        Self { unit: props.unit, min: props.min, max: props.max, example: props.value.clamp(props.min, props.max) }
    }

    fn judge(&self, text: &str, scale: Scale) -> Result<f64, String> {
        let Self { unit, min, max, .. } = *self;
        let number = parse(text, unit, scale).ok_or_else(|| match unit {
            Unit::Seconds => format!("Type a time, e.g. {}.", shown(self.example, unit)),
            Unit::Share => format!("Type a share in percent, e.g. {}.", shown(self.example, unit)),
            _ => format!("Type a number, e.g. {}.", shown(self.example, unit)),
        })?;
        if number < min || number > max {
            let (low, high) = (shown(min, unit), shown(max, unit));
            return Err(format!(
                "This must be between {low} and {high}. Until then the last good value stays in force."
            ));
        }
        if unit == Unit::Count && number.fract() != 0.0 {
            return Err("A whole number, please: there is no half of one.".to_owned());
        }
        Ok(number)
    }

    /// What an arrow key adds: one for counts, about a twentieth of the value's magnitude otherwise.
    fn grain(&self, value: f64, one: f64) -> f64 {
        match self.unit {
            Unit::Count => 1.0,
            Unit::Share => 0.01,
            _ => {
                let size = (value.abs() / one).max(1.0);
                one * 10_f64.powf((size.log10() - 1.0).floor()).max(0.01)
            }
        }
    }
}

fn judge(text: &str, props: &NumberFieldProps, scale: Scale) -> Result<f64, String> {
    Judged::of(props).judge(text, scale)
}
