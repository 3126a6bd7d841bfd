//! One file with all drawings: `{"headroom_drawings":1,"drawings":[{…,"text":"…"}]}`, written and read back.
//!
//! Each `text` is a saved run as a string, so that it comes back letter by letter.

use serde::{Deserialize, Serialize};

use super::record::{Drawing, DrawingId, Source};

/// The version of the file's form.
const FORM: u32 = 1;
/// The field by which such a file is known.
const MARK: &str = "headroom_drawings";
/// Drawings in one file at most.
pub const DRAWINGS_MAX: usize = 10_000;

#[derive(Serialize, Deserialize)]
struct Bundle {
    headroom_drawings: u32,
    drawings: Vec<Item>,
}

#[derive(Serialize, Deserialize)]
struct Item {
    id: String,
    title: String,
    #[serde(default)]
    source: Source,
    created_ms: u64,
    changed_ms: u64,
    text: String,
}

/// The file's text; deleted drawings are left out.
#[must_use]
pub fn write(drawings: &[Drawing]) -> String {
    let items = drawings.iter().filter(|drawing| drawing.meta.deleted_ms.is_none()).map(|drawing| Item {
        id: drawing.meta.id.as_str().to_owned(),
        title: drawing.meta.title.clone(),
        source: drawing.meta.source.clone(),
        created_ms: drawing.meta.created_ms,
        changed_ms: drawing.meta.changed_ms,
        text: drawing.text.clone(),
    });
    let bundle = Bundle { headroom_drawings: FORM, drawings: items.collect() };
    serde_json::to_string_pretty(&bundle).expect("a bundle is plain data")
}

/// Whether a text means to be such a file.
#[must_use]
pub fn looks_like_one(text: &str) -> bool {
    let head: String = text.chars().take(200).collect();
    head.trim_start().starts_with('{') && head.contains(MARK)
}

/// Reads such a file. Texts that this Headroom cannot read are taken as they are.
///
/// # Errors
/// In plain words with the place, if it is no such file or from a newer Headroom.
pub fn read(text: &str) -> Result<Vec<Drawing>, String> {
    let bundle: Bundle = serde_json::from_str(text).map_err(|error| {
        format!("This file of drawings cannot be read: {error}. Export it again from where it came from.")
    })?;
    if bundle.headroom_drawings > FORM {
        return Err(format!(
            "This file of drawings was made by a newer Headroom (form {}; this one knows form {FORM}). \
             Reload the page to get the newest Headroom.",
            bundle.headroom_drawings
        ));
    }
    if bundle.drawings.len() > DRAWINGS_MAX {
        return Err(format!("This file holds {} drawings; at most {DRAWINGS_MAX} fit.", bundle.drawings.len()));
    }
    let drawings = bundle.drawings.into_iter().map(|item| {
        let mut drawing = Drawing::of_text(item.text, &item.title, item.source, item.changed_ms);
        // A strange id is replaced by the one made of the text.
        if let Some(id) = DrawingId::parse(&item.id) {
            drawing.meta.id = id;
        }
        drawing.meta.created_ms = item.created_ms.min(item.changed_ms);
        drawing
    });
    Ok(drawings.collect())
}
