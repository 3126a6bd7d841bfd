//! What if another scaler were in charge? The same document under several scalers, with the same random numbers, and
//! what comes out of each.
//!
//! Variants of a document differ in one station's scaler, with settings that follow from the present scaler and the load; each
//! runs from beginning to end. Random numbers belong to requests, so all are sent the same ones. On the page each variant runs in
//! a worker of its own, so the run on the screen is not disturbed, and to cancel is to drop the workers.

mod race;
mod variants;

pub use race::{Curves, Entrant, Figures, Finish};
pub use variants::{Field, Variation, field};

/// Three figures, as sentences show numbers.
fn grouped(number: f64) -> String {
    let decimals = match number.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        size if size >= 0.9995 => 2,
        _ => 3,
    };
    let text = format!("{number:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
