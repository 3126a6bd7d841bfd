//! Whatever is pasted, dropped or opened is refused with a place and a remedy, or it runs: no panic, no endless loop, no
//! request lost. The same cases every time; a failure names its kind and number.
//!
//! `HEADROOM_FULL` tries a million of them, over all cores.

use std::panic::{AssertUnwindSafe, catch_unwind};

use headroom::engine::time::SimTime;
use headroom::interop::kubernetes;
use headroom::lesson::catalog::SCENARIOS;
use headroom::model::system::Stop;
use headroom::protocol::manifest::{ManifestAnswer, ManifestAsk};
use headroom::runner::report::Report;
use headroom::runner::session::Session;
use headroom::topology::document::{Diagnostic, Document};
use headroom::topology::format::Run;
use headroom::topology::link::{self, LinkError};
use serde_json::{Map, Value as Json};

/// Cases of each kind, out of so many in all.
const SOME: u64 = 2_000;
const FULL: u64 = 1_000_000;
/// Events that a document which runs is run for.
const EVENTS: u64 = 3_000;

/// Splitmix64: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn of(kind: &str, case: u64) -> Self {
        let seed = kind.bytes().fold(case, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn of_these<'a, T: ?Sized>(&mut self, these: &[&'a T]) -> &'a T {
        these[self.below(these.len())]
    }
}

/// Runs all cases of a kind over all cores; a case that breaks is named.
fn all(kind: &str, share: f64, case: impl Fn(&mut Dice) + Sync) {
    let whole = if std::env::var_os("HEADROOM_FULL").is_some() { FULL } else { SOME };
    let cases = (whole as f64 * share) as u64;
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let broken = std::thread::scope(|scope| {
        let case = &case;
        let part = |thread: u64| {
            scope.spawn(move || {
                (thread..cases)
                    .step_by(threads as usize)
                    .find(|number| catch_unwind(AssertUnwindSafe(|| case(&mut Dice::of(kind, *number)))).is_err())
            })
        };
        let parts: Vec<_> = (0..threads).map(part).collect();
        parts.into_iter().filter_map(|part| part.join().expect("a case that breaks is caught")).collect::<Vec<_>>()
    });
    assert_eq!(broken, Vec::<u64>::new(), "{kind}: these cases broke (see above)");
}

/// Characters that mean something somewhere.
const SIGNS: &[&str] = &[
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "-",
    "_",
    ".",
    "0",
    "9",
    "e",
    "\\",
    "\u{0}",
    "\t",
    "\n",
    " ",
    "%",
    "&",
    "#",
    "=",
    "~",
    "\u{fffd}",
    "\u{202e}",
    "é",
    "水",
    "\u{1f600}",
    "*",
    "|",
    ">",
    "!",
    "'",
    "\u{7f}",
    "<script>",
    "null",
    "1e308",
];

/// Text that was cut, changed, swapped, doubled, or that something was added to.
fn mangled(text: &str, dice: &mut Dice) -> String {
    let mut signs: Vec<char> = text.chars().collect();
    for _ in 0..=dice.below(3) {
        let at = dice.below(signs.len());
        let to = (at + 1 + dice.below(40)).min(signs.len());
        match dice.below(9) {
            0 => signs.truncate(at),
            1 if at < signs.len() => signs[at] = dice.of_these(SIGNS).chars().next().unwrap_or('x'),
            2 => drop(signs.splice(at..at, dice.of_these(SIGNS).chars())),
            3 if at < to => drop(signs.drain(at..to)),
            4 if at + 1 < signs.len() => signs.swap(at, at + 1),
            5 if at < to => {
                let piece: Vec<char> = signs[at..to].to_vec();
                signs.splice(at..at, piece);
            }
            6 => drop(signs.drain(..at.min(signs.len()))),
            7 if at < signs.len() => {
                let sign = signs[at];
                signs[at] = if sign.is_uppercase() { sign.to_ascii_lowercase() } else { sign.to_ascii_uppercase() };
            }
            _ => signs.extend(dice.of_these(SIGNS).chars()),
        }
    }
    signs.into_iter().collect()
}

