//! The closed forms against independently computed cases, and against each other where theory says they must agree.

use headroom::model::analytic::*;
use serde_json::Value;

use crate::vectors;

/// Equal to within what the order of a few hundred roundings can differ by.
#[track_caller]
fn near(what: &str, actual: f64, case: &Value, key: &str) {
    let expected = case[key].as_f64().unwrap_or_else(|| panic!("{key} missing in {case}"));
    assert!(
        (actual - expected).abs() <= 1e-9 * expected.abs().max(1e-9),
        "{what}.{key}: {actual}, not {expected}: {case}"
    );
}

fn number(case: &Value, key: &str) -> f64 {
    case[key].as_f64().unwrap_or_else(|| panic!("{key} missing in {case}"))
}

fn count(case: &Value, key: &str) -> u32 {
    number(case, key) as u32
}

fn check_means(case: &Value, means: &QueueMeans) {
    near("means", means.utilization, case, "rho");
    near("means", means.waiting_time, case, "Wq");
    near("means", means.sojourn_time, case, "W");
    near("means", means.queue_length, case, "Lq");
    near("means", means.number_in_system, case, "L");
    if case.get("p_wait").is_some() {
        near("means", means.wait_probability, case, "p_wait");
    }
}

#[test]
fn closed_forms_agree_with_the_reference_cases() {
    let vectors = vectors::load("queueing.json");
    let mut checked = 0;
    for case in vectors["cases"].as_array().expect("cases") {
        let (lam, mu) = (case["lam"].as_f64().unwrap_or(0.0), case["mu"].as_f64().unwrap_or(0.0));
        match case["model"].as_str().expect("model") {
            "M/M/1" => {
                check_means(case, &mm1(lam, mu).expect("stable"));
                for (key, p) in [("W_p50", 0.5), ("W_p95", 0.95), ("W_p99", 0.99)] {
                    near("quantile", mm1_sojourn_time_quantile(lam, mu, p).expect("stable"), case, key);
                }
            }
            "M/M/c (Erlang C)" => {
                let c = count(case, "c");
                check_means(case, &mmc(lam, mu, c).expect("stable"));
                for (key, p) in [("Wq_p95", 0.95), ("Wq_p99", 0.99)] {
                    near("quantile", mmc_waiting_time_quantile(lam, mu, c, p).expect("stable"), case, key);
                }
            }
            "M/M/c/c (Erlang B)" => {
                near("loss", erlang_b(number(case, "offered_erlangs"), count(case, "c")), case, "blocking");
            }
            "M/M/c/K" => {
                let means = mmck(lam, mu, count(case, "c"), count(case, "K")).expect("valid");
                near("finite", means.blocking, case, "blocking");
                near("finite", means.throughput, case, "effective_lam");
                near("finite", means.utilization, case, "utilisation");
                near("finite", means.waiting_time, case, "Wq");
                near("finite", means.sojourn_time, case, "W");
                near("finite", means.queue_length, case, "Lq");
                near("finite", means.number_in_system, case, "L");
            }
            "M/G/1 FCFS (Pollaczek-Khinchine)" | "M/H2/1 FCFS" => {
                check_means(case, &mg1(lam, number(case, "mean_service"), number(case, "cs2")).expect("stable"));
            }
            "M/G/1-PS (insensitive)" => {
                near("shared", mg1_ps_sojourn_time(lam, number(case, "mean_service")).expect("stable"), case, "W");
            }
            "GI/G/1 Kingman approximation" => {
                let wait =
                    kingman_waiting_time(lam, number(case, "mean_service"), number(case, "ca2"), number(case, "cs2"));
                near("kingman", wait.expect("stable"), case, "Wq_approx");
            }
            "GI/G/c Allen-Cunneen approximation" => {
                let (service, c) = (number(case, "mean_service"), count(case, "c"));
                let wait = allen_cunneen_waiting_time(lam, service, c, number(case, "ca2"), number(case, "cs2"));
                near("allen-cunneen", wait.expect("stable"), case, "Wq_approx");
            }
            "closed network MVA (single-class, PS/FCFS-exp)" => {
                let demands: Vec<f64> =
                    case["demands"].as_array().expect("demands").iter().map(|d| d.as_f64().expect("number")).collect();
                let (throughput, response_time) =
                    closed_network(count(case, "N"), number(case, "think"), &demands).expect("clients");
                near("closed", throughput, case, "X");
                near("closed", response_time, case, "R");
            }
            "Universal Scalability Law" => {
                let table = case["throughput"].as_object().expect("table");
                for (n, _) in table {
                    let (sigma, kappa) = (number(case, "sigma"), number(case, "kappa"));
                    let workers = n.parse().expect("number of workers");
                    let throughput = scalability_law_throughput(number(case, "lambda_1"), workers, sigma, kappa);
                    near("usl", throughput, &case["throughput"], n);
                }
            }
            // With one choice the reference sums too few terms of a slow series; that one is M/M/1.
            "supermarket model (n->inf, d choices, FCFS exp)" if count(case, "d") > 1 => {
                let rate = number(case, "lam_per_server");
                let time = supermarket_sojourn_time(rate, 1.0, count(case, "d")).expect("stable");
                near("supermarket", time, case, "W");
                near("supermarket", time * rate, case, "mean_queue_L");
            }
            _ => continue,
        }
        checked += 1;
    }
    assert_eq!(checked, 59, "cases of the models above");
}

#[test]
fn unstable_queues_have_no_means() {
    assert_eq!(mm1(1.0, 1.0), None);
    assert_eq!(mmc(10.0, 1.0, 10), None);
    assert_eq!(mmc(1.0, 1.0, 0), None);
    assert_eq!(mg1(0.5, 2.0, 1.0), None);
    assert_eq!(mg1(0.5, 1.0, f64::INFINITY), None);
    assert_eq!(mg1_ps_sojourn_time(2.0, 1.0), None);
    assert_eq!(kingman_waiting_time(1.0, 1.0, 1.0, 1.0), None);
    assert_eq!(mm1(-1.0, 1.0), None);
    assert_eq!(mm1(f64::NAN, 1.0), None);
    assert_eq!(mmck(1.0, 1.0, 3, 2), None);
    assert_eq!(closed_network(0, 1.0, &[0.1]), None);
    assert_eq!(supermarket_sojourn_time(1.0, 1.0, 2), None);
    assert_eq!(supermarket_sojourn_time(0.5, 1.0, 0), None);
}

#[test]
fn choices_that_do_not_matter_change_nothing() {
    let alone = mm1(0.9, 2.0).expect("stable").sojourn_time;
    assert_eq!(supermarket_sojourn_time(0.9, 2.0, 1), Some(alone));
    assert!((supermarket_sojourn_time(1e-9, 2.0, 2).expect("stable") - 0.5).abs() < 1e-9, "alone: the service time");
    assert!(supermarket_sojourn_time(0.9, 2.0, 2).expect("stable") < alone);
}

/// A finite queue under a thousandfold overload: the naive sum of state weights overflows.
#[test]
fn a_hopelessly_overloaded_finite_queue_still_has_means() {
    let means = mmck(1_000.0, 1.0, 1, 1_000).expect("valid");
    assert!((means.throughput - 1.0).abs() < 1e-9 && (means.utilization - 1.0).abs() < 1e-9);
    assert!((means.number_in_system - 1_000.0).abs() < 0.01);
}
