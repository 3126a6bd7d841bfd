//! The files in which static hosts look for headers: what `xtask/hosting.json` says, in their words.

use std::{fmt::Write as _, fs, path::Path};

use serde_json::json;

use super::{files, hosting::Hosting};

/// What is written, beside the page: for Netlify and Cloudflare Pages, Vercel, Apache, and to be included for nginx.
pub const FILES: [&str; 4] = ["_headers", "vercel.json", ".htaccess", "headroom.nginx.conf"];
/// Cloudflare Pages reads no more rules than that from `_headers`.
const RULES_MAX: usize = 100;

/// Writes them all. The same files give the same bytes.
pub fn write(dist: &Path, hosting: &Hosting) -> Result<(), String> {
    let names: Vec<String> = files(dist)?.into_iter().map(|(path, _)| path).collect();
    let texts = [underscore_headers(&names, hosting)?, vercel(hosting), htaccess(hosting), nginx(hosting)];
    for (file, text) in FILES.into_iter().zip(texts) {
        fs::write(dist.join(file), text).map_err(|error| format!("{file} could not be written: {error}"))?;
    }
    Ok(())
}

/// Netlify and Cloudflare Pages disagree on what becomes of a header that two rules give one file: here none does.
fn underscore_headers(names: &[String], hosting: &Hosting) -> Result<String, String> {
    let hashed = hosting.hashed()?;
    let one_policy = hosting.may_be_framed.is_empty();
    let of = |path: &str| {
        let cache = if hashed.is_match(path) { &hosting.cache.hashed } else { &hosting.cache.other };
        let mut lines = vec![format!("Cache-Control: {cache}")];
        if !one_policy {
            lines.push(format!("Content-Security-Policy: {}", hosting.policy_of(path)));
        }
        lines
    };
    let mut rules = vec![("/*".to_owned(), fixed(hosting))];
    if one_policy {
        rules[0].1.insert(0, format!("Content-Security-Policy: {}", hosting.policy_of("index.html")));
    }
    let told: Vec<(&str, Vec<String>)> = names.iter().map(|path| (path.as_str(), of(path))).collect();
    if let Some((_, lines)) = told.iter().find(|(path, _)| *path == "index.html") {
        rules.push(("/".to_owned(), lines.clone()));
    }
    by_folder(&told, "", &mut rules);
    if rules.len() > RULES_MAX {
        return Err(format!(
            "_headers needs {} rules, and Cloudflare Pages reads {RULES_MAX}: put files with hashed names into folders \
             of their own",
            rules.len()
        ));
    }
    let mut text = String::new();
    for (path, lines) in rules {
        let _ = writeln!(text, "{path}\n  {}", lines.join("\n  "));
    }
    Ok(text)
}

/// One rule for a folder whose files are all told the same, otherwise one for each. `told`: sorted, all below `prefix`.
fn by_folder(told: &[(&str, Vec<String>)], prefix: &str, rules: &mut Vec<(String, Vec<String>)>) {
    let first = |path: &str| path[prefix.len()..].split_inclusive('/').next().unwrap_or_default().to_owned();
    for group in told.chunk_by(|(one, _), (other, _)| first(one) == first(other)) {
        let (path, lines) = &group[0];
        let first = first(path);
        if !first.ends_with('/') {
            rules.push((format!("/{path}"), lines.clone()));
        } else if group.iter().all(|(_, others)| others == lines) {
            rules.push((format!("/{prefix}{first}*"), lines.clone()));
        } else {
            by_folder(group, &format!("{prefix}{first}"), rules);
        }
    }
}

fn fixed(hosting: &Hosting) -> Vec<String> {
    hosting.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect()
}

fn vercel(hosting: &Hosting) -> String {
    let rule = |source: String, headers: &[(String, String)]| {
        let headers: Vec<_> = headers.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
        json!({ "source": source, "headers": headers })
    };
    let header = |name: &str, value: &str| [(name.to_owned(), value.to_owned())];
    let hashed = format!("{}$", hosting.hashed_name);
    let mut rules = vec![
        rule("/(.*)".to_owned(), &hosting.headers),
        rule(format!("/(.*{hashed})"), &header("Cache-Control", &hosting.cache.hashed)),
        rule(format!("/((?!.*{hashed}).*)"), &header("Cache-Control", &hosting.cache.other)),
    ];
    let policy = |path: &str| header("Content-Security-Policy", &hosting.policy_of(path));
    let framed: Vec<String> = hosting.may_be_framed.iter().map(|path| regex_lite::escape(path)).collect();
    let others = if framed.is_empty() { "/(.*)".to_owned() } else { format!("/((?!(?:{})$).*)", framed.join("|")) };
    rules.push(rule(others, &policy("index.html")));
    rules.extend(
        hosting.may_be_framed.iter().map(|path| rule(format!("/({})", regex_lite::escape(path)), &policy(path))),
    );
    format!("{:#}\n", json!({ "headers": rules }))
}

