//! What the simulation tells only while somebody looks: a station's inside, and series for charts.

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

/// Watches the series of a station (`None`: of the whole system) for as long as the component is on the screen.
#[hook]
pub fn use_watch(node: Option<NodeId>) {
    let simulation = use_simulation();
    use_effect_with(node, move |node| {
        let node = *node;
        simulation.watch(node);
        move || simulation.unwatch(node)
    });
}
