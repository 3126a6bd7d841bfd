//! The whole drawing in a corner, once it does not fit the view: where one is, and a way to elsewhere.

use web_sys::Element;
use yew::prelude::*;

use crate::editor::geometry::{Rect, bounds, card_rect};
use crate::editor::{Camera, SessionChange};
use crate::ui::shared::Shared;
use crate::ui::store::{use_dispatch, use_editor};

/// Its size [px].
const SIZE: (f64, f64) = (168.0, 108.0);

#[component]
pub(super) fn Minimap() -> Html {
    let state = use_editor();
    let dispatch = use_dispatch();
    let place = use_node_ref();
    let camera = state.session.camera();
    let size = state.session.viewport;
    let view = Rect { x: camera.x, y: camera.y, width: size.width / camera.zoom, height: size.height / camera.zoom };
    let all = use_memo(Shared(state.drawn.clone()), |document| bounds(document).unwrap_or_default().grown(48.0));
    let cards = use_memo(Shared(state.drawn.clone()), |document| {
        // One path for all cards: a hundred elements would cost more than they show.
        document.nodes.values().map(|node| card_rect(node)).fold(String::new(), |path, card| {
            path + &format!("M{:.0} {:.0}h{:.0}v{:.0}h-{:.0}z", card.x, card.y, card.width, card.height, card.width)
        })
    });
    if view.width <= 0.0
        || size.width < 600.0
        || state.document.nodes.is_empty()
        || view.grown(48.0 / camera.zoom).union(&all) == view.grown(48.0 / camera.zoom)
    {
        return Html::default();
    }
    let scale = (SIZE.0 / all.width).min(SIZE.1 / all.height);
    let (width, height) = ((all.width * scale).round(), (all.height * scale).round());
    let go = {
        let (place, all) = (place.clone(), *all);
        Callback::from(move |event: PointerEvent| {
            let Some(element) = place.cast::<Element>() else { return };
            if event.type_() == "pointerdown" {
                // Refused only for a pointer that is already gone.
                let _ = element.set_pointer_capture(event.pointer_id());
            } else if event.buttons() & 1 == 0 {
                return;
            }
            let frame = element.get_bounding_client_rect();
            let x = all.x + (f64::from(event.client_x()) - frame.left()) / scale - size.width / camera.zoom / 2.0;
            let y = all.y + (f64::from(event.client_y()) - frame.top()) / scale - size.height / camera.zoom / 2.0;
            dispatch.session(SessionChange::SetCamera(Camera { x, y, zoom: camera.zoom }));
        })
    };
    html! {
        <svg ref={place} class="minimap" data-over-stage="" aria-hidden="true" width={width.to_string()} height={height.to_string()}
            viewBox={format!("{:.0} {:.0} {:.0} {:.0}", all.x, all.y, all.width, all.height)} onpointerdown={go.clone()} onpointermove={go}>
            <path class="minimap-cards" d={(*cards).clone()} />
            <rect class="minimap-view" x={format!("{:.0}", view.x)} y={format!("{:.0}", view.y)} width={format!("{:.0}", view.width)} height={format!("{:.0}", view.height)} />
        </svg>
    }
}
