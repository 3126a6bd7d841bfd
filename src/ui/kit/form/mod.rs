//! Forms made from parameter descriptions: nothing here knows a station, a strategy or a fault by name.

pub mod number;
pub mod quantity;

use std::rc::Rc;

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use self::number::NumberField;
use super::hint::Hint;
use super::icons::icon;
use crate::editor::{SessionChange, catalog};
use crate::engine::sort;
use crate::model::params::{Entry, ParamKind, ParamSpec, Params, Unit, Value, Variant, find_entry};
use crate::model::station::Groups;
use crate::ui::store::{use_dispatch, use_document, use_preferences};

/// Which form of an entry's description is shown where entries are chosen.
#[derive(Debug, PartialEq, Properties)]
pub struct ParamFormProps {
    pub specs: Specs,
    /// Only these of them, in this order; `None`: all.
    #[prop_or_default]
    pub only: Option<Rc<[&'static str]>>,
    /// Without those that a lesson keeps.
    #[prop_or_default]
    pub free: bool,
    /// Several things are set at once, and these not to the same.
    #[prop_or_default]
    pub differ: Vec<&'static str>,
    pub params: Params,
    /// What all this was set to when the lesson began; what differs says so.
    #[prop_or_default]
    pub was: Option<Params>,
    /// Makes the fields' ids unique on the page.
    pub prefix: AttrValue,
    /// Keys that a lesson keeps; `*` = all.
    #[prop_or_default]
    pub fixed: Vec<String>,
    /// Options that a lesson holds back: key, option.
    #[prop_or_default]
    pub held_back: Vec<(String, String)>,
    /// Messages at fields: key, words.
    #[prop_or_default]
    pub problems: Vec<(String, String)>,
    /// A value changes: key, value. Part of a gesture until `onend`.
    pub onchange: Callback<(String, Value)>,
    pub onend: Callback<()>,
}

/// Longest option that fits beside its label [characters].
const ROW_WORDS_MAX: usize = 18;

/// A list of descriptions that compares by address.
#[derive(Clone, Copy, Debug)]
pub struct Specs(pub &'static [ParamSpec]);

impl PartialEq for Specs {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

/// A labelled field for every parameter.
#[component]
pub fn ParamForm(props: &ParamFormProps) -> Html {
    let shown: Vec<&'static ParamSpec> = match &props.only {
        None => props.specs.0.iter().collect(),
        Some(keys) => keys.iter().filter_map(|key| props.specs.0.iter().find(|spec| spec.key == *key)).collect(),
    };
    let kept = |spec: &ParamSpec| props.fixed.iter().any(|key| key == "*" || key == spec.key);
    let fields = shown.into_iter().filter(|spec| !(props.free && kept(spec))).map(|spec| {
        let fixed = kept(spec);
        let value = props.params.get(spec.key).cloned().unwrap_or_else(|| spec.default_value());
        let problem = props.problems.iter().find(|(key, _)| key == spec.key).map(|(_, words)| words.clone());
        let onchange = {
            let (onchange, key) = (props.onchange.clone(), spec.key);
            Callback::from(move |value: Value| onchange.emit((key.to_owned(), value)))
        };
        let id = format!("{}-{}", props.prefix, spec.key);
        let mixed = props.differ.contains(&spec.key);
        let changed = props.was.as_ref().filter(|was| catalog::value(spec, was) != value);
        html! {
            <div class={classes!("field", fixed.then_some("field-fixed"), changed.is_some().then_some("field-changed"))} key={spec.key}>
                if let Some(was) = changed { <p class="field-was">{ icon("pencil", "icon-s") }{ was_words(spec, was, &value) }</p> }
                { field(spec, &value, &id, (fixed, mixed), props, &onchange) }
                if mixed { <p class="field-summary">{ "Not the same everywhere." }</p> }
                if let Some(words) = problem { <p class="field-problem" role="alert">{ icon("triangle-alert", "icon-s") }{ words }</p> }
            </div>
        }
    });
    html! { <div class="form">{ for fields }</div> }
}

#[derive(Debug, PartialEq, Properties)]
pub struct GroupedFormProps {
    /// Titles with the keys under them, in order; the first group is always in sight.
    pub groups: Groups,
    pub form: ParamFormProps,
}

/// The same in groups that open and close; a closed one says its state in one line. Which are open is kept by title, so
/// that the next selection shows the same.
#[component]
pub fn GroupedForm(props: &GroupedFormProps) -> Html {
    let form = &props.form;
    let dispatch = use_dispatch();
    let preferences = use_preferences();
    let groups = props.groups.iter().enumerate().filter_map(|(at, (title, keys))| {
        let keys: Rc<[&'static str]> =
            keys.iter().copied().filter(|key| form.only.as_ref().is_none_or(|only| only.contains(key))).collect();
        if keys.is_empty() {
            return None;
        }
        let wrong = form.problems.iter().any(|(key, _)| keys.iter().any(|known| key.split('.').next() == Some(known)));
        let state = catalog::state_line(form.specs.0, &keys, &form.params);
        let fields = html! {
            <ParamForm specs={form.specs} only={Some(keys)} differ={form.differ.clone()} params={form.params.clone()} was={form.was.clone()} prefix={form.prefix.clone()} fixed={form.fixed.clone()}
                held_back={form.held_back.clone()} problems={form.problems.clone()} onchange={form.onchange.clone()} onend={form.onend.clone()} />
        };
        if at == 0 {
            return Some(fields);
        }
        let panel = format!("group {title}");
        let kept = preferences.panel_open(&panel, false);
        let dispatch = dispatch.clone();
        let ontoggle = Callback::from(move |event: Event| {
            let open = event.target_unchecked_into::<web_sys::Element>().has_attribute("open");
            if open != kept && !wrong {
                dispatch.session(SessionChange::SetPanel { panel: panel.clone(), open });
            }
        });
        Some(html! {
            <details class="form-group" key={*title} open={kept || wrong} {ontoggle}>
                <summary>
                    <span class="form-group-title">{ *title }</span>
                    <span class={classes!("form-group-set", matches!(state.as_str(), "off" | "default").then_some("form-group-unset"))}>{ state }</span>
                </summary>
                { fields }
            </details>
        })
    });
    html! { <div class="form-groups">{ for groups }</div> }
}

/// What a parameter was; of a choice that stays, what its own settings were stands beside those.
fn was_words(spec: &ParamSpec, was: &Params, value: &Value) -> String {
    match (catalog::value(spec, was), value) {
        (Value::Variant(was), Value::Variant(now)) if was.id == now.id => "changed".to_owned(),
        _ => format!("was {}", catalog::value_words(spec, was)),
    }
}

/// The label with what explains it.
fn label(spec: &ParamSpec, id: &str, fixed: bool) -> Html {
    let card = html! {
        <>
            <h3 class="hint-title">{ spec.label }</h3>
            <p>{ spec.help }</p>
            if let Some(range) = range_words(spec) { <p class="hint-formula num">{ range }</p> }
            if fixed { <p class="hint-advice">{ "This stays as it is: it belongs to the lesson's world, or another tab edits this drawing." }</p> }
        </>
    };
    html! {
        <div class="field-label">
            <label for={id.to_owned()}>{ spec.label }</label>
            <Hint class="hint-icon" label={format!("About {}", spec.label)} {card}>
                { icon(if fixed { "lock" } else { "info" }, "icon-s") }
            </Hint>
        </div>
    }
}

/// A choice shares its row with the label unless its words are too long for that.
fn choice_row<'a>(words: impl Iterator<Item = &'a str>) -> Classes {
    let longest = words.map(|words| words.chars().count()).max().unwrap_or(0);
    classes!("field-row", (longest > ROW_WORDS_MAX).then_some("field-row-long"))
}

/// Range and default in words.
fn range_words(spec: &ParamSpec) -> Option<String> {
    match spec.kind {
        ParamKind::Number { unit, min, max, default } => {
            let words = |number| quantity::shown(number, unit);
            Some(format!("{} to {}, normally {}", words(min), words(max), words(default)))
        }
        ParamKind::Table { rows_max, .. } => Some(format!("up to {rows_max} rows")),
        _ => None,
    }
}

fn field(
    spec: &'static ParamSpec,
    value: &Value,
    id: &str,
    (fixed, mixed): (bool, bool),
    form: &ParamFormProps,
    onchange: &Callback<Value>,
) -> Html {
    let (held_back, onend) = (&form.held_back, &form.onend);
    let at_once = {
        let (onchange, onend) = (onchange.clone(), onend.clone());
        Callback::from(move |value: Value| {
            onchange.emit(value);
            onend.emit(());
        })
    };
    match (spec.kind, value) {
        (ParamKind::Number { unit, min, max, default }, value) => {
            let number = if let Value::Number(number) = value { *number } else { default };
            let onchange = onchange.reform(Value::Number);
            html! {
                <NumberField id={id.to_owned()} {unit} {min} {max} value={number} {mixed} disabled={fixed} {onchange}
                    onend={onend.clone()} slider={wants_slider(unit, max)} label={label(spec, id, fixed)} name={spec.label} />
            }
        }
        (ParamKind::Station, value) => {
            let chosen = if let Value::Number(number) = value { *number } else { 0.0 };
            html! {
                <div class="field-row">
                    { label(spec, id, fixed) }
                    <StationField id={id.to_owned()} name={spec.label} {chosen} {fixed} onchange={at_once} />
                </div>
            }
        }
        (ParamKind::Bool { default }, value) => {
            let on = if let Value::Bool(on) = value { *on } else { default };
            let toggle = at_once.reform(move |_: Event| Value::Bool(!on));
            html! {
                <div class="field-row">
                    { label(spec, id, fixed) }
                    <input id={id.to_owned()} class="switch" type="checkbox" role="switch" checked={on} disabled={fixed} onchange={toggle} />
                </div>
            }
        }
        (ParamKind::Text { default }, value) => {
            let text = if let Value::Text(text) = value { text.clone() } else { default.to_owned() };
            let oninput = onchange
                .reform(|event: InputEvent| Value::Text(event.target_unchecked_into::<HtmlInputElement>().value()));
            let done = onend.reform(|_: Event| ());
            html! {
                <div class="field-row">
                    { label(spec, id, fixed) }
                    <input id={id.to_owned()} class="input" type="text" value={text} maxlength="200" disabled={fixed} {oninput} onchange={done} />
                </div>
            }
        }
        (ParamKind::Choice { options, default }, value) => {
            let chosen = if let Value::Text(text) = value { text.as_str() } else { default };
            let choose =
                at_once.reform(|event: Event| Value::Text(event.target_unchecked_into::<HtmlSelectElement>().value()));
            let row = choice_row(options.iter().map(|(_, words)| *words));
            let options = options.iter().map(|(option, words)| {
                html! { <option value={*option} selected={*option == chosen} key={*option}>{ *words }</option> }
            });
            html! {
                <div class={row}>
                    { label(spec, id, fixed) }
                    <select id={id.to_owned()} class="input select" disabled={fixed} onchange={choose}>{ for options }</select>
                </div>
            }
        }
        (ParamKind::Variant { registry, default }, value) => {
            let variant = match value {
                Value::Variant(variant) => variant.clone(),
                _ => Variant::new(default, Params::new()),
            };
            let held_back = held_back.iter().filter(|(key, _)| key == spec.key).map(|(_, option)| option.clone());
            // What another choice had been told is no part of this one.
            let was = form.was.as_ref().map(|was| catalog::value(spec, was)).and_then(|was| match was {
                Value::Variant(was) if was.id == variant.id => Some(was.params),
                _ => None,
            });
            html! {
                <VariantField spec={Specs(std::slice::from_ref(spec))} entries={registry()} {variant} {was} id={id.to_owned()}
                    {fixed} held_back={held_back.collect::<Vec<_>>()} onchange={onchange.clone()} onend={onend.clone()} />
            }
        }
        (ParamKind::Table { columns, default, rows_max }, value) => {
            let rows = if let Value::List(rows) = value {
                rows.clone()
            } else if let Value::List(rows) = default() {
                rows
            } else {
                Vec::new()
            };
            html! {
                <TableField spec={Specs(std::slice::from_ref(spec))} columns={Specs(columns)} {rows} {rows_max} id={id.to_owned()}
                    {fixed} onchange={onchange.clone()} onend={onend.clone()} />
            }
        }
    }
}

#[derive(Debug, PartialEq, Properties)]
struct StationFieldProps {
    id: AttrValue,
    name: AttrValue,
    /// Number of a node; 0: none other.
    chosen: f64,
    fixed: bool,
    onchange: Callback<Value>,
}

/// A choice among the stations of the drawing.
#[component]
fn StationField(props: &StationFieldProps) -> Html {
    let document = use_document();
    let known = document.nodes.keys().any(|id| f64::from(id.0) == props.chosen);
    let onchange = props.onchange.reform(|event: Event| {
        let value = event.target_unchecked_into::<HtmlSelectElement>().value();
        Value::Number(value.parse().unwrap_or(0.0))
    });
    html! {
        <select id={props.id.clone()} class="input select" aria-label={props.name.clone()} disabled={props.fixed} {onchange}>
            <option value="0" selected={props.chosen == 0.0}>{ "itself" }</option>
            if !known && props.chosen != 0.0 {
                <option value={props.chosen.to_string()} selected=true>{ "gone" }</option>
            }
            { for document.nodes.iter().map(|(id, node)| html! {
                <option value={id.0.to_string()} selected={f64::from(id.0) == props.chosen} key={id.0}>{ &node.label }</option>
            }) }
        </select>
    }
}

/// A slider helps where one tries values out rather than types one known beforehand.
fn wants_slider(unit: Unit, max: f64) -> bool {
    match unit {
        Unit::Share | Unit::Factor | Unit::PerSecond => true,
        Unit::Count => max <= 10_000.0,
        Unit::Seconds | Unit::Dollars | Unit::Minutes | Unit::Plain => false,
    }
}

#[derive(Debug, PartialEq, Properties)]
struct VariantFieldProps {
    spec: Specs,
    #[prop_or_default]
    entries: Entries,
    variant: Variant,
    was: Option<Params>,
    id: AttrValue,
    fixed: bool,
    /// Options that can be seen, not chosen.
    held_back: Vec<String>,
    onchange: Callback<Value>,
    onend: Callback<()>,
}

/// A registry's entries, compared by address.
#[derive(Clone, Debug, Default)]
struct Entries(Rc<[&'static Entry]>);

impl PartialEq for Entries {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.iter().zip(other.0.iter()).all(|(a, b)| std::ptr::eq(*a, *b))
    }
}

impl yew::html::IntoPropValue<Entries> for Vec<&'static Entry> {
    fn into_prop_value(self) -> Entries {
        Entries(self.into())
    }
}

/// A choice whose options have parameters of their own.
#[component]
fn VariantField(props: &VariantFieldProps) -> Html {
    let spec = &props.spec.0[0];
    let chosen = find_entry(&props.entries.0, &props.variant.id);
    let choose = {
        let (entries, params) = (props.entries.clone(), props.variant.params.clone());
        let (onchange, onend) = (props.onchange.clone(), props.onend.clone());
        Callback::from(move |event: Event| {
            let id = event.target_unchecked_into::<HtmlSelectElement>().value();
            let Some(entry) = find_entry(&entries.0, &id) else { return };
            // What both have in common stays, e.g. the mean.
            let kept = params.0.iter().filter(|(key, _)| entry.params.iter().any(|spec| spec.key == key.as_str()));
            let params = Params(sort::map(kept.map(|(key, value)| (key.clone(), value.clone()))));
            onchange.emit(Value::Variant(Variant::new(&id, params)));
            onend.emit(());
        })
    };
    let inner = {
        let (variant, onchange) = (props.variant.clone(), props.onchange.clone());
        Callback::from(move |(key, value): (String, Value)| {
            let mut variant = variant.clone();
            variant.params.set(&key, value);
            onchange.emit(Value::Variant(variant));
        })
    };
    let held_back = |id: &str| props.held_back.iter().any(|held| held == id);
    // Those to choose from first.
    let (open, held): (Vec<&Entry>, Vec<&Entry>) = props.entries.0.iter().partition(|entry| !held_back(entry.id));
    let option = |entry: &Entry, held: bool| {
        html! { <option value={entry.id} selected={entry.id == props.variant.id} disabled={held} key={entry.id}>{ entry.name }</option> }
    };
    let fixed = if props.fixed { vec!["*".to_owned()] } else { Vec::new() };
    html! {
        <div class="field-variant">
            <div class={choice_row(props.entries.0.iter().map(|entry| entry.name))}>
                { label(spec, &props.id, props.fixed) }
                <select id={props.id.clone()} class="input select" disabled={props.fixed} onchange={choose}>
                    if chosen.is_none() {
                        <option value={props.variant.id.clone()} selected={true}>{ format!("unknown: {}", props.variant.id) }</option>
                    }
                    { for open.into_iter().map(|entry| option(entry, false)) }
                    if !held.is_empty() {
                        <optgroup label="not in this lesson">{ for held.into_iter().map(|entry| option(entry, true)) }</optgroup>
                    }
                </select>
            </div>
            if let Some(entry) = chosen {
                <p class="field-summary">{ entry.summary }</p>
                if !entry.params.is_empty() {
                    <ParamForm specs={Specs(entry.params)} params={props.variant.params.clone()} was={props.was.clone()}
                        prefix={format!("{}-{}", props.id, entry.id)} {fixed} onchange={inner} onend={props.onend.clone()} />
                }
            }
        </div>
    }
}

#[derive(Debug, PartialEq, Properties)]
struct TableFieldProps {
    spec: Specs,
    columns: Specs,
    rows: Vec<Value>,
    rows_max: usize,
    id: AttrValue,
    fixed: bool,
    onchange: Callback<Value>,
    onend: Callback<()>,
}

/// What a button does to a table's rows.
type RowsChange = Rc<dyn Fn(&mut Vec<Value>)>;

/// Rows of cells, with a button to add one and one to take each away.
#[component]
fn TableField(props: &TableFieldProps) -> Html {
    let spec = &props.spec.0[0];
    let columns = props.columns.0;
    let change_cell = |row: usize, column: usize| {
        let (rows, onchange) = (props.rows.clone(), props.onchange.clone());
        Callback::from(move |value: Value| {
            let mut rows = rows.clone();
            if let Some(Value::List(cells)) = rows.get_mut(row) {
                cells.extend(columns.iter().take(column + 1).skip(cells.len()).map(ParamSpec::default_value));
                if let Some(cell) = cells.get_mut(column) {
                    *cell = value;
                }
            }
            onchange.emit(Value::List(rows));
        })
    };
    let change_rows = |change: RowsChange| {
        let (rows, onchange, onend) = (props.rows.clone(), props.onchange.clone(), props.onend.clone());
        Callback::from(move |_: MouseEvent| {
            let mut rows = rows.clone();
            change(&mut rows);
            onchange.emit(Value::List(rows));
            onend.emit(());
        })
    };
    let add = change_rows(Rc::new(move |rows| {
        let fresh = rows.last().cloned();
        rows.push(fresh.unwrap_or_else(|| Value::List(columns.iter().map(ParamSpec::default_value).collect())));
    }));
    // Rows that name stations need the width of two lines.
    let tall = columns.iter().any(|column| matches!(column.kind, ParamKind::Station));
    let body = props.rows.iter().enumerate().map(|(row, cells)| {
        let empty = Vec::new();
        let cells = if let Value::List(cells) = cells { cells } else { &empty };
        let remove = change_rows(Rc::new(move |rows| drop(rows.remove(row))));
        html! {
            <tr key={row}>
                { for columns.iter().enumerate().map(|(column, spec)| {
                    let value = cells.get(column).cloned().unwrap_or_else(|| spec.default_value());
                    let id = format!("{}-{row}-{}", props.id, spec.key);
                    html! { <td data-label={spec.label}>{ cell(spec, &value, &id, row, props.fixed, &change_cell(row, column), &props.onend) }</td> }
                }) }
                <td class="table-action">
                    <button type="button" class="icon-btn icon-btn-s" disabled={props.fixed} onclick={remove}
                        aria-label={format!("Remove row {}", row + 1)}>{ icon("x", "icon-s") }</button>
                </td>
            </tr>
        }
    });
    html! {
        <div class="field-table">
            { label(spec, &props.id, props.fixed) }
            <table id={props.id.clone()} class={classes!("edit-table", tall.then_some("edit-table-tall"))}>
                <thead><tr>{ for columns.iter().map(|spec| html! { <th scope="col">{ spec.label }</th> }) }<th><span class="visually-hidden">{ "Remove" }</span></th></tr></thead>
                <tbody>{ for body }</tbody>
            </table>
            <button type="button" class="btn btn-s" disabled={props.fixed || props.rows.len() >= props.rows_max} onclick={add}>
                { icon("plus", "icon-s") }{ "Add row" }
            </button>
        </div>
    }
}

fn cell(
    spec: &'static ParamSpec,
    value: &Value,
    id: &str,
    row: usize,
    fixed: bool,
    onchange: &Callback<Value>,
    onend: &Callback<()>,
) -> Html {
    let name = format!("{}, row {}", spec.label, row + 1);
    match (spec.kind, value) {
        (ParamKind::Number { unit, min, max, default }, value) => {
            let number = if let Value::Number(number) = value { *number } else { default };
            html! {
                <NumberField id={id.to_owned()} {unit} {min} {max} value={number} disabled={fixed}
                    onchange={onchange.reform(Value::Number)} onend={onend.clone()} slider={false} {name} />
            }
        }
        (ParamKind::Station, value) => {
            let chosen = if let Value::Number(number) = value { *number } else { 0.0 };
            let (onchange, onend) = (onchange.clone(), onend.clone());
            let onchange = Callback::from(move |value: Value| {
                onchange.emit(value);
                onend.emit(());
            });
            html! { <StationField id={id.to_owned()} {name} {chosen} {fixed} {onchange} /> }
        }
        (ParamKind::Choice { options, default }, value) => {
            let chosen = if let Value::Text(text) = value { text.as_str() } else { default };
            let (onchange, onend) = (onchange.clone(), onend.clone());
            let onchange = Callback::from(move |event: Event| {
                onchange.emit(Value::Text(event.target_unchecked_into::<HtmlSelectElement>().value()));
                onend.emit(());
            });
            html! {
                <select id={id.to_owned()} class="input select" aria-label={name} disabled={fixed} {onchange}>
                    { for options.iter().map(|(id, label)| html! { <option value={*id} selected={*id == chosen}>{ *label }</option> }) }
                </select>
            }
        }
        (_, value) => {
            let text = if let Value::Text(text) = value { text.clone() } else { String::new() };
            let oninput = onchange
                .reform(|event: InputEvent| Value::Text(event.target_unchecked_into::<HtmlInputElement>().value()));
            let done = onend.reform(|_: Event| ());
            html! { <input id={id.to_owned()} class="input" type="text" aria-label={name} value={text} maxlength="200" disabled={fixed} {oninput} onchange={done} /> }
        }
    }
}
