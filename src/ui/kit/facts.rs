//! Facts and tables: names with their values, in two columns or in many.

use yew::prelude::*;

/// Names and values in two columns. Rows are [`fact`]s; one that is not there is `Html::default()`.
pub fn facts(rows: Html) -> Html {
    html! { <dl class="facts">{ rows }</dl> }
}

/// A name and its number.
pub fn fact(name: impl Into<Html>, value: impl Into<Html>) -> Html {
    fact_of(name.into(), value.into(), classes!("num"))
}

/// A name and its number, in a tone (`tone-good`, `tone-warn`, `tone-bad`) where there is one.
pub fn fact_in(tone: Option<&'static str>, name: impl Into<Html>, value: impl Into<Html>) -> Html {
    fact_of(name.into(), value.into(), classes!("num", tone))
}

/// A name and its words.
pub fn fact_words(name: impl Into<Html>, value: impl Into<Html>) -> Html {
    fact_of(name.into(), value.into(), Classes::new())
}

/// A name and its number, which can be found by `mark`.
pub fn fact_marked(mark: &'static str, name: impl Into<Html>, value: impl Into<Html>) -> Html {
    html! { <><dt>{ name.into() }</dt><dd class="num" data-fact={mark}>{ value.into() }</dd></> }
}

fn fact_of(name: Html, value: Html, class: Classes) -> Html {
    html! { <><dt>{ name }</dt><dd {class}>{ value }</dd></> }
}

/// A table in a box that scrolls where there is no room, by pointer and by keyboard.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// What it lists, for a screen reader.
    pub caption: AttrValue,
    pub id: Option<&'static str>,
    pub class: Option<&'static str>,
    /// Class of the box, where its size is the panel's business.
    pub scroll: Option<&'static str>,
    /// Cells; see [`columns`].
    pub head: Html,
    /// Rows, and below them those that sum up.
    pub rows: Html,
    pub foot: Option<Html>,
}

impl Table {
    pub fn html(self) -> Html {
        html! {
            <div class={self.scroll.unwrap_or("table-scroll")} tabindex="0" role="group" aria-label={self.caption}>
                <table id={self.id} class={classes!("plain-table", self.class)}>
                    <thead><tr>{ self.head }</tr></thead>
                    <tbody>{ self.rows }</tbody>
                    if let Some(foot) = self.foot { <tfoot>{ foot }</tfoot> }
                </table>
            </div>
        }
    }
}

/// A table of a panel; `caption` says what it lists.
pub fn table(class: &'static str, caption: impl Into<AttrValue>, head: Html, rows: Html) -> Html {
    Table { caption: caption.into(), class: Some(class), head, rows, ..Table::default() }.html()
}

/// Heads of columns, a word each.
pub fn columns(names: &[&'static str]) -> Html {
    names.iter().map(|name| html! { <th scope="col">{ *name }</th> }).collect()
}

/// Heads of columns of numbers, which stand at the right as the numbers do.
pub fn number_columns(names: &[&'static str]) -> Html {
    names.iter().map(|name| html! { <th scope="col" class="num">{ *name }</th> }).collect()
}

/// The head of a column whose word wants an explanation.
pub fn column_about(name: impl Into<Html>, about: impl Into<AttrValue>) -> Html {
    html! { <th scope="col"><abbr title={about.into()}>{ name.into() }</abbr></th> }
}
