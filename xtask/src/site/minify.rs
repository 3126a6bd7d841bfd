//! Scripts and style sheets without what only people read: comments, indentation, long names.

use std::io::Write as _;
use std::process::Stdio;

use crate::shell;

/// What esbuild makes of a file whose name ends like that; other files as they are. Names that another script may use keep
/// theirs, and so do licenses.
pub fn minified(end: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let loader = match end {
        ".js" => "--loader=js",
        ".css" => "--loader=css",
        _ => return Ok(bytes.to_vec()),
    };
    let mut command = shell::command(
        "esbuild",
        &["--minify", "--charset=utf8", "--legal-comments=inline", "--log-level=error", loader],
    );
    let failed = |error: std::io::Error| format!("`esbuild` did not run: {error}; `cargo xtask setup` installs it");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
    let mut stdin = child.stdin.take().expect("standard input was asked for");
    // It reads to the end before it writes.
    stdin.write_all(bytes).map_err(failed)?;
    drop(stdin);
    let output = child.wait_with_output().map_err(failed)?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("`esbuild` refused a {end} file:\n{}", String::from_utf8_lossy(&output.stderr)))
    }
}
