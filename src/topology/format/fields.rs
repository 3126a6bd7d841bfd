//! A strict reader of JSON objects: every field is asked for by name, what is left over is refused, and an error names its
//! place.

use std::fmt;

use serde_json::{Map, Value as Json};

use super::limits::{ID_MAX, NAME_CHARS_MAX, SECS_MAX, TEXT_CHARS_MAX};
use super::{LoadError, SAFE_INTEGER_MAX};

/// Where the reader is, without allocating until an error needs the words.
#[derive(Clone, Copy)]
pub(super) enum Path<'a> {
    Root,
    Field(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(Self::Root, key) => f.write_str(key),
            Self::Field(parent, key) => write!(f, "{parent}.{key}"),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

impl Path<'_> {
    pub(super) fn name(&self) -> String {
        if matches!(self, Self::Root) { "the top level".to_owned() } else { self.to_string() }
    }
    pub(super) fn wrong<T>(&self, expected: &'static str, found: &Json) -> Result<T, LoadError> {
        Err(LoadError::WrongType { place: self.name(), expected, found: type_name(found) })
    }
    pub(super) fn out_of_range<T>(&self, message: String) -> Result<T, LoadError> {
        Err(LoadError::OutOfRange { place: self.name(), message })
    }
}

pub(super) fn type_name(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

/// An object being emptied: what was not asked for at the end is unknown.
pub(super) struct Fields<'a> {
    path: Path<'a>,
    map: Map<String, Json>,
    asked: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(path: Path<'a>, map: Map<String, Json>) -> Self {
        Self { path, map, asked: Vec::new() }
    }

    pub(super) fn open(path: Path<'a>, json: Json) -> Result<Self, LoadError> {
        match json {
            Json::Object(map) => Ok(Self::new(path, map)),
            other => path.wrong("an object", &other),
        }
    }

    pub(super) fn take(&mut self, key: &'static str) -> Option<Json> {
        self.asked.push(key);
        self.map.remove(key)
    }

    pub(super) fn need(&mut self, key: &'static str) -> Result<Json, LoadError> {
        self.take(key).ok_or_else(|| LoadError::Missing { place: self.path.name(), field: key })
    }

    /// An optional field, read by `read` where it stands.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(Path<'_>, Json) -> Result<T, LoadError>,
    ) -> Result<Option<T>, LoadError> {
        let path = self.path;
        self.take(key).map(|json| read(Path::Field(&path, key), json)).transpose()
    }

    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(Path<'_>, Json) -> Result<T, LoadError>,
    ) -> Result<T, LoadError> {
        let path = self.path;
        let json = self.need(key)?;
        read(Path::Field(&path, key), json)
    }

    pub(super) fn finish(self) -> Result<(), LoadError> {
        match self.map.into_iter().next() {
            None => Ok(()),
            Some((field, _)) => {
                Err(LoadError::UnknownField { place: self.path.name(), field: clip(&field), known: self.asked })
            }
        }
    }
}

/// The beginning of a text that may be of any length.
pub(super) fn clip(text: &str) -> String {
    if text.chars().count() <= 60 { text.to_owned() } else { text.chars().take(60).chain(['…']).collect() }
}

pub(super) fn list<T>(
    path: Path<'_>,
    json: Json,
    count_max: usize,
    read: impl Fn(Path<'_>, Json) -> Result<T, LoadError>,
) -> Result<Vec<T>, LoadError> {
    let Json::Array(items) = json else {
        return path.wrong("a list", &json);
    };
    if items.len() > count_max {
        return Err(LoadError::TooMany { place: path.name(), count: items.len(), count_max });
    }
    items.into_iter().enumerate().map(|(index, item)| read(Path::Index(&path, index), item)).collect()
}

pub(super) fn text_up_to(path: Path<'_>, json: Json, chars_max: usize) -> Result<String, LoadError> {
    let Json::String(text) = json else {
        return path.wrong("a text", &json);
    };
    let chars = text.chars().count();
    if chars > chars_max {
        return path.out_of_range(format!("{chars} characters; at most {chars_max} are possible"));
    }
    Ok(text)
}

pub(super) fn name(path: Path<'_>, json: Json) -> Result<String, LoadError> {
    text_up_to(path, json, NAME_CHARS_MAX)
}

pub(super) fn text(path: Path<'_>, json: Json) -> Result<String, LoadError> {
    text_up_to(path, json, TEXT_CHARS_MAX)
}

pub(super) fn number(path: Path<'_>, json: Json) -> Result<f64, LoadError> {
    // serde_json itself refuses numbers beyond the range of f64, so this one is finite.
    match json.as_f64() {
        Some(number) if json.is_number() && number.is_finite() => Ok(number),
        _ => path.wrong("a number", &json),
    }
}

pub(super) fn flag(path: Path<'_>, json: Json) -> Result<bool, LoadError> {
    match json {
        Json::Bool(flag) => Ok(flag),
        other => path.wrong("true or false", &other),
    }
}

pub(super) fn secs(path: Path<'_>, json: Json) -> Result<f64, LoadError> {
    let secs = number(path, json)?;
    if (0.0..=SECS_MAX).contains(&secs) {
        Ok(secs)
    } else {
        path.out_of_range(format!("{secs} is not within 0 to {SECS_MAX} seconds"))
    }
}

pub(super) fn whole(path: Path<'_>, json: Json, max: u64) -> Result<u64, LoadError> {
    match json.as_u64() {
        Some(whole) if whole <= max => Ok(whole),
        _ if json.is_number() => path.out_of_range(format!("{json} is not a whole number from 0 to {max}")),
        _ => path.wrong("a whole number", &json),
    }
}

pub(super) fn id(path: Path<'_>, json: Json) -> Result<u32, LoadError> {
    let id = whole(path, json, u64::from(ID_MAX))?;
    Ok(u32::try_from(id).expect("checked against ID_MAX"))
}

/// A number up to 2^53, or digits in a text up to 2^64 - 1.
pub(super) fn seed(path: Path<'_>, json: Json) -> Result<u64, LoadError> {
    match &json {
        Json::String(digits) => match digits.parse() {
            Ok(seed) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Ok(seed),
            _ => path.out_of_range(format!("\"{}\" is not a whole number from 0 to {}", clip(digits), u64::MAX)),
        },
        Json::Number(_) if json.as_u64().is_none_or(|seed| seed > SAFE_INTEGER_MAX) => path.out_of_range(format!(
            "{json} is not a whole number from 0 to {SAFE_INTEGER_MAX}; write a larger one as a text of digits"
        )),
        _ => whole(path, json, SAFE_INTEGER_MAX),
    }
}
