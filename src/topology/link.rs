//! A run as a link: `#s=1.…` behind the page's address. Nothing is stored anywhere: the link *is* the run.
//!
//! JSON (`topology::format`) -> raw deflate -> base64url without padding. The JSON begins with a checksum of the rest,
//! because a single character lost in a chat would otherwise change a number without anybody noticing.
//! The last character is a letter or a digit: chat programs leave a `-` or `_` at the end out of the link.
//!
//! The checksum is that of the run's JSON: one character lost in a chat would otherwise change a number without anybody noticing.
//! The last character is always a letter or a digit, since chat programs leave a dash at the end out of a link. A link holds at
//! most 64 KiB compressed and 1 MiB inflated, on both sides: a small link cannot blow up, and a link that its receiver could not
//! open is refused to its sender.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};

use crate::topology::format::{LoadError, Run};

/// The version of the link's own form, in front of the dot.
pub const LINK_FORMAT: u32 = 1;
/// What stands between the page's address and the payload.
const MARK: &str = "#s=";
/// Of the deflated run [bytes], when writing and when reading.
pub const COMPRESSED_BYTES_MAX: usize = 64 * 1024;
/// Of the run's JSON [bytes], when writing and when reading: a small link cannot blow up.
pub const INFLATED_BYTES_MAX: usize = 1024 * 1024;
/// From this length on, some programs cut links [characters].
pub const WARN_CHARS: usize = 2_000;
/// From this length on, a file is the better way [characters].
pub const FILE_CHARS: usize = 8_000;

/// miniz's strongest level: links are short texts, time does not matter.
const LEVEL: u8 = 10;
/// In front of the checked JSON: `{"check":"` + eight digits + `",`.
const CHECK_OPEN: &str = "{\"check\":\"";

/// Why a link cannot be made or opened. Nothing was changed: what was open stays open.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkError {
    /// The run does not fit into a link.
    TooLarge { bytes: usize, bytes_max: usize },
    /// The link holds more than one can: it was made elsewhere.
    HoldsTooMuch { bytes_max: usize },
    /// No `#s=` and no `1.` in front: something else was pasted.
    NotALink,
    /// The link's own form is later than this Headroom.
    Newer { found: u64 },
    /// The end is missing.
    CutOff,
    /// Characters were changed on the way.
    Damaged { what: String },
    /// The link is sound, but the run in it cannot be read.
    Run(LoadError),
}

impl LinkError {
    /// What to do about it, in one sentence.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::TooLarge { .. } => "Save it as a file and send that instead.".to_owned(),
            Self::HoldsTooMuch { .. } => "Ask the person who sent it for a file instead.".to_owned(),
            Self::NotALink => "Paste the whole address, from https:// to its end.".to_owned(),
            Self::Newer { .. } => "Open it with a newer Headroom; reload the page to get the newest one.".to_owned(),
            Self::CutOff => "Copy the whole link again: some programs cut long links. A file always works.".to_owned(),
            Self::Damaged { .. } => "Copy the link again from where it came from, or ask for a file.".to_owned(),
            Self::Run(error) => error.remedy(),
        }
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { bytes, bytes_max } => {
                write!(f, "this run takes {bytes} bytes; a link holds at most {bytes_max}")
            }
            Self::HoldsTooMuch { bytes_max } => {
                write!(f, "this link holds more than {bytes_max} bytes, the most that can be opened")
            }
            Self::NotALink => write!(f, "this is not a Headroom link"),
            Self::Newer { found } => {
                write!(f, "this link was made by a newer Headroom (form {found}; this one knows form {LINK_FORMAT})")
            }
            Self::CutOff => write!(f, "the end of this link is missing"),
            Self::Damaged { what } => write!(f, "this link is damaged: {what}"),
            Self::Run(error) => write!(f, "the run in this link cannot be read: {error}"),
        }
    }
}

impl std::error::Error for LinkError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Run(error) => Some(error),
            _ => None,
        }
    }
}