fn refusal(place: &str, words: &str, remedy: &str) {
    assert!(
        !place.trim().is_empty() && !words.trim().is_empty() && !remedy.trim().is_empty(),
        "{place}: {words}: {remedy}"
    );
    assert!(words.chars().count() < 2_000, "it can be read: {words}");
}

/// A document is refused by problems that say what to do, or runs with whole ledgers.
fn refused_or_runs(document: Document) {
    let (session, problems) = Session::open(&Run::new(document));
    for Diagnostic { message, remedy, code, .. } in &problems {
        refusal(code, message, remedy);
    }
    let Some(mut session) = session else {
        assert!(!problems.is_empty(), "it does not run, and nobody says why");
        return;
    };
    session.advance(SimTime::NEVER, EVENTS);
    let report = Report::of(session.system(), session.document(), 0);
    assert_eq!(report.whole.offered, report.whole.outcomes.ended() + report.whole.in_flight, "requests");
    for edge in &report.whole.edges {
        assert_eq!(edge.sent, edge.outcomes.ended() + edge.in_flight, "attempts");
    }
    let json = report.to_json();
    assert_eq!(
        serde_json::from_str::<Report>(&json).map(|back| back.to_json()).ok(),
        Some(json),
        "figures are numbers"
    );
}

fn opened(text: &str) {
    match Run::from_json(text) {
        Ok(run) => refused_or_runs(run.document),
        Err(error) => refusal(&error.place(), &error.to_string(), &error.remedy()),
    }
}

fn scenario(dice: &mut Dice) -> &'static str {
    SCENARIOS[dice.below(SCENARIOS.len())].json
}

fn links() -> Vec<(Run, String)> {
    let json = SCENARIOS.iter().map(|scenario| scenario.json);
    let runs = json.map(|json| Run::from_json(json).expect("scenarios can be read"));
    runs.map(|run| (run.clone(), link::encode(&run).expect("scenarios fit into links"))).collect()
}

#[test]
fn changed_links_open_as_they_were_or_are_refused() {
    let jsons: Vec<(String, String)> = links().into_iter().map(|(run, link)| (run.to_json(), link)).collect();
    all("links", 0.35, |dice| {
        let (json, link) = &jsons[dice.below(jsons.len())];
        let text = mangled(link, dice);
        match link::decode(&text) {
            Ok(run) => assert_eq!(run.to_json(), *json, "another run than was sent: {text}"),
            Err(error) => refusal("the link", &error.to_string(), &error.remedy()),
        }
    });
}

#[test]
fn special_links_are_refused_in_words() {
    let (_, link) = links().swap_remove(0);
    let payload = link.strip_prefix("#s=1.").expect("links begin so");
    for text in [
        String::new(),
        "#s=".to_owned(),
        "#s=1.".to_owned(),
        "#foo=bar".to_owned(),
        format!("#s=01.{payload}"),
        format!("#s=+1.{payload}"),
        format!("#s=1 .{payload}"),
        format!("#s=99999999999999999999.{payload}"),
        format!("#s=1.{payload}{payload}"),
        format!("#s=1.{}", "A".repeat(200_000)),
        format!("#s=1.{}", "_".repeat(5_000)),
        "#s=1.\u{1f600}".to_owned(),
    ] {
        let error = link::decode(&text).expect_err(&text);
        refusal("the link", &error.to_string(), &error.remedy());
    }
    let long = link::decode(&format!("#s=1.{}", "A".repeat(200_000))).expect_err("it is too long");
    assert!(matches!(long, LinkError::HoldsTooMuch { .. }));
    assert!(long.remedy().contains("Ask the person who sent it"), "the words are for the receiver: {}", long.remedy());
}

