//! The saved form of a run: JSON that a person can read, compare and edit by hand.
//!
//! ```json
//! {"format":2,"engine":"0.1.0","document":{"title":"…","seed":42,"run_length_secs":600,
//!  "nodes":[{"id":1,"kind":"source","label":"Customers","at":{"x":40,"y":80},"params":{"rate":200}}],
//!  "edges":[{"id":1,"from":1,"to":2}],"areas":[],"faults":[],"windows":[]},"inputs":[]}
//! ```
//!
//! The rules:
//! - **Nothing is dropped without a word.** A field that this version does not know is refused by name, a field given
//!   twice likewise; missing optional fields take the value that [`Document::default`] gives.
//! - **A saved form never dies.** [`FORMAT`] rises when the shape changes, and the step from the older shape joins
//!   `MIGRATIONS`, from which nothing is ever removed.
//! - **Everything has a limit**, see [`limits`]; numbers are finite.
//! - Whether the parameters make sense is not decided here: that is `topology::check`.

mod fields;
mod read;
mod relabel;
mod sniff;

use std::fmt;
use std::io;

use serde::{Serialize, Serializer};

use crate::topology::document::{
    Area, AreaId, Change, Document, Edge, EdgeId, Input, Node, NodeId, ScheduledFault, Window,
};

/// The version of the saved form that this build writes.
pub const FORMAT: u32 = 2;

/// The version of the engine: a run replays bit for bit on the same one only.
pub const ENGINE: &str = env!("CARGO_PKG_VERSION");

/// What a saved run may hold at most.
pub mod limits {
    /// Of a saved file [bytes].
    pub const TEXT_BYTES_MAX: usize = 16 * 1024 * 1024;
    pub const NODES_MAX: usize = 500;
    pub const EDGES_MAX: usize = 2_000;
    /// Regions and zones.
    pub const AREAS_MAX: usize = 200;
    pub const FAULTS_MAX: usize = 1_000;
    pub const WINDOWS_MAX: usize = 100;
    /// Of the input log.
    pub const INPUTS_MAX: usize = 10_000;
    /// Of a node, an edge or an area; ids are never used again, so they may grow beyond the counts.
    pub const ID_MAX: u32 = 1_000_000_000;
    /// Parameters of one node, edge, fault or variant.
    pub const PARAMS_MAX: usize = 100;
    /// Rows of a table, cells of a row.
    pub const LIST_MAX: usize = 1_000;
    /// Tables in tables, variants in variants.
    pub const DEPTH_MAX: usize = 6;
    /// Of a label, a role, a kind, a key, a title or a window's name [characters].
    pub const NAME_CHARS_MAX: usize = 200;
    /// Of the notes or a text parameter [characters].
    pub const TEXT_CHARS_MAX: usize = 10_000;
    /// Of a run, a moment or a span [s of simulated time]: about three years.
    pub const SECS_MAX: f64 = 1e8;
    /// Of a place on the canvas, either way from its middle [world units]: some 6,000 cards side by side.
    pub const POSITION_MAX: f64 = 1_000_000.0;
    /// Of a frame's width and height [world units]: it can span the canvas.
    pub const SIZE_MAX: f64 = 2.0 * POSITION_MAX;
}

/// A run as it is saved and shared: it shows the same run again.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Version of the engine that wrote it, e.g. `0.1.0`; see [`Run::engine_note`].
    pub engine: String,
    pub document: Document,
    /// Changes made while it ran, in the order in which they were applied.
    pub inputs: Vec<Input>,
}

impl Run {
    /// A run of `document` on this engine, untouched while it runs.
    #[must_use]
    pub fn new(document: Document) -> Self {
        Self { engine: ENGINE.to_owned(), document, inputs: Vec::new() }
    }

    /// Reads a saved run, of this version of the form or any older one.
    ///
    /// # Errors
    /// Says what is wrong and where; see [`LoadError`]. Never panics, whatever the text.
    pub fn from_json(text: &str) -> Result<Self, LoadError> {
        read::run(text)
    }

