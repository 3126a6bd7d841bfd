//! What a host sends with the built page: `xtask/hosting.json`, read here and by `xtask/server.mjs`.
//!
//! A page that other sites may show in a frame is named in its `may_be_framed`; no other page may be.

use std::{collections::BTreeMap, fs, path::Path};

use regex_lite::Regex;
use serde::Deserialize;

use super::policy;
use crate::shell;

const FILE: &str = "xtask/hosting.json";

/// What hosting.json says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hosting {
    /// For who opens the file.
    #[serde(rename = "about")]
    _about: String,
    /// The content security policy, by directives, as index.html repeats it.
    pub policy: Vec<String>,
    /// The directive that forbids frames; it acts in a header alone.
    pub framing: String,
    /// Paths of the pages that `framing` does not hold for: `embed.html`.
    pub may_be_framed: Vec<String>,
    /// Further headers, the same for all files: names and values.
    pub headers: Vec<(String, String)>,
    /// The end of a name that carries a hash of the content, as an expression without its `$`.
    pub hashed_name: String,
    pub cache: Cache,
    /// Smaller files are not worth a compressed form.
    pub compressed_above_bytes: usize,
    /// By the end of the name, without its period.
    pub types: BTreeMap<String, Type>,
}

/// `Cache-Control`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// Of files whose name changes with their content.
    pub hashed: String,
    pub other: String,
}

/// What files of one sort are.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Type {
    /// `Content-Type`.
    #[serde(rename = "type")]
    pub name: String,
    /// Whether compressing makes them smaller.
    pub compress: bool,
}

impl Hosting {
    pub fn read() -> Result<Self, String> {
        let text = fs::read_to_string(shell::root().join(FILE))
            .map_err(|error| format!("{FILE} could not be read: {error}"))?;
        serde_json::from_str(&text).map_err(|error| format!("{FILE}: {error}"))
    }

    /// The same for the site in `dist`, whose page states what stands inline in it.
    pub fn of(dist: &Path) -> Result<Self, String> {
        let page = fs::read_to_string(dist.join("index.html"))
            .map_err(|error| format!("index.html of the built page could not be read: {error}"))?;
        let policy = policy::stated(&page).ok_or("the built page states no content security policy")?;
        Ok(Self { policy, ..Self::read()? })
    }

    /// `Content-Security-Policy` of the file at `path`.
    pub fn policy_of(&self, path: &str) -> String {
        let framing = (!self.may_be_framed.iter().any(|framed| framed == path)).then_some(&self.framing);
        self.policy.iter().chain(framing).map(String::as_str).collect::<Vec<_>>().join("; ")
    }

    /// Finds the names that carry a hash of the content.
    pub fn hashed(&self) -> Result<Regex, String> {
        Regex::new(&format!("{}$", self.hashed_name)).map_err(|error| format!("{FILE}: hashed_name: {error}"))
    }

    /// What the file at `path` is; nothing: a sort that is not listed.
    pub fn type_of(&self, path: &str) -> Option<&Type> {
        self.types.get(path.rsplit_once('.')?.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_asks_for_the_policy_that_hosts_send() {
        let page = fs::read_to_string(shell::root().join("index.html")).expect("there is an index.html");
        let hosting = Hosting::read().expect("hosting.json can be read");
        assert_eq!(policy::stated(&page).expect("index.html states one"), hosting.policy);
    }

    #[test]
    fn no_page_may_be_framed_but_those_that_are_named() {
        let mut hosting = Hosting::read().expect("hosting.json can be read");
        assert!(hosting.policy_of("index.html").ends_with("; frame-ancestors 'none'"));
        hosting.may_be_framed = vec!["embed.html".into()];
        assert!(hosting.policy_of("index.html").ends_with("; frame-ancestors 'none'"));
        assert_eq!(hosting.policy_of("embed.html"), hosting.policy.join("; "));
    }

    #[test]
    fn a_hash_stands_at_the_end_of_the_name() {
        let hashed = Hosting::read().expect("hosting.json can be read").hashed().expect("it is an expression");
        for name in ["app-0123456789abcdef.js", "app-0123456789abcdef_bg.wasm", "worker-deadbeef.js"] {
            assert!(hashed.is_match(name), "{name}");
        }
        for name in
            ["app.js", "uPlot.esm.js", "worker_bg.wasm", "flash-sale.json", "a-0123456789abcdef/chart.js", "x-dead.js"]
        {
            assert!(!hashed.is_match(name), "{name}");
        }
    }
}
