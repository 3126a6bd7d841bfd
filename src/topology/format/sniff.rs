//! What a text is that is no JSON at all: somebody who drops a picture learns that it is one, not that a comma is missing.

/// How files of other kinds begin, read as text: bytes that are none become U+FFFD.
const BEGINNINGS: [(&str, &str); 18] = [
    ("\u{fffd}PNG", "a picture (PNG)"),
    ("GIF8", "a picture (GIF)"),
    ("\u{fffd}\u{fffd}\u{fffd}", "a picture or another binary file"),
    ("BM", "a picture (BMP)"),
    ("II*\0", "a picture (TIFF)"),
    ("MM\0*", "a picture (TIFF)"),
    ("%PDF", "a PDF file"),
    ("PK\u{3}\u{4}", "a ZIP archive or an office document"),
    ("\u{1f}\u{fffd}", "a compressed file (gzip)"),
    ("\0asm", "a program (WebAssembly)"),
    ("\u{7f}ELF", "a program"),
    ("MZ", "a program"),
    ("ID3", "a sound file (MP3)"),
    ("OggS", "a sound or video file (Ogg)"),
    ("\u{1a}E\u{fffd}\u{fffd}", "a video (Matroska or WebM)"),
    ("<svg", "a picture (SVG)"),
    ("<!doctype html", "a web page"),
    ("<html", "a web page"),
];

/// What `text`, which cannot be read as JSON, seems to be. `None`: JSON with a mistake in it, as far as one can tell.
pub(super) fn sniff(text: &str) -> Option<&'static str> {
    let begins = text.trim_start();
    if begins.is_empty() {
        return Some("an empty text");
    }
    if begins.starts_with(['{', '[']) {
        return None;
    }
    let head: String = text.chars().take(64).collect();
    let lower = begins.chars().take(64).collect::<String>().to_lowercase();
    if let Some(four) = head.strip_prefix("RIFF").and_then(|rest| rest.char_indices().nth(4).map(|(at, _)| &rest[at..]))
    {
        return Some(match four.get(..4) {
            Some("WEBP") => "a picture (WebP)",
            Some("WAVE") => "a sound file (WAV)",
            _ => "a video (AVI)",
        });
    }
    if head.contains("ftyp") {
        return Some("a video (MP4 or MOV) or a picture (HEIC or AVIF)");
    }
    if lower.starts_with("<?xml") && text.chars().take(2_000).collect::<String>().contains("<svg") {
        return Some("a picture (SVG)");
    }
    let binary = || head.chars().any(|c| c == '\u{fffd}' || (c.is_control() && !c.is_whitespace()));
    // Two or three letters may begin a word as well.
    let sure = |begin: &str| begin.len() > 3 || begin.contains(|c: char| !c.is_ascii_alphabetic()) || binary();
    let known =
        BEGINNINGS.iter().find(|(begin, _)| (head.starts_with(begin) || lower.starts_with(begin)) && sure(begin));
    known.map(|(_, what)| *what).or_else(|| binary().then_some("a file that is no text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_kinds_are_called_by_their_name() {
        let as_text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        for (bytes, what) in [
            (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], "a picture (PNG)"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "a picture or another binary file"),
            (b"GIF89a\x01\0", "a picture (GIF)"),
            (b"RIFF\x24\0\0\0WEBPVP8 ", "a picture (WebP)"),
            (b"\0\0\0\x20ftypisom\0\0", "a video (MP4 or MOV) or a picture (HEIC or AVIF)"),
            (b"<?xml version=\"1.0\"?>\n<svg xmlns=", "a picture (SVG)"),
            (b"  <SVG width=\"3\">", "a picture (SVG)"),
            (b"%PDF-1.7", "a PDF file"),
            (b"PK\x03\x04\x14\0", "a ZIP archive or an office document"),
            (b"<!DOCTYPE html><html>", "a web page"),
            (b"\x01\x02\x03", "a file that is no text"),
            (b" \n ", "an empty text"),
        ] {
            assert_eq!(sniff(&as_text(bytes)), Some(what));
        }
        for json in ["{\"format\":2,", "[1, 2", "hello", "BMW", "{\u{fffd}"] {
            assert_eq!(sniff(json), None, "{json}");
        }
    }
}