    /// On one line, for links and messages. Numbers that are not finite become `null`, which [`Run::from_json`] refuses.
    #[must_use]
    pub fn to_json(&self) -> String {
        write(&RunOut::of(self), Layout::default())
    }

    /// For files: a line for each node, edge, fault and input.
    #[must_use]
    pub fn to_json_pretty(&self) -> String {
        write(&RunOut::of(self), Layout { lines: true, ..Layout::default() }) + "\n"
    }

    /// What to tell a person when another version of the engine made this run; `None` when it was this one.
    #[must_use]
    pub fn engine_note(&self) -> Option<String> {
        (self.engine != ENGINE).then(|| {
            format!(
                "This run was made with version {} of the engine; this is version {ENGINE}. \
                 It opens, but its numbers may differ from those its author saw.",
                self.engine
            )
        })
    }
}

/// A parameter's value as JSON on one line.
#[must_use]
pub fn value_to_json(value: &crate::model::params::Value) -> String {
    write(value, Layout::default())
}

/// A change as JSON, in the shape that it has in a saved run's input log.
#[must_use]
pub fn change_to_json(change: &Change) -> String {
    write(change, Layout::default())
}

/// Reads what [`change_to_json`] wrote.
///
/// # Errors
/// As [`Run::from_json`].
pub fn change_from_json(text: &str) -> Result<Change, LoadError> {
    read::change_text(text)
}

/// A logged change as JSON, in the shape that it has in a saved run's input log.
#[must_use]
pub fn input_to_json(input: &Input) -> String {
    write(input, Layout::default())
}

/// Reads what [`input_to_json`] wrote.
///
/// # Errors
/// As [`Run::from_json`].
pub fn input_from_json(text: &str) -> Result<Input, LoadError> {
    read::input_text(text)
}

/// Why a saved run cannot be read. Nothing was changed: what was open stays open.
#[derive(Clone, Debug, PartialEq)]
pub enum LoadError {
    /// The text is longer than [`limits::TEXT_BYTES_MAX`].
    TooLong {
        bytes: usize,
        bytes_max: usize,
    },
    /// Not JSON; counted from 1.
    Syntax {
        line: usize,
        column: usize,
        message: String,
    },
    /// JSON, but not a saved run.
    NotARun {
        found: &'static str,
    },
    /// Written by a later Headroom.
    NewerFormat {
        found: u64,
        known: u32,
    },
    /// A field that must stand there does not.
    Missing {
        place: String,
        field: &'static str,
    },
    /// A field that means nothing to this version.
    UnknownField {
        place: String,
        field: String,
        known: Vec<&'static str>,
    },
    WrongType {
        place: String,
        expected: &'static str,
        found: &'static str,
    },
    OutOfRange {
        place: String,
        message: String,
    },
    /// Two things under one id.
    Duplicate {
        place: String,
        what: String,
    },
    /// An edge or a fault speaks of something that is not there.
    Dangling {
        place: String,
        what: String,
    },
    TooMany {
        place: String,
        count: usize,
        count_max: usize,
    },
}

