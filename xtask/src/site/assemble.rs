//! What Trunk wrote becomes what is served: two style sheets instead of one for each part of the screen, scripts with
//! what they need inside, a name with a hash of its content for every file, and a list of all of them with their sizes on
//! the tag of what loads them.
//!
//! What the first paint waits for, the first sheet and `boot.js`, stands in `index.html` itself: one way over the line
//! instead of two. The policy names both by their hashes; nothing else inline runs.
//!
//! A file with such a name never changes: hosts may let browsers keep it for good. `index.html` alone keeps its name.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::Path;

use super::{policy, split::LATER};

/// Ends the style sheet that the first paint waits for; what comes after it is loaded beside the program.
const FIRST_SHEET_ENDS: &str = "shell";

/// Makes a file smaller, by the end of its name; what it cannot it gives back as it was.
pub type Shrink = fn(&str, &[u8]) -> Result<Vec<u8>, String>;

/// Assembles the site in `dist`, in place; every file that gets its name here goes through `shrink` first.
pub fn assemble(dist: &Path, shrink: Shrink) -> Result<(), String> {
    let mut site = Site { dist, shrink, files: BTreeMap::new() };
    let mut index = site.text("index.html")?;
    if index.contains(" data-files=") {
        return Ok(()); // It is already.
    }
    let tag = boot_tag(&index)?.to_owned();
    let program = attribute(&tag, "data-app").ok_or("boot.js's tag names no program of the page")?.to_owned();
    let wasm = attribute(&tag, "data-wasm").ok_or("boot.js's tag names no WebAssembly of the page")?.to_owned();

    let fonts = site.fonts()?;
    let first = site.sheets(&mut index, &fonts)?;
    let script = inlined(&site.text(&program)?, |snippet| site.text(snippet))?;
    site.remove(&program)?;
    if dist.join("snippets").is_dir() {
        fs::remove_dir_all(dist.join("snippets")).map_err(|error| format!("snippets/ stays: {error}"))?;
    }
    site.keep("app.js", "app", ".js", script.as_bytes())?;
    site.rename("app.wasm", &wasm, "app", "_bg.wasm")?;
    if dist.join(LATER).is_file() {
        site.rename("later.wasm", LATER, "later", "_bg.wasm")?;
    }
    site.workers()?;
    site.rename("uPlot.js", "uPlot.iife.min.js", "uPlot", ".js")?;

    let boot = site.small("boot.js", ".js")?;
    site.remove("boot.js")?;
    let list: Vec<String> =
        site.files.iter().map(|(role, (name, bytes))| format!("\"{role}\":[\"{name}\",{bytes}]")).collect();
    // What other steps have written onto the tag stays there.
    let course = attribute(&tag, "data-course").map(|list| format!(" data-course=\"{list}\"")).unwrap_or_default();
    for (text, end) in [(&first, "</style"), (&boot, "</script")] {
        if text.contains(end) {
            return Err(format!("what stands within the page would end at its own \"{end}\""));
        }
    }
    let head = format!("<style>{first}</style><script{course} data-files='{{{}}}'>{boot}</script>", list.join(","));
    let index = index.replacen(&format!("{tag}</script>"), &head, 1);
    let index = policy::allow(&index, &[("style-src 'self'", &first), ("script-src 'self'", &boot)])?;
    fs::write(dist.join("index.html"), index).map_err(|error| format!("index.html could not be written: {error}"))
}

/// The files of `dist` by what they are for: name and bytes.
struct Site<'a> {
    dist: &'a Path,
    shrink: Shrink,
    files: BTreeMap<String, (String, usize)>,
}