/// The link's fragment, with its `#`; append it to the page's address.
///
/// # Errors
/// [`LinkError::TooLarge`] beyond [`COMPRESSED_BYTES_MAX`] or [`INFLATED_BYTES_MAX`]; [`LinkError::Run`] for a run that
/// could not be opened again (beyond the limits of `topology::format`, or with numbers that are not finite).
pub fn encode(run: &Run) -> Result<String, LinkError> {
    let json = run.to_json();
    // A link that its receiver cannot open is found out here, by the one who can still do something about it.
    Run::from_json(&json).map_err(LinkError::Run)?;

    let body = json.strip_prefix('{').expect("a run is an object");
    let mut text = format!("{CHECK_OPEN}{:08x}\",{body}", crc32(json.as_bytes()));
    // Spaces behind the JSON shift the last bits; a few always suffice, since only 2 of 64 characters are unwelcome
    // (and 64 tries end the loop in any case: a link that ends in a dash still opens).
    let text_len = text.len();
    loop {
        if text.len() > INFLATED_BYTES_MAX {
            return Err(LinkError::TooLarge { bytes: text.len(), bytes_max: INFLATED_BYTES_MAX });
        }
        let compressed = compress_to_vec(text.as_bytes(), LEVEL);
        if compressed.len() > COMPRESSED_BYTES_MAX {
            return Err(LinkError::TooLarge { bytes: compressed.len(), bytes_max: COMPRESSED_BYTES_MAX });
        }
        let payload = URL_SAFE_NO_PAD.encode(compressed);
        if !payload.ends_with(['-', '_']) || text.len() >= text_len + 64 {
            return Ok(format!("{MARK}{LINK_FORMAT}.{payload}"));
        }
        text.push(' ');
    }
}

/// Opens a link: a whole address, its fragment, or the bare payload (`1.…`).
///
/// # Errors
/// Says what is wrong in plain words; see [`LinkError`]. Never panics, whatever the text.
pub fn decode(link: &str) -> Result<Run, LinkError> {
    let payload = payload(link)?;
    let bytes_max = COMPRESSED_BYTES_MAX;
    // Four characters hold three bytes: checked before anything is allocated for them.
    if payload.len() / 4 * 3 > bytes_max {
        return Err(LinkError::HoldsTooMuch { bytes_max });
    }
    // A character more or less than bytes can fill means that some are missing.
    if payload.is_empty() || payload.len() % 4 == 1 {
        return Err(LinkError::CutOff);
    }
    let compressed = URL_SAFE_NO_PAD.decode(payload).map_err(|error| match error {
        // Bits behind the last whole byte: what a cut in the middle of a byte leaves.
        base64::DecodeError::InvalidLastSymbol { .. } => LinkError::CutOff,
        error => LinkError::Damaged { what: error.to_string().to_lowercase() },
    })?;
    let bytes = decompress_to_vec_with_limit(&compressed, INFLATED_BYTES_MAX).map_err(|error| match error.status {
        TINFLStatus::HasMoreOutput => LinkError::HoldsTooMuch { bytes_max: INFLATED_BYTES_MAX },
        TINFLStatus::FailedCannotMakeProgress | TINFLStatus::NeedsMoreInput => LinkError::CutOff,
        _ => LinkError::Damaged { what: "it cannot be unpacked".to_owned() },
    })?;
    // Nothing may stand behind the stream: one byte less, and it must be cut off.
    let shorter = &compressed[..compressed.len() - 1];
    if decompress_to_vec_with_limit(shorter, INFLATED_BYTES_MAX).is_ok() {
        return Err(LinkError::Damaged { what: "something was added behind its end".to_owned() });
    }
    let text = String::from_utf8(bytes).map_err(|_| LinkError::Damaged { what: "it holds no text".to_owned() })?;
    Run::from_json(&checked(&text)?).map_err(LinkError::Run)
}

/// Cuts the payload out of the text pasted around it.
fn payload(link: &str) -> Result<&str, LinkError> {
    let link = link.trim();
    // Some programs escape the signs between address and payload.
    let start = ["#s=", "#s%3D", "#s%3d", "%23s=", "%23s%3D", "%23s%3d"]
        .iter()
        .find_map(|mark| link.find(mark).map(|at| at + mark.len()))
        .or_else(|| link.starts_with("s=").then_some("s=".len()))
        .unwrap_or(0);
    let rest = &link[start..];
    // Behind the payload: other parts of the fragment, or the sentence that the link stood in.
    let end = rest.find(['&', ' ', '"', '<', '>', ')', '\n', '\t']).unwrap_or(rest.len());
    let rest = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'']);

    let (version, payload) = match rest.split_once('.') {
        Some(parts) => parts,
        // `1` alone behind the mark: everything else was lost.
        None if start > 0 && rest.parse::<u64>().is_ok_and(|version| version == u64::from(LINK_FORMAT)) => (rest, ""),
        None => return Err(LinkError::NotALink),
    };
    if version.len() > 1 && version.starts_with(['0', '+']) {
        return Err(LinkError::NotALink);
    }
    match version.parse::<u64>() {
        Ok(version) if version == u64::from(LINK_FORMAT) => Ok(payload),
        Ok(found) if found > u64::from(LINK_FORMAT) => Err(LinkError::Newer { found }),
        _ => Err(LinkError::NotALink),
    }
}