/// Numbers and other things that stand where they should not.
fn odd(dice: &mut Dice) -> Json {
    let numbers = [
        0.0, -1.0, 0.5, 1.0, 2.0, 7.0, 1e-300, 1e-9, 1e-3, 100.0, 1e3, 1e4, 1e5, 1e6, 1e7, 1e9, 1e12, 1e15, 1e18,
        1e300, 1.797e308,
    ];
    match dice.below(16) {
        0 => Json::Null,
        1 => Json::Bool(dice.below(2) == 0),
        2 => Json::from(dice.of_these(SIGNS)),
        3 => Json::from("x".repeat(dice.below(20_000))),
        4 => Json::Array(vec![Json::from(1); dice.below(1_200)]),
        5 => Json::Object(Map::from_iter([(
            "id".to_owned(),
            Json::from(dice.of_these(&["closed", "poisson", "x", ""])),
        )])),
        6 => Json::from(u64::MAX),
        7 => (0..dice.below(40)).fold(Json::from(1), |inner, _| Json::Array(vec![inner])),
        _ => Json::from(numbers[dice.below(numbers.len())]),
    }
}

/// Something within `json`, found by going down at random.
fn somewhere<'a>(mut json: &'a mut Json, dice: &mut Dice) -> &'a mut Json {
    for _ in 0..dice.below(9) {
        let inside = match json {
            Json::Array(list) => list.len(),
            Json::Object(map) => map.len(),
            _ => 0,
        };
        if inside == 0 {
            break;
        }
        let at = dice.below(inside);
        json = match json {
            Json::Array(list) => &mut list[at],
            Json::Object(map) => map.iter_mut().nth(at).expect("it was counted").1,
            _ => unreachable!("only lists and objects have something inside"),
        };
    }
    json
}

fn bent(json: &mut Json, dice: &mut Dice) {
    let other = somewhere(&mut json.clone(), dice).clone();
    let there = somewhere(json, dice);
    match (dice.below(8), &mut *there) {
        (0, Json::Array(list)) if !list.is_empty() => drop(list.remove(dice.below(list.len()))),
        (1, Json::Array(list)) if !list.is_empty() => list.push(list[dice.below(list.len())].clone()),
        (2, Json::Object(map)) => {
            let key = map.keys().nth(dice.below(map.len())).cloned();
            key.map(|key| map.remove(&key));
        }
        (3, Json::Object(map)) => drop(map.insert(dice.of_these(SIGNS).to_owned(), other)),
        (4, _) => *there = other,
        (5 | 6, Json::Number(number)) => {
            let factors = [0.0, -1.0, 1e-6, 1e-3, 0.1, 10.0, 1e3, 1e6, 1e9];
            *there = Json::from(number.as_f64().unwrap_or(0.0) * factors[dice.below(factors.len())]);
        }
        _ => *there = odd(dice),
    }
}

#[test]
fn bent_documents_are_refused_or_run() {
    all("documents", 0.35, |dice| {
        let text = scenario(dice);
        if dice.below(5) == 0 {
            opened(&mangled(text, dice));
            return;
        }
        let mut json: Json = serde_json::from_str(text).expect("scenarios are JSON");
        for _ in 0..=dice.below(4) {
            // Mostly in the document; now and then in what is around it.
            let within = if dice.below(12) == 0 { Some(&mut json) } else { json.get_mut("document") };
            if let Some(within) = within {
                bent(within, dice);
            }
        }
        opened(&json.to_string());
    });
}

const MANIFEST: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: shop }\nspec:\n  replicas: 3\n  template:\n    spec:\n      containers:\n      - name: shop\n        resources:\n          limits: { cpu: 500m, memory: 512Mi }\n          requests: { cpu: 250m, memory: 256Mi }\n---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: { name: shop }\nspec:\n  minReplicas: 3\n  maxReplicas: 50\n  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: shop }\n  behavior:\n    scaleDown:\n      policies: [{ type: Percent, value: 10, periodSeconds: 60 }]\n      stabilizationWindowSeconds: 300\n  metrics:\n  - { type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 70 } } }\n";

