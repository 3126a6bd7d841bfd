//! What the simulation tells of a station's inside only while somebody looks.

use yew::prelude::*;

use crate::topology::document::NodeId;
use crate::ui::store::use_simulation;

/// Looks into a station for as long as the component is on the screen.
#[hook]
pub fn use_look_into(id: NodeId) {
    let simulation = use_simulation();
    use_effect_with(id, move |id| {
        let id = *id;
        simulation.look_into(id);
        move || simulation.look_away(id)
    });
}
