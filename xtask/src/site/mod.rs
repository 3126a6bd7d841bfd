//! What makes the built page a site: steps over `dist/` once Trunk has written it, in order.

mod assemble;
mod compress;
mod headers;
pub mod hosting;
mod minify;
mod policy;
mod split;
pub mod texts;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Finishes the built page in `dist`.
pub fn finish(dist: &Path) -> Result<(), String> {
    steps(dist, compress::Effort::Best)
}

/// The same in seconds, for a page that is only looked at here: what has no compressed form yet gets one that is not as
/// small as it could be.
pub fn finish_quickly(dist: &Path) -> Result<(), String> {
    steps(dist, compress::Effort::Quick)
}

fn steps(dist: &Path, effort: compress::Effort) -> Result<(), String> {
    if !dist.join("index.html").is_file() {
        return Err(format!("{} holds no index.html", dist.display()));
    }
    split::split(dist)?;
    assemble::assemble(dist, minify::minified)?;
    let hosting = hosting::Hosting::of(dist)?;
    // Last: these two look at every file, and change none.
    compress::write(dist, &hosting, effort)?;
    headers::write(dist, &hosting)
}

/// All files of the built page with their paths as an address has them (`snippets/chart.js`), in the order of these;
/// without the compressed forms, and without what is written for hosts.
pub fn files(dist: &Path) -> Result<Vec<(String, PathBuf)>, String> {
    let mut found = Vec::new();
    collect(dist, "", &mut found).map_err(|error| format!("{} could not be read: {error}", dist.display()))?;
    found.retain(|(path, _)| !compress::SUFFIXES.iter().any(|suffix| path.ends_with(suffix)));
    found.retain(|(path, _)| !headers::FILES.contains(&path.as_str()));
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, prefix: &str, found: &mut Vec<(String, PathBuf)>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{path}/"), found)?;
        } else {
            found.push((path, entry.path()));
        }
    }
    Ok(())
}

/// A folder that stands for `dist/`, deleted when dropped.
#[cfg(test)]
pub mod testing {
    use std::{
        fs,
        path::{Path, PathBuf},
    };

    pub struct Dist(PathBuf);

    impl Dist {
        pub fn new(test: &str, files: &[(&str, &[u8])]) -> Self {
            let dist = Self(std::env::temp_dir().join(format!("headroom-{test}-{}", std::process::id())));
            // Left over from a test that did not come to its end.
            let _ = fs::remove_dir_all(&dist.0);
            for (path, bytes) in files {
                dist.put(path, bytes);
            }
            dist
        }

        pub fn put(&self, path: &str, bytes: &[u8]) {
            let path = self.0.join(path);
            fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("the folder can be made");
            fs::write(path, bytes).expect("the file can be written");
        }

        pub fn path(&self) -> &Path {
            &self.0
        }

        /// What the file holds; nothing: it is not there.
        pub fn get(&self, path: &str) -> Option<Vec<u8>> {
            fs::read(self.0.join(path)).ok()
        }
    }

    impl Drop for Dist {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}
