//! What the fragment of the page's address asks for, and which fragment leads back to what is open.

use std::fmt;

use super::record::DrawingId;

/// What is open, as the address says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// No fragment.
    Nothing,
    /// An empty canvas.
    New,
    Drawing(DrawingId),
    /// By slug.
    Lesson(String),
    /// By id.
    Scenario(String),
    /// A whole run; the fragment as it was given, without its `#`.
    Link(String),
    /// Something else, as it was given.
    Unknown(String),
}

impl Address {
    /// Reads a fragment without its `#`.
    #[must_use]
    pub fn parse(fragment: &str) -> Self {
        // A door of the page that is shown while the program loads: it opens no document.
        if matches!(fragment, "" | "break") {
            return Self::Nothing;
        }
        if fragment == "new" {
            return Self::New;
        }
        match fragment.split_once('=') {
            Some(("drawing", id)) => {
                DrawingId::parse(id).map_or_else(|| Self::Unknown(fragment.to_owned()), Self::Drawing)
            }
            Some(("lesson", slug)) => Self::Lesson(slug.to_owned()),
            Some(("scenario", id)) => Self::Scenario(id.to_owned()),
            // Some programs escape the sign between name and payload; the link's own reader knows that.
            Some(("s", _)) => Self::Link(fragment.to_owned()),
            _ if fragment.starts_with("s%3D") || fragment.starts_with("s%3d") => Self::Link(fragment.to_owned()),
            _ => Self::Unknown(fragment.to_owned()),
        }
    }

    /// Whether a visit without a fragment comes back here.
    #[must_use]
    pub fn is_a_place(&self) -> bool {
        matches!(self, Self::Drawing(_) | Self::Lesson(_))
    }

    /// What to say of a fragment that asks for nothing known.
    #[must_use]
    pub fn complaint(fragment: &str) -> String {
        let shown: String = fragment.chars().take(40).collect();
        let dots = if shown.len() < fragment.len() { "…" } else { "" };
        format!(
            "The address ends in \"#{shown}{dots}\", which Headroom does not know. A link to a run begins with #s=, \
             a lesson with #lesson=, a scenario with #scenario=."
        )
    }
}

/// The fragment without its `#`; empty for [`Address::Nothing`].
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::New => f.write_str("new"),
            Self::Drawing(id) => write!(f, "drawing={}", id.as_str()),
            Self::Lesson(slug) => write!(f, "lesson={slug}"),
            Self::Scenario(id) => write!(f, "scenario={id}"),
            Self::Link(fragment) | Self::Unknown(fragment) => f.write_str(fragment),
        }
    }
}
