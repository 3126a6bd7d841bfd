//! Bets: what a learner is asked to predict before the first run, and the truth.

use serde::Deserialize;

use super::progress::Bet;
use crate::model::params::Unit;
use crate::model::station::{self, Category};
use crate::topology::document::Document;

/// A choice, a number, or both.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    pub choice: Option<Choice>,
    pub number: Option<Number>,
}

/// One answer of several is right: one of the start's stations, or one of the lesson's own options.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    pub question: String,
    /// Role of the right station: then every station that works can be chosen.
    pub station: Option<String>,
    /// The answers, in the order in which they are shown.
    #[serde(default)]
    pub options: Vec<String>,
    /// The right one of `options`, in its words.
    pub answer: Option<String>,
}

/// A number to guess.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Number {
    pub question: String,
    pub unit: Unit,
    /// Lowest and highest number that can be bet on.
    pub min: f64,
    pub max: f64,
    pub truth: f64,
    /// A bet this far off still counts as right, as a share of the truth.
    pub tolerance: f64,
}

impl Prediction {
    /// What is wrong with it, in words.
    ///
    /// # Errors
    /// It asks nothing, has no right answer, or one that cannot be given.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.choice.is_none() && self.number.is_none() {
            return Err("it asks nothing".to_owned());
        }
        if let Some(choice) = &self.choice {
            match (&choice.station, &choice.answer) {
                (Some(_), None) if choice.options.is_empty() => {}
                (None, Some(answer)) if choice.options.len() > 1 && choice.options.contains(answer) => {}
                _ => return Err(format!("\"{}\" has no answer among its options", choice.question)),
            }
        }
        if let Some(number) = &self.number
            && !(number.min <= number.truth && number.truth <= number.max && number.tolerance > 0.0)
        {
            return Err(format!("\"{}\" has an answer that cannot be given", number.question));
        }
        Ok(())
    }

    /// Compares a bet with the truth: `choice` is one of the [`Choice::options`], in words.
    #[must_use]
    pub fn judge(&self, start: &Document, choice: Option<&str>, number: Option<f64>) -> Bet {
        let right = self.choice.as_ref().and_then(|asked| asked.right(start));
        Bet {
            choice: choice.map(str::to_owned),
            choice_right: choice.is_some() && choice == right.as_deref(),
            number,
            number_right: number.zip(self.number.as_ref()).is_some_and(|(bet, asked)| asked.right(bet)),
        }
    }
}

impl Choice {
    /// The answers to choose from, in words; stations by their labels in `start`.
    #[must_use]
    pub fn options(&self, start: &Document) -> Vec<String> {
        if self.station.is_none() {
            return self.options.clone();
        }
        let works = |kind: &str| {
            station::find(kind).is_some_and(|kind| !matches!(kind.category, Category::Client | Category::Routing))
        };
        start.nodes.values().filter(|node| works(&node.kind)).map(|node| node.label.clone()).collect()
    }

    /// The right answer, in the same words.
    #[must_use]
    pub fn right(&self, start: &Document) -> Option<String> {
        match &self.station {
            None => self.answer.clone(),
            Some(role) => start.node_by_role(role).and_then(|id| start.nodes.get(&id)).map(|node| node.label.clone()),
        }
    }
}

impl Number {
    /// Whether a bet is near enough.
    #[must_use]
    pub fn right(&self, bet: f64) -> bool {
        (bet - self.truth).abs() <= self.tolerance * self.truth.abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Prediction {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_bet_in_words_and_a_bet_in_numbers_are_judged_apart() {
        let asked = read(
            r#"{"choice": {"question": "Which?", "options": ["one", "two"], "answer": "two"},
                "number": {"question": "How many?", "unit": "per_second", "min": 1, "max": 1000, "truth": 200, "tolerance": 0.1}}"#,
        );
        assert_eq!(asked.check(), Ok(()));
        let judge = |choice: Option<&str>, number: Option<f64>| {
            let bet = asked.judge(&Document::default(), choice, number);
            (bet.choice_right, bet.number_right)
        };
        assert_eq!(judge(Some("two"), Some(219.0)), (true, true));
        assert_eq!(judge(Some("one"), Some(221.0)), (false, false));
        assert_eq!(judge(None, None), (false, false));
    }

    #[test]
    fn questions_without_an_answer_are_named() {
        for json in [
            r#"{}"#,
            r#"{"choice": {"question": "Which?"}}"#,
            r#"{"choice": {"question": "Which?", "options": ["one", "two"], "answer": "three"}}"#,
            r#"{"choice": {"question": "Which?", "options": ["one", "two"], "answer": "one", "station": "orders"}}"#,
            r#"{"number": {"question": "How many?", "unit": "count", "min": 1, "max": 10, "truth": 11, "tolerance": 0.1}}"#,
        ] {
            assert!(read(json).check().is_err(), "{json}");
        }
    }
}
