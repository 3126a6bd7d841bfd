//! What panels and keys ask of the tools.

use crate::editor::session::Target;
use crate::model::fault::FaultKind;
use crate::topology::document::NodeId;

/// A tool that shall be taken in hand, put back, or told what was chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum ToolRequest {
    /// Start placing a card: `dragged` when the palette entry is being dragged, else click-then-click.
    Place { kind: String, dragged: bool },
    /// Start placing a region or a zone, in the same two ways.
    PlaceArea { zone: bool, dragged: bool },
    /// Put an empty region near the middle of the view, or an empty zone into the selected region (or the one there).
    PlaceAreaAtCenter { zone: bool },
    /// Start aiming a fault, in the same two ways.
    PlaceFault { kind: &'static FaultKind, dragged: bool },
    /// Let a fault loose on what is selected, if it suits; else start aiming it (Enter on an entry of the fault tray).
    PlaceFaultAtSelection { kind: &'static FaultKind },
    /// Put a card into the middle of the view at once (Enter on a palette entry).
    PlaceAtCenter { kind: String },
    /// The kind of station for the wire that was let go over empty canvas.
    Take { kind: String },
    /// Choose a source (or start from this one), then a target.
    Connect { from: Option<NodeId> },
    /// Choose this node: source first, then target (Enter on a focused card).
    Pick(NodeId),
    /// Choose this connection or frame (Enter on it).
    Choose(Target),
    /// Give up what is under way.
    Cancel,
}