fn htaccess(hosting: &Hosting) -> String {
    let mut text = String::from("# Apache reads this where AllowOverride lets it (FileInfo).\n");
    for (end, sort) in &hosting.types {
        let _ = writeln!(text, "AddType \"{}\" .{end}", sort.name);
    }
    text.push_str(
        "
# The compressed form, where there is one and the browser takes it.
<IfModule mod_rewrite.c>
  RewriteEngine On
  RewriteCond %{HTTP:Accept-Encoding} \\bbr\\b
  RewriteCond %{REQUEST_FILENAME}.br -f
  RewriteRule ^(.+)$ $1.br [L,E=no-gzip:1,E=no-brotli:1]
  RewriteCond %{HTTP:Accept-Encoding} \\bgzip\\b
  RewriteCond %{REQUEST_FILENAME}.gz -f
  RewriteRule ^(.+)$ $1.gz [L,E=no-gzip:1,E=no-brotli:1]
</IfModule>
RemoveType .br .gz
AddEncoding br .br
AddEncoding gzip .gz

<IfModule mod_headers.c>
  Header always merge Vary Accept-Encoding
",
    );
    let mut set = |indent: &str, name: &str, value: &str| {
        let _ = writeln!(text, "{indent}Header always set {name} \"{value}\"");
    };
    set("  ", "Content-Security-Policy", &hosting.policy_of("index.html"));
    for (name, value) in &hosting.headers {
        set("  ", name, value);
    }
    set("  ", "Cache-Control", &hosting.cache.other);
    let _ = writeln!(text, "  <FilesMatch \"{}(?:\\.br|\\.gz)?$\">", hosting.hashed_name);
    let _ = writeln!(text, "    Header always set Cache-Control \"{}\"\n  </FilesMatch>", hosting.cache.hashed);
    for path in &hosting.may_be_framed {
        let escaped = regex_lite::escape(path);
        let _ = writeln!(text, "  <If \"%{{REQUEST_URI}} =~ m#/{escaped}(?:\\.br|\\.gz)?$#\">");
        let _ =
            writeln!(text, "    Header always set Content-Security-Policy \"{}\"\n  </If>", hosting.policy_of(path));
    }
    text.push_str("</IfModule>\n");
    text
}

