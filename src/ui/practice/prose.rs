//! A lesson's prose as elements.

use yew::prelude::*;

use crate::lesson::text::{Block, Span, spans};
use crate::ui::kit::hint::Term;

#[derive(Debug, PartialEq, Properties)]
pub(super) struct ProseProps {
    pub(super) blocks: Vec<Block>,
}

#[component]
pub(super) fn Prose(props: &ProseProps) -> Html {
    let blocks = props.blocks.iter().map(|block| match block {
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

/// One line of prose given as text.
pub(super) fn inline(text: &str) -> Html {
    line(&spans(text))
}

fn line(spans: &[Span]) -> Html {
    let spans = spans.iter().map(|span| match span {
        Span::Text(text) => html! { { text } },
        Span::Strong(text) => html! { <strong>{ text }</strong> },
        Span::Code(text) => html! { <code class="num">{ text }</code> },
        Span::Term { words, id } => html! { <Term id={id.clone()}>{ words }</Term> },
    });
    html! { <>{ for spans }</> }
}