impl LoadError {
    /// Where in the JSON, e.g. `document.nodes[3].params.rate`; for text that is no JSON the line and column.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::TooLong { .. } | Self::NotARun { .. } => "the whole text".to_owned(),
            Self::Syntax { line, column, .. } => format!("line {line}, column {column}"),
            Self::NewerFormat { .. } => "format".to_owned(),
            Self::Missing { place, .. }
            | Self::UnknownField { place, .. }
            | Self::WrongType { place, .. }
            | Self::OutOfRange { place, .. }
            | Self::Duplicate { place, .. }
            | Self::Dangling { place, .. }
            | Self::TooMany { place, .. } => place.clone(),
        }
    }

    /// What to do about it, in one sentence.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::TooLong { .. } | Self::NotARun { .. } => {
                "Choose a file that Headroom saved, or the output of `headroom open LINK`.".to_owned()
            }
            Self::Syntax { .. } => {
                "The text must be JSON as Headroom saves it; look for a missing comma, quote or bracket \
                                    there, or get the file again: it may have been cut off."
                    .to_owned()
            }
            Self::NewerFormat { .. } => {
                "Open it with a newer Headroom; reload the page to get the newest one.".to_owned()
            }
            Self::Missing { field, .. } => format!("Add \"{field}\"."),
            Self::UnknownField { field, known, .. } => match nearest(field, known) {
                Some(meant) => format!("Did you mean \"{meant}\"? Otherwise remove it."),
                None => format!("Remove it; known here: {}.", known.join(", ")),
            },
            Self::WrongType { expected, .. } => format!("Put {expected} there."),
            Self::OutOfRange { .. } => "Change the value to one within the range.".to_owned(),
            Self::Duplicate { .. } => "Keep one of the two.".to_owned(),
            Self::Dangling { .. } => "Add what is missing, or remove what speaks of it.".to_owned(),
            Self::TooMany { .. } => "Make it smaller, or split it into several documents.".to_owned(),
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { bytes, bytes_max } => {
                write!(f, "the text is {bytes} bytes long; at most {bytes_max} can be read")
            }
            Self::Syntax { line, column, message } => write!(f, "line {line}, column {column}: {message}"),
            Self::NotARun { found } => write!(f, "this is {found}, not a run saved by Headroom"),
            Self::NewerFormat { found, known } => {
                write!(f, "saved by a newer Headroom (form {found}; this one knows forms up to {known})")
            }
            Self::Missing { place, field } => write!(f, "{}: \"{field}\" is missing", there(place)),
            Self::UnknownField { place, field, .. } => write!(f, "{}: unknown field \"{field}\"", there(place)),
            Self::WrongType { place, expected, found } => {
                write!(f, "{}: expected {expected}, found {found}", there(place))
            }
            Self::OutOfRange { place, message } => write!(f, "{}: {message}", there(place)),
            Self::Duplicate { place, what } => write!(f, "{}: {what} stands there twice", there(place)),
            Self::Dangling { place, what } => write!(f, "{}: {what} does not exist", there(place)),
            Self::TooMany { place, count, count_max } => {
                write!(f, "{}: {count} entries; at most {count_max} are possible", there(place))
            }
        }
    }
}

impl std::error::Error for LoadError {}

/// A place at the start of a sentence: a lone field of the whole would read as a word of it.
fn there(place: &str) -> String {
    let lone = place.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if lone { format!("in \"{place}\"") } else { place.to_owned() }
}

/// The one of `known` that a person most likely meant by `word`, if any is close.
#[must_use]
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    // A file may hold a word of any length.
    let word: String = word.to_lowercase().chars().take(limits::NAME_CHARS_MAX).collect();
    known
        .iter()
        .map(|candidate| (strsim::osa_distance(&word, &candidate.to_lowercase()), *candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

#[derive(Serialize)]
struct RunOut<'a> {
    format: u32,
    engine: &'a str,
    document: DocumentOut<'a>,
    #[serde(skip_serializing_if = "is_empty")]
    inputs: &'a [Input],
}

#[derive(Serialize)]
struct DocumentOut<'a> {
    title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    notes: &'a str,
    #[serde(serialize_with = "write_seed")]
    seed: u64,
    run_length_secs: f64,
    #[serde(skip_serializing_if = "is_zero")]
    warm_up_secs: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    good_within_secs: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    day_secs: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slo_p99_secs: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slo_answered_share: Option<f64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    transfer_costs: bool,
    nodes: Vec<NodeOut<'a>>,
    edges: Vec<EdgeOut<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    areas: Vec<AreaOut<'a>>,
    #[serde(skip_serializing_if = "is_empty")]
    faults: &'a [ScheduledFault],
    #[serde(skip_serializing_if = "is_empty")]
    windows: &'a [Window],
}

#[derive(Serialize)]
struct NodeOut<'a> {
    id: NodeId,
    #[serde(flatten)]
    node: &'a Node,
}

#[derive(Serialize)]
struct EdgeOut<'a> {
    id: EdgeId,
    #[serde(flatten)]
    edge: &'a Edge,
}

