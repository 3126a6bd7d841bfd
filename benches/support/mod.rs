//! What the benchmarks share: a clock and a voice, natively and under Node; runs, and one line of JSON as their result.

// The clock's wasm half is a foreign function: this is where a benchmark leaves the language.
#[cfg(target_arch = "wasm32")]
mod platform {
    use wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = performance)]
        fn now() -> f64;
        #[wasm_bindgen(js_namespace = console)]
        fn log(line: &str);
    }

    pub fn seconds() -> f64 {
        now() / 1_000.0
    }

    pub fn print(line: &str) {
        log(line);
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod platform {
    use std::time::Instant;

    pub fn seconds() -> f64 {
        thread_local!(static START: Instant = Instant::now());
        START.with(|start| start.elapsed().as_secs_f64())
    }

    #[allow(clippy::print_stdout, reason = "a benchmark's result goes to standard output")]
    pub fn print(line: &str) {
        println!("{line}");
    }
}

/// What a run of the workload came to: enough to see that two programs did the same work.
pub struct Work {
    pub requests: u64,
    /// Mean time in system [s].
    pub mean_secs: f64,
    /// 99th percentile of the time in system [s].
    pub p99_secs: f64,
}

/// Runs `work` once to warm up and `runs` times against the clock; prints the median rate as one line of JSON.
pub fn measure(what: &str, runs: u32, mut work: impl FnMut(u64) -> Work) {
    work(0);
    let mut results: Vec<(f64, Work)> = (1..=runs)
        .map(|seed| {
            let start = platform::seconds();
            let done = work(u64::from(seed));
            (done.requests as f64 / (platform::seconds() - start), done)
        })
        .collect();
    results.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (slowest, fastest) = (results[0].0, results[results.len() - 1].0);
    let (median, work) = &results[results.len() / 2];
    let average = |of: fn(&Work) -> f64| results.iter().map(|(_, work)| of(work)).sum::<f64>() / f64::from(runs);
    let (mean, p99) = (average(|work| work.mean_secs), average(|work| work.p99_secs));
    platform::print(&format!(
        "{{\"what\":\"{what}\",\"requests\":{},\"per_second\":{median:.0},\"slowest\":{slowest:.0},\
         \"fastest\":{fastest:.0},\"mean_secs\":{mean:.4},\"p99_secs\":{p99:.3}}}",
        work.requests,
    ));
}