fn nginx(hosting: &Hosting) -> String {
    let mut text = String::from(
        "# For nginx: `include /path/to/headroom.nginx.conf;` in the `server` that has this folder as its root.\n\
         charset utf-8;\n\
         gzip_static on;\n\
         gzip_vary on;\n\
         # brotli_static on; # with the module ngx_brotli\n",
    );
    let mut either = |variable: &str, other: &str, cases: &[(String, String)]| {
        let _ = writeln!(text, "set ${variable} \"{other}\";");
        for (expression, value) in cases {
            let _ = writeln!(text, "if ($uri ~ \"{expression}\") {{ set ${variable} \"{value}\"; }}");
        }
    };
    let hashed = (format!("{}$", hosting.hashed_name), hosting.cache.hashed.clone());
    either("headroom_cache", &hosting.cache.other, &[hashed]);
    let framed = hosting
        .may_be_framed
        .iter()
        .map(|path| (format!("/{}$", regex_lite::escape(path)), hosting.policy_of(path)))
        .collect::<Vec<_>>();
    either("headroom_policy", &hosting.policy_of("index.html"), &framed);
    text.push_str("add_header Cache-Control $headroom_cache always;\n");
    text.push_str("add_header Content-Security-Policy $headroom_policy always;\n");
    for (name, value) in &hosting.headers {
        let _ = writeln!(text, "add_header {name} \"{value}\" always;");
    }
    text.push_str("location ~ \"\\.wasm$\" { types { } default_type application/wasm; }\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::testing::Dist;

    const HASHED: &str = "public, max-age=31536000, immutable";

    fn dist(test: &str) -> Dist {
        Dist::new(
            test,
            &[
                ("index.html", b""),
                ("boot.js", b""),
                ("boot.js.br", b""),
                ("app-0123456789abcdef_bg.wasm", b""),
                ("course/a-0123456789abcdef.json", b""),
                ("course/b-0123456789abcdef.json", b""),
                ("mixed/a.json", b""),
                ("mixed/b-0123456789abcdef.json", b""),
                ("snippets/page-0123456789abcdef/chart.js", b""),
            ],
        )
    }

    /// Paths and lines of `_headers`.
    fn rules(dist: &Dist) -> Vec<(String, Vec<String>)> {
        let text = String::from_utf8(dist.get("_headers").expect("it was written")).expect("it is text");
        let mut rules: Vec<(String, Vec<String>)> = Vec::new();
        for line in text.lines() {
            match (line.strip_prefix("  "), rules.last_mut()) {
                (Some(header), Some((_, headers))) => headers.push(header.to_owned()),
                _ => rules.push((line.to_owned(), Vec::new())),
            }
        }
        rules
    }

    #[test]
    fn every_file_is_told_once_how_long_it_may_be_kept() {
        let hosting = Hosting::read().expect("hosting.json can be read");
        let dist = dist("headers");
        write(dist.path(), &hosting).expect("it writes");
        let first = dist.get("_headers");
        let rules = rules(&dist);
        let (all, rest) = rules.split_first().expect("there are rules");
        assert_eq!(all.0, "/*");
        assert!(all.1.contains(&"X-Content-Type-Options: nosniff".to_owned()));
        assert!(all.1[0].ends_with("frame-ancestors 'none'"), "{}", all.1[0]);
        assert!(all.1.iter().all(|line| !line.starts_with("Cache-Control")), "no header stands in two rules");
        let caches: Vec<_> = rest.iter().map(|(path, lines)| (path.as_str(), lines.join("; "))).collect();
        let (keep, ask) = (format!("Cache-Control: {HASHED}"), "Cache-Control: no-cache".to_owned());
        let expected = [
            ("/", &ask),
            ("/app-0123456789abcdef_bg.wasm", &keep),
            ("/boot.js", &ask),
            ("/course/*", &keep),
            ("/index.html", &ask),
            ("/mixed/a.json", &ask),
            ("/mixed/b-0123456789abcdef.json", &keep),
            ("/snippets/*", &ask),
        ];
        assert_eq!(caches, expected.map(|(path, cache)| (path, cache.clone())));

        write(dist.path(), &hosting).expect("it writes again");
        assert_eq!(dist.get("_headers"), first, "the same files give the same bytes");
    }

    #[test]
    fn every_host_is_told_the_same() {
        let hosting = Hosting::read().expect("hosting.json can be read");
        let dist = dist("hosts");
        write(dist.path(), &hosting).expect("it writes");
        for file in FILES {
            let text = String::from_utf8(dist.get(file).expect("it was written")).expect("it is text");
            let fixed = hosting.headers.iter().map(|(_, value)| value.as_str());
            let policy = hosting.policy_of("index.html");
            for value in fixed.chain([policy.as_str(), &hosting.cache.hashed, &hosting.cache.other]) {
                assert!(text.contains(value), "{file}: {value}");
            }
        }
    }

    #[test]
    fn a_page_that_may_be_framed_is_the_only_one() {
        let mut hosting = Hosting::read().expect("hosting.json can be read");
        hosting.may_be_framed = vec!["embed.html".into()];
        let dist = dist("framed");
        dist.put("embed.html", b"");
        write(dist.path(), &hosting).expect("it writes");
        for (path, lines) in rules(&dist) {
            let policy = lines.iter().find(|line| line.starts_with("Content-Security-Policy"));
            let forbids = policy.map(|policy| policy.contains("frame-ancestors 'none'"));
            let expected = match path.as_str() {
                // Two rules with a policy for one file would add up, or not, by the host.
                "/*" => None,
                "/embed.html" => Some(false),
                _ => Some(true),
            };
            assert_eq!(forbids, expected, "{path}");
        }
        let vercel: serde_json::Value =
            serde_json::from_slice(&dist.get("vercel.json").expect("it was written")).expect("it is JSON");
        let sources = vercel["headers"].as_array().expect("there are rules").iter().filter_map(|rule| {
            let has = rule["headers"][0]["key"] == "Content-Security-Policy";
            has.then(|| (rule["source"].as_str().unwrap_or_default(), rule["headers"][0]["value"].to_string()))
        });
        let forbids: Vec<_> = sources.map(|(source, policy)| (source, policy.contains("frame-ancestors"))).collect();
        assert_eq!(forbids, [("/((?!(?:embed\\.html)$).*)", true), ("/(embed\\.html)", false)]);
    }

    #[test]
    fn more_rules_than_a_host_reads_are_refused() {
        let hosting = Hosting::read().expect("hosting.json can be read");
        let dist = dist("many");
        for number in 0..RULES_MAX {
            dist.put(&format!("{number}.json"), b"");
        }
        let refused = write(dist.path(), &hosting).expect_err("it is too much");
        assert!(refused.contains("folders of their own"), "{refused}");
    }
}
