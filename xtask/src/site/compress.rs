//! A `.br` and a `.gz` beside every file that becomes smaller by them, as hosts look for.

use std::{fs, io::Write, path::Path, sync::Mutex, thread};

use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, GzBuilder};

use super::{files, hosting::Hosting};

/// What is added to the names: brotli's, gzip's.
pub const SUFFIXES: [&str; 2] = [".br", ".gz"];

/// How hard to try.
#[derive(Clone, Copy, Debug)]
pub enum Effort {
    /// Brotli at quality 11, gzip at level 9: seconds for each megabyte.
    Best,
    /// Brotli at quality 5, gzip at level 6: a tenth larger, in no time. A form younger than its file is left alone.
    Quick,
}

/// Writes the compressed forms. The same files give the same bytes: no time, no name goes in.
pub fn write(dist: &Path, hosting: &Hosting, effort: Effort) -> Result<(), String> {
    let files = Mutex::new(files(dist)?.into_iter());
    let next = || files.lock().map_or(None, |mut files| files.next());
    let work = || {
        while let Some((path, file)) = next() {
            let compresses = hosting.type_of(&path).is_some_and(|sort| sort.compress);
            write_beside(&file, compresses.then_some(hosting.compressed_above_bytes), effort)
                .map_err(|error| format!("{} could not be compressed: {error}", file.display()))?;
        }
        Ok(())
    };
    let count = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| "compressing was cut short".to_owned())?)
    })
}

/// Writes the forms beside one file that has more bytes than `above`; none without.
fn write_beside(file: &Path, above: Option<usize>, effort: Effort) -> std::io::Result<()> {
    let bytes = fs::read(file)?;
    let worth = above.is_some_and(|above| bytes.len() > above);
    for (suffix, compress) in SUFFIXES.into_iter().zip([brotli as fn(&[u8], Effort) -> std::io::Result<Vec<u8>>, gzip])
    {
        let mut beside = file.as_os_str().to_owned();
        beside.push(suffix);
        if matches!(effort, Effort::Quick) && worth && younger(Path::new(&beside), file) {
            continue;
        }
        let compressed = if worth { Some(compress(&bytes, effort)?) } else { None };
        match compressed.filter(|compressed| compressed.len() < bytes.len()) {
            Some(compressed) => fs::write(beside, compressed)?,
            // Nothing from an earlier build may stand beside a file that it is not made of.
            None if Path::new(&beside).exists() => fs::remove_file(beside)?,
            None => {}
        }
    }
    Ok(())
}

fn younger(one: &Path, other: &Path) -> bool {
    let written = |path: &Path| fs::metadata(path).and_then(|found| found.modified());
    matches!((written(one), written(other)), (Ok(one), Ok(other)) if one > other)
}

fn brotli(bytes: &[u8], effort: Effort) -> std::io::Result<Vec<u8>> {
    let quality = match effort {
        Effort::Best => 11,
        Effort::Quick => 5,
    };
    let mut compressed = Vec::new();
    let parameters = BrotliEncoderParams { quality, lgwin: 22, size_hint: bytes.len(), ..Default::default() };
    brotli::BrotliCompress(&mut &*bytes, &mut compressed, &parameters)?;
    Ok(compressed)
}

fn gzip(bytes: &[u8], effort: Effort) -> std::io::Result<Vec<u8>> {
    let level = match effort {
        Effort::Best => Compression::best(),
        Effort::Quick => Compression::default(),
    };
    let mut encoder = GzBuilder::new().write(Vec::new(), level);
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::site::testing::Dist;

    #[test]
    fn what_becomes_smaller_stands_there_in_both_forms_and_comes_back_whole() {
        let hosting = Hosting::read().expect("hosting.json can be read");
        let text = "let there = 'more of the same';\n".repeat(100).into_bytes();
        let dist = Dist::new(
            "compress",
            &[("js/app.js", &text), ("small.js", b"let x = 1;"), ("a.png", &text), ("small.js.br", b"old")],
        );
        write(dist.path(), &hosting, Effort::Best).expect("it compresses");

        let mut back = Vec::new();
        let compressed = dist.get("js/app.js.br").expect("there is a .br");
        brotli::BrotliDecompress(&mut &*compressed, &mut back).expect("it is brotli");
        assert_eq!(back, text);
        let compressed = dist.get("js/app.js.gz").expect("there is a .gz");
        back.clear();
        flate2::read::GzDecoder::new(&*compressed).read_to_end(&mut back).expect("it is gzip");
        assert_eq!(back, text);
        assert_eq!(compressed[4..8], [0; 4], "no time goes in");

        dist.put("js/app.js", &text.repeat(2));
        write(dist.path(), &hosting, Effort::Quick).expect("it compresses");
        let compressed = dist.get("js/app.js.br").expect("there is a .br");
        back.clear();
        brotli::BrotliDecompress(&mut &*compressed, &mut back).expect("it is brotli");
        assert_eq!(back.len(), 2 * text.len(), "a file that has changed since is compressed anew");
        write(dist.path(), &hosting, Effort::Quick).expect("it compresses");
        assert_eq!(dist.get("js/app.js.br"), Some(compressed));

        for path in ["small.js.br", "small.js.gz", "a.png.br", "a.png.gz"] {
            assert_eq!(dist.get(path), None, "{path}");
        }
        let names: Vec<String> = files(dist.path()).expect("it is there").into_iter().map(|(path, _)| path).collect();
        assert_eq!(names, ["a.png", "js/app.js", "small.js"], "the compressed forms are no files of the page");
    }
}
