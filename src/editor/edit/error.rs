//! Why a change is refused, in words for the person who asked for it.

use std::fmt;

/// Why a change was refused; the document stays as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditError {
    /// The node, edge or area is no longer there.
    Gone,
    UnknownKind(String),
    SelfCall {
        node: String,
    },
    AlreadyConnected {
        from: String,
        to: String,
    },
    NoInput {
        node: String,
    },
    NoOutput {
        node: String,
    },
    /// A zone where there is no region.
    ZoneOutside,
    UnknownRegion(String),
    EmptyName,
    /// A number out of its range, or not a number.
    Range {
        what: &'static str,
        range: &'static str,
    },
    /// The lesson keeps it as it is.
    Locked {
        what: String,
    },
    /// The lesson does without this kind.
    NotInPalette {
        name: String,
    },
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => write!(f, "That is no longer on the canvas."),
            Self::UnknownKind(kind) => write!(f, "There is no station of the kind \"{kind}\"."),
            Self::SelfCall { node } => write!(f, "{node} cannot call itself. Connect it to another station."),
            Self::AlreadyConnected { from, to } => {
                write!(f, "{from} already calls {to}. Select the connection to change it.")
            }
            Self::NoInput { node } => write!(f, "{node} sends requests and takes none. Start the wire there instead."),
            Self::NoOutput { node } => {
                write!(f, "{node} answers by itself and calls nothing. End the wire there instead.")
            }
            Self::ZoneOutside => write!(f, "A zone lies within a region: draw a region first, then the zone in it."),
            Self::UnknownRegion(region) => write!(f, "There is no region \"{region}\"."),
            Self::EmptyName => write!(f, "A name needs at least one letter."),
            Self::Range { what, range } => write!(f, "{what} must be {range}."),
            Self::NotInPalette { name } => write!(f, "This lesson does without: {name}."),
            Self::Locked { what } => write!(f, "{what} belongs to the lesson's world and stays as it is."),
        }
    }
}

impl std::error::Error for EditError {}
