//! Reads parameters against their [`Entry`]: a missing, mistyped or out-of-range value becomes the default or the nearest
//! allowed one. `topology::check` has named every such value before; nothing here fails.

use super::params::{Entry, ParamKind, ParamSpec, Params, Value, Variant, find_entry};

/// Parameters seen through the entry that declares them.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    entry: &'a Entry,
    params: &'a Params,
}

impl<'a> Reader<'a> {
    #[must_use]
    pub const fn new(entry: &'a Entry, params: &'a Params) -> Self {
        Self { entry, params }
    }

    fn spec(&self, key: &str) -> &'a ParamSpec {
        self.entry
            .params
            .iter()
            .find(|spec| spec.key == key)
            .expect("code reads only parameters that its entry declares")
    }

    /// A number within its range.
    #[must_use]
    pub fn number(&self, key: &str) -> f64 {
        let ParamKind::Number { min, max, default, .. } = self.spec(key).kind else { return 0.0 };
        match self.params.get(key) {
            Some(Value::Number(number)) if number.is_finite() => number.clamp(min, max),
            _ => default,
        }
    }

    /// A whole number within its range.
    #[must_use]
    pub fn count(&self, key: &str) -> u32 {
        self.number(key) as u32
    }

    #[must_use]
    pub fn flag(&self, key: &str) -> bool {
        match (self.params.get(key), self.spec(key).kind) {
            (Some(Value::Bool(flag)), _) => *flag,
            (_, ParamKind::Bool { default }) => default,
            _ => false,
        }
    }

    /// The chosen option's id, always one of those declared.
    #[must_use]
    pub fn choice(&self, key: &str) -> &'static str {
        let ParamKind::Choice { options, default } = self.spec(key).kind else { return "" };
        match self.params.get(key) {
            Some(Value::Text(text)) => options.iter().find(|(id, _)| id == text).map_or(default, |(id, _)| id),
            _ => default,
        }
    }

    /// A text, unchanged.
    #[must_use]
    pub fn text(&self, key: &str) -> String {
        match (self.params.get(key), self.spec(key).kind) {
            (Some(Value::Text(text)), _) => text.clone(),
            (_, ParamKind::Text { default }) => default.to_owned(),
            _ => String::new(),
        }
    }

    /// The chosen registry entry with its parameters, always one that exists.
    #[must_use]
    pub fn variant(&self, key: &str) -> (&'static Entry, Variant) {
        let ParamKind::Variant { registry, default } = self.spec(key).kind else {
            unreachable!("code reads variants only where its entry declares one")
        };
        let entries = registry();
        if let Some(Value::Variant(variant)) = self.params.get(key)
            && let Some(entry) = find_entry(&entries, &variant.id)
        {
            return (entry, variant.clone());
        }
        let entry = find_entry(&entries, default).expect("a default names an entry of its registry");
        (entry, Variant::new(default, Params::new()))
    }

    /// Rows of a table.
    #[must_use]
    pub fn rows(&self, key: &str) -> Vec<Vec<Value>> {
        let rows = |value: &Value| match value {
            Value::List(rows) => rows
                .iter()
                .filter_map(|row| match row {
                    Value::List(cells) => Some(cells.clone()),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        let mut rows = match self.params.get(key) {
            Some(value @ Value::List(_)) => rows(value),
            _ => rows(&self.spec(key).default_value()),
        };
        // What may be left out at the end of a row is its default.
        if let ParamKind::Table { columns, .. } = self.spec(key).kind {
            for row in &mut rows {
                row.extend(columns.iter().skip(row.len()).map(ParamSpec::default_value));
            }
        }
        rows
    }
}
