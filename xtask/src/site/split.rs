//! Cuts the page's program in two: what the first picture needs, and the part that is fetched once the page lives
//! (`src/ui/later.rs` names what lies there). A quick build has one program, and is left as it is.
//!
//! Where to cut is worked out from the linker's relocations: whatever only the split function reaches goes. So it is done
//! on the linked program, and what Trunk bound is bound anew.

use std::fs;
use std::path::Path;

use wasm_split_cli_support::{Options, transform};

use super::assemble::{attribute, boot_tag};
use crate::shell;

/// In the script of a program that can be cut.
const MARK: &str = "__wasm_split";
/// The file of the second part, as `boot.js` and the next step know it.
pub const LATER: &str = "later_bg.wasm";
/// What the cutter calls its link between the parts.
const LINK: &str = "__wasm_split.js";
/// How the page's programs are made small.
const SMALL: &[&str] = &["-Oz", "--reorder-functions-by-name", "--strip-debug", "--strip-producers"];
/// What the target's compiler uses of WebAssembly: the linker's note of it does not survive the cut.
const FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Cuts the program in `dist`, in place.
pub fn split(dist: &Path) -> Result<(), String> {
    let index = fs::read_to_string(dist.join("index.html")).map_err(|error| format!("index.html: {error}"))?;
    let Ok(tag) = boot_tag(&index) else { return Ok(()) }; // It is assembled already.
    let (Some(script), Some(wasm)) = (attribute(tag, "data-app"), attribute(tag, "data-wasm")) else { return Ok(()) };
    let bound = fs::read_to_string(dist.join(script)).map_err(|error| format!("{script}: {error}"))?;
    if !bound.contains(MARK) {
        return Ok(());
    }
    let target = shell::target_dir();
    let linked = target.join("wasm32-unknown-unknown/release/app.wasm");
    let folder = target.join("split");
    let _ = fs::remove_dir_all(&folder); // From an earlier build, or not there.
    let program = fs::read(&linked).map_err(|error| format!("{}: {error}", linked.display()))?;
    let first = folder.join("app.wasm");
    let mut options = Options::new(&program);
    options.output_dir = &folder;
    options.main_out_path = &first;
    let parts = transform(options).map_err(|error| format!("the page's program cannot be cut: {error}"))?;
    let [later] = parts.split_modules.as_slice() else {
        return Err(format!("the page's program fell into {} parts besides the first", parts.split_modules.len()));
    };

    let bindings = folder.join("bound");
    let [first, out] = [&first, &bindings].map(|path| path.display().to_string());
    shell::output(
        "wasm-bindgen",
        &["--target", "web", "--no-typescript", "--keep-lld-exports", "--out-name", "app", "--out-dir", &out, &first],
    )?;
    small(&bindings.join("app_bg.wasm"), &dist.join(wasm))?;
    small(later, &dist.join(LATER))?;
    let read = |path: &Path| fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()));
    let joined = joined(&read(&bindings.join("app.js"))?, &read(&folder.join(LINK))?)?;
    fs::write(dist.join(script), joined).map_err(|error| format!("{script}: {error}"))
}

fn small(from: &Path, to: &Path) -> Result<(), String> {
    let [from, to] = [from, to].map(|path| path.display().to_string());
    shell::output("wasm-opt", &[FEATURES, SMALL, &[&from, "--output", &to]].concat()).map(|_| ())
}

/// The page's script with what links the second part inside, which gets its program from `boot.js`.
fn joined(script: &str, link: &str) -> Result<String, String> {
    let unknown = |what: &str| format!("what links the page's two parts has a shape that is not known: {what}");
    let import = script
        .lines()
        .find(|line| line.starts_with("import * as ") && line.contains(LINK))
        .ok_or_else(|| unknown("no import"))?;
    let name = import.split(' ').nth(3).ok_or_else(|| unknown(import))?;
    let mut body = String::new();
    let mut given = Vec::new();
    for line in link.lines() {
        let line = line.strip_prefix("export ").inspect(|line| given.extend(line.split(' ').nth(1))).unwrap_or(line);
        // Both parts share one scope: nothing to import.
        if !line.starts_with("import ") {
            body.push_str(line);
            body.push('\n');
        }
    }
    let (before, rest) = body.split_once("fetch(new URL(").ok_or_else(|| unknown("nothing is fetched"))?;
    let (_, after) = rest.split_once("));").ok_or_else(|| unknown("nothing is fetched"))?;
    let streamed = "WebAssembly.instantiateStreaming(src, imports)";
    if !after.contains(streamed) || after.contains("fetch(") || given.is_empty() {
        return Err(unknown("one program was expected"));
    }
    let after = after.replacen(streamed, "WebAssembly.instantiate(await src, imports)", 1);
    let body = format!("{before}headroom.later();{after}");
    let given = given.join(", ");
    Ok(script.replacen(import, &format!("const {name} = (() => {{\n{body}return {{ {given} }};\n}})();"), 1))
}

#[cfg(test)]
mod tests {
    use super::joined;

    const LINK: &str = "import { initSync } from \"./main.js\";\nfunction getSharedImports() {}\n\
        export const __wasm_split_load_later = wrap(() => {\n    const src = fetch(new URL(\"./split_later.wasm\", import.meta.url));\n    \
        return async (imports) => (WebAssembly.instantiateStreaming(src, imports));\n});\n";

    #[test]
    fn the_link_stands_in_the_script() {
        let script = "import * as import7 from \"./__wasm_split.js\"\nimport { Chart } from './snippets/chart.js';\nuse(import7);";
        let script = joined(script, LINK).expect("a known shape");
        assert!(
            script
                .starts_with("const import7 = (() => {\nfunction getSharedImports() {}\nconst __wasm_split_load_later"),
            "{script}"
        );
        assert!(script.contains("const src = headroom.later();"), "{script}");
        assert!(script.contains("WebAssembly.instantiate(await src, imports)"), "{script}");
        assert!(script.contains("return { __wasm_split_load_later };\n})();\nimport { Chart }"), "{script}");
    }

    #[test]
    fn another_shape_is_an_error_and_no_broken_page() {
        assert!(joined("use();", LINK).is_err());
        let two = LINK.replace("});\n", "});\nfetch(\"x\");\n");
        assert!(joined("import * as import7 from \"./__wasm_split.js\"\n", &two).is_err());
    }
}