impl Site<'_> {
    fn bytes(&self, name: &str) -> Result<Vec<u8>, String> {
        fs::read(self.dist.join(name)).map_err(|error| format!("{name} of the built page could not be read: {error}"))
    }

    fn text(&self, name: &str) -> Result<String, String> {
        String::from_utf8(self.bytes(name)?).map_err(|_| format!("{name} of the built page is no text"))
    }

    fn remove(&self, name: &str) -> Result<(), String> {
        fs::remove_file(self.dist.join(name)).map_err(|error| format!("{name} could not be removed: {error}"))
    }

    /// Writes a file under a name with its hash; gives that name, and how many bytes it has.
    fn write(&self, stem: &str, end: &str, bytes: &[u8]) -> Result<(String, usize), String> {
        let bytes = (self.shrink)(end, bytes)?;
        let mut hasher = DefaultHasher::new();
        hasher.write(&bytes);
        let name = format!("{stem}-{:016x}{end}", hasher.finish());
        fs::write(self.dist.join(&name), &bytes).map_err(|error| format!("{name} could not be written: {error}"))?;
        Ok((name, bytes.len()))
    }

    /// Writes a file that boot.js is told of under `role`.
    fn keep(&mut self, role: &str, stem: &str, end: &str, bytes: &[u8]) -> Result<(), String> {
        let file = self.write(stem, end, bytes)?;
        self.files.insert(role.to_owned(), file);
        Ok(())
    }

    fn rename(&mut self, role: &str, old: &str, stem: &str, end: &str) -> Result<(), String> {
        let bytes = self.bytes(old)?;
        self.remove(old)?;
        self.keep(role, stem, end, &bytes)
    }

    /// Gives the typefaces their hashed names: what they were called, and what they are called now.
    fn fonts(&self) -> Result<Vec<(String, String)>, String> {
        let entries = fs::read_dir(self.dist).map_err(|error| format!("the built page could not be read: {error}"))?;
        let mut fonts = Vec::new();
        for old in entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()) {
            let Some(stem) = old.strip_suffix(".woff2") else { continue };
            let (new, _) = self.write(stem, ".woff2", &self.bytes(&old)?)?;
            self.remove(&old)?;
            fonts.push((old, new));
        }
        Ok(fonts)
    }

    fn small(&self, name: &str, end: &str) -> Result<String, String> {
        self.shrunk(end, &self.bytes(name)?)
    }

    fn shrunk(&self, end: &str, bytes: &[u8]) -> Result<String, String> {
        let text = String::from_utf8((self.shrink)(end, bytes)?).map_err(|_| format!("a file {end} is no text"))?;
        Ok(text.trim().to_owned())
    }

    /// Joins the style sheets in their order: gives the text of the first, tells boot.js the second.
    fn sheets(&mut self, index: &mut String, fonts: &[(String, String)]) -> Result<String, String> {
        let mut joined = [String::new(), String::new()];
        let mut part = 0;
        while let Some(tag) = tags(index, "<link").into_iter().find(|tag| attribute(tag, "rel") == Some("stylesheet")) {
            let name = attribute(&tag, "href").ok_or("a style sheet's link names no file")?.to_owned();
            joined[part].push_str(&self.text(&name)?);
            joined[part].push('\n');
            self.remove(&name)?;
            if name.trim_start_matches("./").starts_with(FIRST_SHEET_ENDS) {
                part = 1;
            }
            *index = index.replacen(&tag, "", 1);
        }
        if part == 0 {
            return Err(format!("index.html names no style sheet {FIRST_SHEET_ENDS}.css"));
        }
        let [first, mut second] = joined;
        for (old, new) in fonts {
            if !second.contains(old.as_str()) {
                return Err(format!("no style sheet names {old}"));
            }
            second = second.replace(old.as_str(), new);
        }
        self.keep("page.css", "page", ".css", second.as_bytes())?;
        self.shrunk(".css", first.as_bytes())
    }

    /// The workers' programs, each with its loader behind it in the same file: Trunk gives them no hash.
    fn workers(&mut self) -> Result<(), String> {
        let entries = fs::read_dir(self.dist).map_err(|error| format!("the built page could not be read: {error}"))?;
        let names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        for worker in names.iter().filter_map(|name| name.strip_suffix("_bg.wasm")) {
            let script = format!("{worker}.js");
            if !names.contains(&script) {
                continue; // The page's own, which has its name already.
            }
            let loader = format!("{worker}_loader.js");
            let text = self.text(&script)? + "\n" + &self.text(&loader)?;
            self.remove(&script)?;
            self.remove(&loader)?;
            self.keep(&script, worker, ".js", text.as_bytes())?;
            self.rename(&format!("{worker}.wasm"), &format!("{worker}_bg.wasm"), worker, "_bg.wasm")?;
        }
        Ok(())
    }
}

/// All tags that begin with `start`.
fn tags(html: &str, start: &str) -> Vec<String> {
    html.match_indices(start)
        .filter_map(|(at, _)| html[at..].find('>').map(|end| html[at..=at + end].to_owned()))
        .collect()
}

