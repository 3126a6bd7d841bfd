//! What makes the built page a site: steps over `dist/` once Trunk has written it, in order.

mod assemble;
pub mod texts;

use std::path::Path;

/// Finishes the built page in `dist`.
pub fn finish(dist: &Path) -> Result<(), String> {
    if !dist.join("index.html").is_file() {
        return Err(format!("{} holds no index.html", dist.display()));
    }
    assemble::assemble(dist)
}
