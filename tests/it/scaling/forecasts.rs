//! Forecasts against the reference's, and against the baseline.

use super::*;

#[test]
fn forecasts_are_those_of_the_reference() {
    let vectors = load("forecasts.json");
    let numbers = |value: &serde_json::Value| -> Vec<f64> {
        value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
    };
    let close = |ours: f64, theirs: f64| (ours - theirs).abs() < 1e-9 * theirs.abs().max(1.0);
    let mut seen = 0;
    for case in vectors["forecasting"].as_array().unwrap() {
        let series = numbers(&case["y"]);
        let period = case["period"].as_u64().unwrap() as usize;
        let expected = numbers(&case["forecast"]);
        seen += 1;
        if case["method"] == "seasonal naive" {
            for (ahead, expected) in expected.iter().enumerate() {
                let said =
                    forecast(&Variant::new("seasonal-naive", Params::new()), &series, period, ahead + 1).unwrap();
                assert_eq!(said.value, *expected);
            }
            continue;
        }
        let number = |key: &str| case[key].as_f64().unwrap();
        let by = Smoothing { alpha: number("alpha"), beta: number("beta"), gamma: number("gamma") };
        let mut state = State {
            level: number("initial_level"),
            trend: number("initial_trend"),
            seasonal: numbers(&case["initial_seasonal"]),
            steps: 0,
        };
        for (value, fitted) in series.iter().zip(numbers(&case["fitted"])) {
            assert!(close(state.ahead(1), fitted), "{}: {} of {fitted}", case["name"], state.ahead(1));
            state.take(*value, by);
        }
        for (ahead, expected) in expected.iter().enumerate() {
            assert!(close(state.ahead(ahead + 1), *expected), "{}", case["name"]);
        }
        assert!(close(state.level, number("final_level")) && close(state.trend, number("final_trend")));
        assert!(state.seasonal.iter().zip(numbers(&case["final_seasonal"])).all(|(ours, theirs)| close(*ours, theirs)));
    }
    assert_eq!(seen, 4);
}

/// On a load that grows from day to day, Holt-Winters errs less than "as yesterday", which is the baseline.
#[test]
fn holt_winters_beats_the_baseline_where_the_load_grows() {
    let series: Vec<f64> = (0..7 * 24)
        .map(|hour| {
            let of_day = f64::from(hour % 24);
            let wave = 100.0 * headroom::engine::math::sin(std::f64::consts::TAU * of_day / 24.0);
            300.0 + wave + 2.0 * f64::from(hour)
        })
        .collect();
    let trust = |id: &str| {
        let said = forecast(&Variant::new(id, Params::new()), &series, 24, 1).unwrap();
        confidence(&series, &said.tested).unwrap()
    };
    let (naive, smoothed) = (trust("seasonal-naive"), trust("holt-winters"));
    // Each day is 48 above the last one, over a mean of about 500: an error of about 10 %.
    assert!((0.88..0.92).contains(&naive), "{naive}");
    assert!(smoothed > 0.98, "{smoothed}");
}
