//! A lesson's prose as elements.

use yew::prelude::*;

use crate::lesson::text::{Block, Span, Words};
use crate::ui::kit::hint::Term;

/// The blocks of a section.
pub(super) fn html(blocks: &[Block<'_>]) -> Html {
    let blocks = blocks.iter().map(|block| match block {
        Block::Paragraph(spans) => html! { <p>{ line(spans) }</p> },
        Block::List { numbered, items } => {
            let items = items.iter().map(|item| html! { <li>{ line(item) }</li> });
            if *numbered {
                html! { <ol>{ for items }</ol> }
            } else {
                html! { <ul>{ for items }</ul> }
            }
        }
    });
    html! { <div class="prose">{ for blocks }</div> }
}

fn line(spans: &[Span<'_>]) -> Html {
    let spans = spans.iter().map(|span| {
        let words = match span.words {
            Words::Text(text) => html! { { text } },
            Words::Code(text) => html! { <code class="num">{ text }</code> },
            Words::Term { text, id } => html! { <Term id={id.to_owned()}>{ text }</Term> },
        };
        if span.strong {
            html! { <strong>{ words }</strong> }
        } else {
            words
        }
    });
    html! { <>{ for spans }</> }
}