#[derive(Serialize)]
struct AreaOut<'a> {
    id: AreaId,
    #[serde(flatten)]
    area: &'a Area,
}

impl<'a> RunOut<'a> {
    fn of(run: &'a Run) -> Self {
        let document = &run.document;
        Self {
            format: FORMAT,
            engine: &run.engine,
            document: DocumentOut {
                title: &document.title,
                notes: &document.notes,
                seed: document.seed,
                run_length_secs: document.run_length_secs,
                warm_up_secs: document.warm_up_secs,
                good_within_secs: document.good_within_secs,
                day_secs: document.day_secs,
                slo_p99_secs: document.slo_p99_secs,
                slo_answered_share: document.slo_answered_share,
                transfer_costs: document.transfer_costs,
                nodes: document.nodes.iter().map(|(id, node)| NodeOut { id: *id, node }).collect(),
                edges: document.edges.iter().map(|(id, edge)| EdgeOut { id: *id, edge }).collect(),
                areas: document.areas.iter().map(|(id, area)| AreaOut { id: *id, area }).collect(),
                faults: &document.faults,
                windows: &document.windows,
            },
            inputs: &run.inputs,
        }
    }
}

fn is_empty<T>(list: &[T]) -> bool {
    list.is_empty()
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands the field by reference")]
fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

/// The largest number below which JavaScript's `JSON.parse` keeps every whole number apart.
const SAFE_INTEGER_MAX: u64 = 1 << 53;

/// As a number where every JSON reader keeps it exactly, else as digits in a string.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands the field by reference")]
fn write_seed<S: Serializer>(seed: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    if *seed <= SAFE_INTEGER_MAX { serializer.serialize_u64(*seed) } else { serializer.collect_str(seed) }
}

fn write(value: &impl Serialize, layout: Layout) -> String {
    let mut bytes = Vec::new();
    value
        .serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, layout))
        .expect("a vector takes every byte, and every key is a string or a number");
    String::from_utf8(bytes).expect("serde_json writes UTF-8")
}

/// How the text is broken into lines.
#[derive(Default)]
struct Layout {
    /// False: all on one line, without blanks. True: a line per field and per list entry, whatever an entry holds.
    lines: bool,
    depth: usize,
    /// Depth of the outermost list now open: its entries have lines, their insides do not.
    list_depth: Option<usize>,
    /// Whether something stands in the bracket now open.
    filled: bool,
}

impl Layout {
    fn breaks(&self) -> bool {
        self.lines && self.list_depth.is_none_or(|list_depth| self.depth <= list_depth)
    }

    fn open<W: ?Sized + io::Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.filled = false;
        writer.write_all(bracket)
    }

    fn close<W: ?Sized + io::Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        let breaks = self.breaks() && self.filled;
        self.depth -= 1;
        if breaks {
            self.break_line(writer)?;
        }
        self.filled = true;
        writer.write_all(bracket)
    }

    fn next<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        if self.breaks() {
            self.break_line(writer)
        } else if self.lines && !first {
            writer.write_all(b" ")
        } else {
            Ok(())
        }
    }

    fn break_line<W: ?Sized + io::Write>(&self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| writer.write_all(b"  "))
    }
}

impl serde_json::ser::Formatter for Layout {
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"[")?;
        self.list_depth.get_or_insert(self.depth);
        Ok(())
    }
    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"]")?;
        self.list_depth = self.list_depth.filter(|list_depth| *list_depth <= self.depth);
        Ok(())
    }
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.next(writer, first)
    }
    fn end_array_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }
    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"{")
    }
    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"}")
    }
    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.next(writer, first)
    }
    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(if self.lines { b": " } else { b":" })
    }
    fn end_object_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }
    /// Whole numbers without the `.0`: shorter, and how a person writes them.
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        let whole = value.fract() == 0.0
            && value.abs() <= SAFE_INTEGER_MAX as f64
            && !(value == 0.0 && value.is_sign_negative());
        if whole {
            write!(writer, "{}", value as i64)
        } else {
            serde_json::ser::CompactFormatter.write_f64(writer, value)
        }
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