fn understood(text: String) {
    let ManifestAnswer::Read(understood) =
        kubernetes::answer(&ManifestAsk::Read { text: text.clone(), stations: Vec::new() })
    else {
        panic!("another answer than was asked for");
    };
    for note in &understood.notes {
        refusal("the line", &note.text, &note.text);
        let lines = text.lines().count() as u32 + 1;
        assert!((1..=lines).contains(&note.line), "line {} of {lines}: {}", note.line, note.text);
    }
    assert!(
        !understood.services.is_empty() || !understood.notes.is_empty() || text.trim().is_empty(),
        "no word about {text:?}"
    );
    for service in &understood.services {
        serde_json::from_str::<headroom::model::params::Params>(&service.params_json).expect("parameters are JSON");
    }
}

#[test]
fn mangled_manifests_are_read_or_refused_with_their_line() {
    all("manifests", 0.2, |dice| {
        let mut text = mangled(MANIFEST, dice);
        match dice.below(8) {
            0 => text = text.replace("  ", "\t"),
            1 => text = text.replace(": ", &format!(": &a{} ", dice.below(3))),
            2 => text = format!("{text}\n{}", "- ".repeat(dice.below(300))),
            3 => text = text.replace("3", &odd(dice).to_string()),
            _ => {}
        }
        understood(text);
    });
}

#[test]
fn yaml_bombs_do_not_go_off() {
    let laughs: String = (1..10).fold("a0: &a0 [x, x]\n".to_owned(), |text, level| {
        format!("{text}a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 9].join(", "))
    });
    let nested = |open: &str, close: &str| format!("a: {}{}", open.repeat(20_000), close.repeat(20_000));
    for text in [
        laughs,
        nested("[", "]"),
        nested("{b: ", "}"),
        "- ".repeat(20_000),
        "? ".repeat(5_000),
        "---\n".repeat(5_000),
        "a: *a".to_owned(),
        "\t\t- x".to_owned(),
        "\u{0}\u{1}\u{2}".to_owned(),
        format!("a: {}", "x".repeat(1_000_000)),
        format!("a: 1{}", "0".repeat(10_000)),
    ] {
        understood(text);
    }
}

#[test]
fn files_of_any_kind_are_refused_or_run() {
    let heads: [&[u8]; 10] = [
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0\0\x10JFIF",
        b"GIF89a",
        b"RIFF\0\0\0\0WEBP",
        b"\0\0\0\x20ftypisom",
        b"%PDF-1.7\n",
        b"PK\x03\x04",
        b"{\"format\":2,",
        b"\xef\xbb\xbf{\"format\":2}",
        b"",
    ];
    all("files", 0.1, |dice| {
        let mut bytes = heads[dice.below(heads.len())].to_vec();
        match dice.below(6) {
            0 => bytes.extend((0..dice.below(4_000)).map(|_| dice.next() as u8)),
            1 => bytes.extend(std::iter::repeat_n(b"[{\"a\":0 "[dice.below(8)], dice.below(50_000))),
            2 => bytes.extend(odd(dice).to_string().into_bytes()),
            3 => bytes.extend(mangled(scenario(dice), dice).into_bytes()),
            4 => bytes.extend(format!("{{\"format\":{},\"document\":{}}}", odd(dice), odd(dice)).into_bytes()),
            _ => bytes.extend(MANIFEST.bytes()),
        }
        opened(&String::from_utf8_lossy(&bytes));
    });
    for what in
        ["{\"format\":2,\"engine\":\"0.1.0\",\"document\":[]}", "{\"format\":0}", "[]", "null", "\"x\"", "{}", "1e999"]
    {
        opened(what);
    }
    let picture = Run::from_json(&String::from_utf8_lossy(heads[0])).expect_err("it is a picture");
    assert!(picture.to_string().contains("this is a picture (PNG)"), "{picture}");
}

/// What nobody has foreseen ends in words, too.
#[test]
fn a_stopped_run_says_what_to_do() {
    for stop in [Stop::StandsStill { events: 5_000_001 }, Stop::TooManyCalls { calls: 4_000_001 }] {
        let words = stop.words();
        assert!(words.starts_with("The run was stopped: ") && words.contains(" or "), "{words}");
    }
}
