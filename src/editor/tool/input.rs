//! What comes from pointer, fingers and keys, in the stage's own coordinates.

use crate::topology::document::Point;

/// Keys held while something happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modifiers {
    pub shift: bool,
    /// Control, or Command on a Mac. While something is dragged it turns snapping off.
    pub ctrl: bool,
    /// Held when a drag begins, a copy is dragged.
    pub alt: bool,
    /// The space bar: drag pans.
    pub space: bool,
}

/// Which button went down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Button {
    #[default]
    Primary,
    Middle,
    Secondary,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum InputKind {
    Down(Button),
    Move,
    Up,
    /// The browser took the pointer away.
    Cancel,
    DoubleClick,
    /// [screen px]; positive `dy` scrolls down. `pinch`: a trackpad's pinch.
    Wheel {
        dx: f64,
        dy: f64,
        pinch: bool,
    },
    /// `KeyboardEvent.key`, e.g. `ArrowLeft`, `a`, `Escape`.
    KeyDown(String),
    KeyUp(String),
}

/// One input, in the stage's own coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    pub kind: InputKind,
    /// From the stage's top left corner [CSS px].
    pub pos_screen: Point,
    pub modifiers: Modifiers,
    /// `PointerEvent.pointerId`; tells fingers apart.
    pub pointer: u32,
    pub touch: bool,
}