/// The JSON of the run, if it is what its checksum says.
fn checked(text: &str) -> Result<String, LinkError> {
    let damaged = || LinkError::Damaged { what: "its checksum does not fit its content".to_owned() };
    let rest = text.trim_end().strip_prefix(CHECK_OPEN).ok_or_else(damaged)?;
    let (check, body) = rest.split_once("\",").ok_or_else(damaged)?;
    let json = format!("{{{body}");
    if check == format!("{:08x}", crc32(json.as_bytes())) { Ok(json) } else { Err(damaged()) }
}

/// CRC-32 as in Ethernet and PNG (IEEE 802.3, reflected), bit by bit: a link is short.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::topology::document::{Document, Edge, Node, NodeId, Point};
    use crate::topology::format::FORMAT;
    use crate::topology::format::testing::any_run;

    fn sample() -> Run {
        let mut document = Document { title: "One queue".to_owned(), ..Document::default() };
        for kind in ["source", "service"] {
            let node = Node {
                kind: kind.into(),
                label: kind.into(),
                role: None,
                area: None,
                at: Point::default(),
                params: Default::default(),
            };
            document.add_node(node);
        }
        document.add_edge(Edge { from: NodeId(1), to: NodeId(2), params: Default::default() });
        Run::new(document)
    }

    /// A link with `text` in place of the run's JSON, its checksum right.
    fn link_of(json: &str) -> String {
        let text = format!("{CHECK_OPEN}{:08x}\",{}", crc32(json.as_bytes()), &json[1..]);
        format!("#s=1.{}", URL_SAFE_NO_PAD.encode(compress_to_vec(text.as_bytes(), LEVEL)))
    }

    #[test]
    fn the_checksum_is_the_well_known_one() {
        // The check value of CRC-32/ISO-HDLC in every catalog of checksums.
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn opens_an_address_a_fragment_and_a_bare_payload() {
        let run = sample();
        let link = encode(&run).unwrap();
        let payload = link.strip_prefix("#s=").unwrap();
        for text in [
            link.clone(),
            format!("https://example.org/headroom/{link}"),
            format!("https://example.org/?lang=en{link}&stage=1"),
            format!("  see <https://example.org/{link}>, it is fun"),
            format!("(https://example.org/{link})."),
            format!("https://example.org/%23s%3D{payload}"),
            format!("s={payload}"),
            payload.to_owned(),
        ] {
            assert_eq!(decode(&text), Ok(run.clone()), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_links() {
        for text in [
            "",
            "#",
            "#s=",
            "hello",
            "https://example.org/",
            "#s=x.abc",
            "#s=0.abc",
            "1",
            "-1.abc",
            "#s=01.abc",
            "#s=+1.abc",
            "{\"format\":1}",
        ] {
            assert_eq!(decode(text), Err(LinkError::NotALink), "{text}");
        }
        assert_eq!(decode("#s=2.abcd"), Err(LinkError::Newer { found: 2 }));
        assert_eq!(decode("#s=1"), Err(LinkError::CutOff));
        assert_eq!(decode("#s=1."), Err(LinkError::CutOff));
    }

    #[test]
    fn every_cut_link_says_so_and_no_changed_one_opens_as_another() {
        let link = encode(&sample()).unwrap();
        for end in "#s=1.".len()..link.len() {
            let error = decode(&link[..end]).unwrap_err();
            assert_eq!(error, LinkError::CutOff, "cut after {end} of {} characters", link.len());
        }
        for at in "#s=1.".len()..link.len() {
            let mut changed: Vec<u8> = link.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            // The last byte has a few bits that mean nothing; everything else is noticed.
            let opened = decode(&changed);
            assert!(opened.is_err() || opened == Ok(sample()), "character {at} changed without being noticed");
        }
    }

    #[test]
    fn nothing_may_stand_behind_the_stream() {
        let json = sample().to_json();
        let text = format!("{CHECK_OPEN}{:08x}\",{}", crc32(json.as_bytes()), &json[1..]);
        let stream = compress_to_vec(text.as_bytes(), LEVEL);
        for garbage in [&b"x"[..], b"\0", b"and more of it"] {
            let payload = URL_SAFE_NO_PAD.encode([&stream, garbage].concat());
            assert!(matches!(decode(&format!("#s=1.{payload}")), Err(LinkError::Damaged { .. })), "{garbage:?}");
        }
    }

    #[test]
    fn a_newer_or_unreadable_run_passes_its_message_on() {
        let newer = decode(&link_of("{\"format\":99}")).unwrap_err();
        assert_eq!(newer, LinkError::Run(LoadError::NewerFormat { found: 99, known: FORMAT }));
        assert!(newer.to_string().contains("newer Headroom"), "{newer}");
        assert!(matches!(decode(&link_of("{]")), Err(LinkError::Run(LoadError::Syntax { .. }))));
    }

    #[test]
    fn limits_hold_on_both_sides() {
        // Writing: labels that cannot be compressed (from a linear congruential sequence).
        let mut run = sample();
        let mut x: u64 = 1;
        for _ in 0..480 {
            let noise: String = (0..200)
                .map(|_| {
                    x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    char::from(b' ' + 1 + (x >> 33) as u8 % 90)
                })
                .collect();
            let node = Node {
                kind: "service".into(),
                label: noise,
                role: None,
                area: None,
                at: Point::default(),
                params: Default::default(),
            };
            run.document.add_node(node);
        }
        assert!(matches!(encode(&run), Err(LinkError::TooLarge { bytes_max: COMPRESSED_BYTES_MAX, .. })));

        // Reading: two megabytes of blanks deflate to two kilobytes.
        let bomb = URL_SAFE_NO_PAD.encode(compress_to_vec(&vec![b' '; 2 * INFLATED_BYTES_MAX], LEVEL));
        assert!(bomb.len() < 4_000);
        assert!(matches!(
            decode(&format!("#s=1.{bomb}")),
            Err(LinkError::HoldsTooMuch { bytes_max: INFLATED_BYTES_MAX })
        ));
        let long = "A".repeat(COMPRESSED_BYTES_MAX * 4 / 3 + 8);
        assert!(matches!(
            decode(&format!("#s=1.{long}")),
            Err(LinkError::HoldsTooMuch { bytes_max: COMPRESSED_BYTES_MAX })
        ));
    }

    #[test]
    fn a_run_that_nobody_could_open_makes_no_link() {
        let mut run = sample();
        run.document.run_length_secs = f64::NAN;
        assert!(matches!(encode(&run), Err(LinkError::Run(LoadError::WrongType { .. }))));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        /// All that can be drawn comes back as it was, and the link survives a chat program.
        #[test]
        fn links_come_back_as_they_went(run in any_run()) {
            let link = encode(&run).unwrap();
            prop_assert!(link.ends_with(|last: char| last.is_ascii_alphanumeric()), "{}", link);
            prop_assert!(link[1..].bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=.".contains(&byte)), "{}", link);
            prop_assert_eq!(decode(&link), Ok(run));
        }

        /// No text makes the decoder panic; and what it opens, it opens again after being written.
        #[test]
        fn random_links_never_panic(text in "\\PC{0,80}", payload in "[A-Za-z0-9_-]{0,200}") {
            let _ = decode(&text);
            let _ = decode(&format!("#s=1.{payload}"));
        }

        /// Random bytes behind a sound base64 and random JSON behind a sound checksum.
        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), json in "\\{\\PC{0,60}") {
            let _ = decode(&format!("#s=1.{}", URL_SAFE_NO_PAD.encode(&bytes)));
            let _ = decode(&format!("#s=1.{}", URL_SAFE_NO_PAD.encode(compress_to_vec(&bytes, LEVEL))));
            let _ = decode(&link_of(&json));
        }
    }
}
