//! What a learner has done: plain data that the page keeps and shows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Version of the shape of saved progress.
pub const FORMAT: u32 = 1;

/// Progress in all lessons, by slug.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// [`FORMAT`]; 0 = never saved.
    #[serde(default)]
    pub format: u32,
    #[serde(default)]
    pub lessons: BTreeMap<String, LessonProgress>,
}

/// Progress in one lesson.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LessonProgress {
    /// Of the lesson, as it was last opened; a later version keeps what is here and says so.
    pub version: u32,
    /// Index of the step that is open.
    pub step: usize,
    /// The bet, once placed. It cannot be changed: later it stands beside the truth.
    pub bet: Option<Bet>,
    /// How many hints were opened.
    pub hints: usize,
    /// How often the design was graded.
    pub gradings: u32,
    pub passed: Option<Pass>,
}

/// What the learner predicted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bet {
    /// The answer that was picked, in words, if one was to pick. (Once a station, always; the old names can be read.)
    #[serde(default, alias = "station")]
    pub choice: Option<String>,
    /// Whether that was the right one.
    #[serde(default, alias = "station_right")]
    pub choice_right: bool,
    /// The number, if one was asked for, in the question's unit.
    #[serde(default, alias = "rate")]
    pub number: Option<f64>,
    /// Whether it was within the tolerance.
    #[serde(default, alias = "rate_right")]
    pub number_right: bool,
}

/// A lesson passed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pass {
    /// Of the lesson.
    pub version: u32,
    /// Of the engine.
    pub engine: String,
    /// The design, as a link's fragment.
    pub link: String,
    /// Hints opened and gradings needed until then.
    pub hints: usize,
    pub gradings: u32,
}

/// A change of progress.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Opened { version: u32 },
    StepShown(usize),
    BetPlaced(Bet),
    HintShown(usize),
    Graded { pass: Option<Pass> },
}

impl Progress {
    /// Takes in what happened in the lesson `slug`.
    pub fn record(&mut self, slug: &str, event: Event) {
        self.format = FORMAT;
        let lesson = self.lessons.entry(slug.to_owned()).or_default();
        match event {
            Event::Opened { version } => lesson.version = version,
            Event::StepShown(step) => lesson.step = step,
            Event::BetPlaced(bet) => {
                lesson.bet.get_or_insert(bet);
            }
            Event::HintShown(shown) => lesson.hints = lesson.hints.max(shown),
            Event::Graded { pass } => {
                lesson.gradings += 1;
                if let Some(pass) = pass {
                    // A newer version's pass counts; of two of the same, the first.
                    if lesson.passed.as_ref().is_none_or(|before| before.version < pass.version) {
                        lesson.passed = Some(pass);
                    }
                }
            }
        }
    }

    /// Progress in one lesson.
    #[must_use]
    pub fn of(&self, slug: &str) -> LessonProgress {
        self.lessons.get(slug).cloned().unwrap_or_default()
    }

    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("progress is plain data with text keys")
    }

    /// Reads saved progress.
    ///
    /// # Errors
    /// In words: not readable, or saved by a newer Headroom. The caller keeps the text: nothing is lost by not reading it.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let progress: Self =
            serde_json::from_str(text).map_err(|error| format!("saved progress cannot be read: {error}"))?;
        if progress.format > FORMAT {
            return Err("progress was saved by a newer Headroom".to_owned());
        }
        Ok(progress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(version: u32, link: &str) -> Option<Pass> {
        Some(Pass { version, engine: "0.1.0".into(), link: link.into(), hints: 0, gradings: 1 })
    }

    #[test]
    fn the_first_bet_stands_and_a_pass_of_a_newer_version_counts() {
        let mut progress = Progress::default();
        let bet = |number: f64| Bet {
            choice: Some("Orders".into()),
            choice_right: true,
            number: Some(number),
            number_right: false,
        };
        for event in [
            Event::Opened { version: 1 },
            Event::BetPlaced(bet(100.0)),
            Event::BetPlaced(bet(500.0)),
            Event::HintShown(2),
            Event::HintShown(1),
            Event::Graded { pass: None },
            Event::Graded { pass: pass(1, "#a") },
            Event::Graded { pass: pass(1, "#b") },
        ] {
            progress.record("black-friday", event);
        }
        let lesson = progress.of("black-friday");
        assert_eq!((lesson.bet, lesson.hints, lesson.gradings), (Some(bet(100.0)), 2, 3));
        assert_eq!(lesson.passed, pass(1, "#a"));
        progress.record("black-friday", Event::Graded { pass: pass(2, "#c") });
        assert_eq!(progress.of("black-friday").passed, pass(2, "#c"));
        assert_eq!(progress.of("other"), LessonProgress::default());
        assert_eq!(Progress::from_json(&progress.to_json()), Ok(progress));
    }

    #[test]
    fn bets_of_the_first_form_can_be_read() {
        let old = r#"{"lessons":{"black-friday":{"bet":{"station":"Orders","station_right":true,"rate":900.0,"rate_right":true}}}}"#;
        let bet = Bet { choice: Some("Orders".into()), choice_right: true, number: Some(900.0), number_right: true };
        assert_eq!(Progress::from_json(old).unwrap().of("black-friday").bet, Some(bet));
    }

    #[test]
    fn foreign_and_newer_progress_is_refused() {
        assert!(Progress::from_json("nonsense").is_err());
        assert!(Progress::from_json("{\"format\":2,\"lessons\":{}}").unwrap_err().contains("newer"));
        assert_eq!(Progress::from_json("{}"), Ok(Progress::default()));
    }
}
