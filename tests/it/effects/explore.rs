//! Proposes rows for parameters that have none.

use super::*;

/// Values that might make a difference.
fn candidates(spec: &ParamSpec) -> Vec<(Value, Value)> {
    let default = spec.default_value();
    match spec.kind {
        ParamKind::Number { min, max, default, .. } => {
            let mut to = vec![default * 2.0, default / 2.0, default * 10.0, default / 10.0];
            if default == 0.0 {
                to = vec![1.0, 0.05, 0.5, 5.0, 20.0, 0.005, 100.0];
            }
            to.extend([min, max.min(1e4)]);
            if matches!(spec.kind, ParamKind::Number { unit: headroom::model::params::Unit::Count, .. }) {
                to.iter_mut().for_each(|to| *to = to.ceil());
            }
            let fits = |to: &f64| *to != default && (min..=max).contains(to);
            to.into_iter().filter(fits).map(|to| (Value::Number(default), Value::Number(to))).collect()
        }
        ParamKind::Bool { default } => vec![(Value::Bool(default), Value::Bool(!default))],
        ParamKind::Choice { options, default: id } => {
            let others = options.iter().filter(|(other, _)| *other != id);
            others.map(|(other, _)| (default.clone(), Value::from(*other))).collect()
        }
        ParamKind::Variant { registry, default: id } => {
            let others: Vec<_> = registry().into_iter().filter(|entry| entry.id != id).collect();
            others
                .into_iter()
                .map(|entry| (default.clone(), Value::Variant(Variant::new(entry.id, Params::new()))))
                .collect()
        }
        ParamKind::Text { .. } | ParamKind::Station | ParamKind::Table { .. } => Vec::new(),
    }
}

/// Where a parameter may stand in the shop.
fn places(root: &str) -> Vec<&'static str> {
    if let Some(kind) = root.strip_prefix("fault:").and_then(fault::find) {
        return match kind.targets {
            Targets::Stations | Targets::Servers | Targets::Services => vec!["A", "W"],
            Targets::Caches => vec!["C"],
            Targets::Databases | Targets::Stores => vec!["D"],
            Targets::Clocks => vec!["C"],
            Targets::Edges => vec!["L>A", "A>D"],
            Targets::Sources => vec!["S"],
            Targets::Areas => vec!["us-east-1"],
            Targets::Brokers => vec!["B"],
        };
    }
    match root {
        "service" => vec!["A", "W"],
        "cache" => vec!["C"],
        "database" => vec!["D"],
        "broker" => vec!["B"],
        "source" => vec!["S"],
        "edge" => vec!["L>A", "A>D", "A>B", "S>L", "B>W"],
        _ => vec!["L"],
    }
}

/// A row that would do for a parameter, as JSON; the reason why there is none, otherwise.
pub(super) fn explore(known: &Known) -> String {
    const ENOUGH: f64 = 0.1;
    let mut best: Option<(f64, Row)> = None;
    let mut problem = String::new();
    let tried = Base::ALL.into_iter().flat_map(|base| places(&known.root).into_iter().map(move |at| (base, at)));
    for (base, at) in tried {
        let mut known_before: Option<(Value, BTreeMap<String, f64>)> = None;
        for (from, to) in candidates(&known.spec) {
            if best.as_ref().is_some_and(|(score, _)| *score >= ENOUGH) {
                break;
            }
            let row = Row {
                param: known.path.clone(),
                base,
                at: at.to_owned(),
                set: BTreeMap::new(),
                plan: Vec::new(),
                later: None,
                from,
                to,
                figure: String::new(),
                moves: Moves::Up,
            };
            let of = |value: &Value| figures(&row, known, value);
            if known_before.as_ref().is_none_or(|(from, _)| *from != row.from) {
                match of(&row.from) {
                    Ok(before) => known_before = Some((row.from.clone(), before)),
                    Err(why) => {
                        problem = why;
                        continue;
                    }
                }
            }
            let after = match of(&row.to) {
                Ok(after) => after,
                Err(why) => {
                    problem = why;
                    continue;
                }
            };
            let Some((_, before)) = &known_before else { continue };
            let (score, figure, moves) = loudest(before, &after);
            if score > best.as_ref().map_or(MOVED * 2.0, |(best, _)| *best) {
                best = Some((score, Row { figure, moves, ..row }));
            }
        }
    }
    match best {
        Some((_, row)) => serde_json::to_string(&row).expect("a row is plain data") + ",",
        None => format!("# {}: nothing moved. {}", known.path, problem.chars().take(200).collect::<String>()),
    }
}

/// A row with the figure that says most, and which others have moved.
pub(super) fn complete(row: &Row, known: &Known) -> String {
    let of = |value: &Value| figures(row, known, value);
    match (of(&row.from), of(&row.to)) {
        (Ok(before), Ok(after)) => {
            let (score, figure, moves) = loudest(&before, &after);
            if score < MOVED {
                return format!("# {}: nothing moved as it is asked", row.param);
            }
            let best = serde_json::to_string(&Row { figure, moves, ..row.clone() }).expect("a row is plain data");
            let mut all = shares(&before, &after);
            all.sort_by(|(a, _), (b, _)| b.abs().total_cmp(&a.abs()));
            let mut told = best + ",";
            for (share, figure) in all.iter().filter(|(share, _)| share.abs() >= MOVED).take(60) {
                let value = |of: &BTreeMap<String, f64>| of.get(*figure).copied().unwrap_or(0.0);
                told += &format!("\n    {share:+.2} {figure}: {:.4} -> {:.4}", value(&before), value(&after));
            }
            told
        }
        (Err(why), _) | (_, Err(why)) => format!("# {}: {}", row.param, why.chars().take(300).collect::<String>()),
    }
}

/// By how much each figure has moved that does not hang on few requests.
fn shares<'a>(before: &'a BTreeMap<String, f64>, after: &'a BTreeMap<String, f64>) -> Vec<(f64, &'a str)> {
    let all: BTreeSet<&str> = before.keys().chain(after.keys()).map(String::as_str).collect();
    let noise = ["events", "secs", "p999", "max", "slo_", "p90", "p95", "edges", "reasons", "in_flight"];
    let value = |of: &BTreeMap<String, f64>, figure: &str| of.get(figure).copied().unwrap_or(0.0);
    all.into_iter()
        .filter(|figure| !noise.iter().any(|word| figure.contains(word)))
        .map(|figure| (moved(value(before, figure), value(after, figure)), figure))
        .collect()
}

/// The figure that has moved most: by how much of it (at most 0.3), and where to.
fn loudest(before: &BTreeMap<String, f64>, after: &BTreeMap<String, f64>) -> (f64, String, Moves) {
    let mut best = (0.0, String::new(), Moves::Up);
    for (share, figure) in shares(before, after) {
        let score = share.abs().min(0.3);
        if score > best.0 {
            best = (score, figure.to_owned(), if share > 0.0 { Moves::Up } else { Moves::Down });
        }
    }
    best
}
