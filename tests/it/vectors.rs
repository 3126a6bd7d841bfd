//! Reference data in `tests/vectors/`; each file names its source.

use serde_json::Value;

/// A file of vectors.
pub fn load(file: &str) -> Value {
    let path = format!("{}/tests/vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert!(value["source"].is_string(), "{path} names no source");
    value
}