pub fn boot_tag(index: &str) -> Result<&str, String> {
    let at = index.find("<script src=\"boot.js\"").ok_or("index.html has no tag for boot.js")?;
    let end = index[at..].find('>').ok_or("index.html breaks off")?;
    Ok(&index[at..=at + end])
}

/// What an attribute of a tag says, without a leading `./`.
pub fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.strip_prefix("./").unwrap_or(value))
}

/// The page's script with its snippets inside: a module that failed to load once is not asked for again by every browser,
/// so that only a script without imports can be tried again.
fn inlined(script: &str, read: impl Fn(&str) -> Result<String, String>) -> Result<String, String> {
    let mut out = String::with_capacity(script.len());
    for line in script.lines() {
        let Some((names, from)) = line.strip_prefix("import ").and_then(|rest| rest.split_once(" from ")) else {
            out.push_str(line);
            out.push('\n');
            continue;
        };
        let unknown = || format!("the page's script has an import of a shape that is not known: {line}");
        let names = names.strip_prefix('{').and_then(|names| names.strip_suffix('}')).ok_or_else(unknown)?;
        let path = from.trim_matches(|sign| "'\"; ".contains(sign)).strip_prefix("./").ok_or_else(unknown)?;
        let snippet = read(path)?;
        if snippet.lines().any(|line| line.starts_with("import ")) {
            return Err(format!("{path} imports another file: the page's script can take in only what stands alone"));
        }
        let body: String =
            snippet.lines().map(|line| line.strip_prefix("export ").unwrap_or(line).to_owned() + "\n").collect();
        let given: Vec<String> = names
            .split(',')
            .map(|name| match name.trim().split_once(" as ") {
                Some((theirs, ours)) => format!("{ours}: {theirs}"),
                None => name.trim().to_owned(),
            })
            .collect();
        let taken: Vec<&str> =
            names.split(',').map(|name| name.trim().rsplit(' ').next().unwrap_or_default()).collect();
        out.push_str(&format!(
            "const {{ {} }} = (() => {{\n{body}return {{ {} }};\n}})();\n",
            taken.join(", "),
            given.join(", ")
        ));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::{assemble, inlined};

    /// A folder as Trunk leaves it, gone at the end.
    struct Built(PathBuf);

    impl Built {
        fn new(name: &str, files: &[(&str, &str)]) -> Self {
            let folder = std::env::temp_dir().join(format!("headroom-{}-{name}", std::process::id()));
            for (file, text) in files {
                let path = folder.join(file);
                fs::create_dir_all(path.parent().expect("inside the folder")).expect("a folder can be made");
                fs::write(path, text).expect("a file can be written");
            }
            Self(folder)
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).expect("the folder is there");
            let mut names: Vec<String> =
                entries.map(|entry| entry.expect("readable").file_name().into_string().expect("plain")).collect();
            names.sort();
            names
        }

        fn one(&self, start: &str) -> String {
            let names = self.names();
            let name = names.iter().find(|name| name.starts_with(start)).expect("there is such a file");
            fs::read_to_string(self.0.join(name)).expect("it is text")
        }
    }

    impl Drop for Built {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    const INDEX: &str = r#"<head><meta http-equiv="Content-Security-Policy" content="script-src 'self' 'wasm-unsafe-eval'; style-src 'self'" /><link rel="icon" href="./icon-1.svg"/>
<link rel="stylesheet" href="./tokens-1.css" integrity="sha384-x"/><link rel="stylesheet" href="./shell-1.css"/>
<link rel="stylesheet" href="./stage-1.css"/><link rel="stylesheet" href="./dock-1.css"/>
<script src="boot.js" data-course="course/index-1.json" data-app="./app-1.js" data-wasm="./app-1_bg.wasm"></script></head>"#;

    fn files() -> Vec<(&'static str, &'static str)> {
        vec![
            ("index.html", INDEX),
            ("icon-1.svg", "<svg/>"),
            ("tokens-1.css", "a"),
            ("shell-1.css", "b"),
            ("stage-1.css", "c url(\"serif.woff2\")"),
            ("dock-1.css", "d"),
            ("app-1.js", "import { Chart } from './snippets/x/chart.js';\nnew Chart();"),
            ("snippets/x/chart.js", "export class Chart {}\n"),
            ("app-1_bg.wasm", "page"),
            ("worker.js", "let wasm_bindgen;"),
            ("worker_bg.wasm", "engine"),
            ("worker_loader.js", "start();"),
            ("manifests.js", "let wasm_bindgen;"),
            ("manifests_bg.wasm", "yaml"),
            ("manifests_loader.js", "begin();"),
            ("uPlot.iife.min.js", "uPlot"),
            ("boot.js", "boot"),
            ("serif.woff2", "letters"),
        ]
    }

    fn as_it_is(_: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
        Ok(bytes.to_vec())
    }

    #[test]
    fn what_is_made_smaller_is_served_and_counted_as_such() {
        let built = Built::new("small", &files());
        let first_two = |end: &str, bytes: &[u8]| Ok(if end == ".css" { bytes[..2].to_vec() } else { bytes.to_vec() });
        assemble(&built.0, first_two).expect("it is assembled");
        assert_eq!(built.one("page-"), "c ");
        let index = built.one("index.html");
        assert!(index.contains("<style>a</style>"), "{index}");
        assert!(index.contains(r#""page.css":["page-"#) && index.contains(".css\",2]"), "{index}");
    }

    #[test]
    fn every_file_but_the_index_carries_its_hash() {
        let built = Built::new("names", &files());
        assemble(&built.0, as_it_is).expect("it is assembled");
        let names = built.names();
        let stems: Vec<&str> =
            names.iter().map(|name| name.split_once('-').map_or(name.as_str(), |(stem, _)| stem)).collect();
        assert_eq!(
            stems,
            [
                "app",
                "app",
                "icon",
                "index.html",
                "manifests",
                "manifests",
                "page",
                "serif",
                "uPlot",
                "worker",
                "worker"
            ]
        );
        let index = built.one("index.html");
        // The style sheet names the typeface.
        for name in names.iter().filter(|name| *name != "index.html" && !name.ends_with(".woff2")) {
            assert!(index.contains(name.as_str()), "{name} is named: {index}");
        }
        assert!(index.contains(r#""worker.wasm":["worker-"#) && index.contains("_bg.wasm\",6]"), "{index}");
    }

    #[test]
    fn other_content_is_another_name() {
        let (one, mut changed) = (Built::new("one", &files()), files());
        changed.iter_mut().find(|(name, _)| *name == "worker_bg.wasm").expect("listed").1 = "motor!";
        let other = Built::new("other", &changed);
        assemble(&one.0, as_it_is).expect("it is assembled");
        assemble(&other.0, as_it_is).expect("it is assembled");
        let different: Vec<String> = other.names().into_iter().filter(|name| !one.names().contains(name)).collect();
        assert!(matches!(different.as_slice(), [name] if name.starts_with("worker-") && name.ends_with("_bg.wasm")));
    }

    #[test]
    fn style_sheets_are_joined_in_their_order_and_snippets_taken_in() {
        let built = Built::new("sheets", &files());
        assemble(&built.0, as_it_is).expect("it is assembled");
        let serif = built.names().into_iter().find(|name| name.starts_with("serif-")).expect("it has a hash");
        assert_eq!(built.one("page-"), format!("c url(\"{serif}\")\nd\n"));
        assert!(built.one("worker-").ends_with("start();") || built.one("worker-") == "engine");
        assert!(!built.names().contains(&"snippets".to_owned()));
        let index = built.one("index.html");
        assert!(!index.contains("stylesheet") && index.contains("<style>a\nb</style>"), "{index}");
        assert!(index.contains(">boot</script>"), "{index}");
        assert!(index.contains("style-src 'self' 'sha256-") && index.contains("script-src 'self' 'sha256-"), "{index}");
        assert!(index.contains(" data-course=\"course/index-1.json\""), "{index}");
        // Once more changes nothing.
        let names = built.names();
        assemble(&built.0, as_it_is).expect("it was assembled");
        assert_eq!((built.names(), built.one("index.html")), (names, index));
    }

    #[test]
    fn a_snippet_gives_what_is_asked_of_it() {
        let script =
            inlined("import { Chart as Plot, sum } from './a.js';\nPlot;", |_| Ok("export class Chart {}\n".into()));
        let script = script.expect("a known shape");
        assert!(
            script.starts_with("const { Plot, sum } = (() => {\nclass Chart {}\nreturn { Plot: Chart, sum };\n})();")
        );
        assert!(inlined("import * as all from './a.js';", |_| Ok(String::new())).is_err());
        assert!(inlined("import { a } from './a.js';", |_| Ok("import { b } from './b.js';\n".into())).is_err());
    }
}
