//! What the command prints.

use std::io::Write as _;

use headroom::topology::document::{Diagnostic, Document, Place};
use headroom::topology::format::nearest;

use super::Failure;

/// Prints to the terminal or the pipe; a reader who closes the pipe early has seen enough.
pub fn print(text: &str) -> Result<u8, Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::input(error.to_string())),
        _ => Ok(0),
    }
}

pub fn print_json(value: &impl serde::Serialize) -> Result<u8, Failure> {
    let json = serde_json::to_string_pretty(value).expect("reports and lists are plain data with text keys");
    print(&(json + "\n"))
}

/// A line or two for each problem: where, what, what to do.
pub fn problem_lines(document: &Document, problems: &[Diagnostic]) -> String {
    let lines = problems.iter().map(|problem| {
        let place = match problem.place {
            Place::Document => "document".to_owned(),
            Place::Node(id) => format!("node {}", id.0),
            Place::Edge(id) => format!("connection {}", id.0),
            Place::Area(id) => format!("area {}", id.0),
            Place::Fault(index) => format!("fault {}", index + 1),
        };
        format!("{place}: {}\n  {}", problem.message, problem.remedy)
    });
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() { format!("{} cannot run", document.title) } else { lines.join("\n") }
}

/// Below a message about an unknown `word`: the nearest of what there is, then all of it.
pub fn what_fits(word: &str, what: &str, known: &[&str]) -> String {
    let near = nearest(word, known).map_or_else(String::new, |near| format!("\n\n  tip: did you mean \"{near}\"?"));
    format!("{near}\n  {what}: {}", known.join(", "))
}
