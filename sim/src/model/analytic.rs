//! Closed forms of queueing theory, in steady state: what a simulation of the same system must come to.
//!
//! λ is `arrival_rate`, μ `service_rate`, c `servers`, ρ = λ/(cμ) the utilization.
//! Source throughout, unless a function names another: Gross, Shortle, Thompson, Harris, "Fundamentals of Queueing
//! Theory", 4th ed. 2008, chapters 2, 3 and 5. Checked by `tests/it/queueing_formulas.rs`; the simulation is checked
//! against these forms by `tests/it/theory.rs`.

use crate::engine::math;

/// Means of a queue in steady state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QueueMeans {
    /// Busy share of the servers ρ [0..1].
    pub utilization: f64,
    /// Probability that an arrival must wait [0..1].
    pub wait_probability: f64,
    /// Arrival to start of service W_q [s].
    pub waiting_time: f64,
    /// Arrival to departure W [s].
    pub sojourn_time: f64,
    /// Number waiting L_q.
    pub queue_length: f64,
    /// Number waiting or in service L.
    pub number_in_system: f64,
}

/// Means of a queue that refuses arrivals when it is full.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FiniteQueueMeans {
    /// Share of arrivals refused [0..1].
    pub blocking: f64,
    /// Accepted arrivals, and as many departures [1/s].
    pub throughput: f64,
    /// Busy share of the servers [0..1].
    pub utilization: f64,
    /// Of the accepted: arrival to start of service [s].
    pub waiting_time: f64,
    /// Of the accepted: arrival to departure [s].
    pub sojourn_time: f64,
    /// Number waiting.
    pub queue_length: f64,
    /// Number waiting or in service.
    pub number_in_system: f64,
}

/// λ > 0 and finite, μ > 0 and finite.
fn positive(values: &[f64]) -> bool {
    values.iter().all(|value| *value > 0.0 && value.is_finite())
}

/// M/M/1: Poisson arrivals, exponential service, one server, first come first served.
///
/// `arrival_rate` λ [1/s] > 0; `service_rate` μ [1/s] > 0.
/// `None` when ρ = λ/μ >= 1: the queue grows without bound and no mean exists.
#[must_use]
pub fn mm1(arrival_rate: f64, service_rate: f64) -> Option<QueueMeans> {
    mmc(arrival_rate, service_rate, 1)
}

/// M/M/c: as [`mm1`] with `servers` c >= 1 that share one queue (Erlang C).
///
/// `service_rate` μ [1/s per server]. `None` when ρ = λ/(cμ) >= 1, or there is no server.
#[must_use]
pub fn mmc(arrival_rate: f64, service_rate: f64, servers: u32) -> Option<QueueMeans> {
    if !positive(&[arrival_rate, service_rate]) {
        return None;
    }
    let wait_probability = erlang_c(arrival_rate / service_rate, servers)?;
    let spare_rate = f64::from(servers) * service_rate - arrival_rate;
    let waiting_time = wait_probability / spare_rate;
    let sojourn_time = waiting_time + 1.0 / service_rate;
    Some(QueueMeans {
        utilization: arrival_rate / (f64::from(servers) * service_rate),
        wait_probability,
        waiting_time,
        sojourn_time,
        queue_length: arrival_rate * waiting_time,
        number_in_system: arrival_rate * sojourn_time,
    })
}

/// Sojourn time [s] that a share `p` (0..1) of the requests to an M/M/1 queue does not exceed: −ln(1 − p)/(μ − λ).
///
/// `None` when ρ >= 1.
#[must_use]
pub fn mm1_sojourn_time_quantile(arrival_rate: f64, service_rate: f64, p: f64) -> Option<f64> {
    let means = mm1(arrival_rate, service_rate)?;
    Some(-math::ln(1.0 - p) * means.sojourn_time)
}

/// Waiting time [s] that a share `p` (0..1) of the requests to an M/M/c queue does not exceed; 0 for those that find a
/// free server.
///
/// `None` when ρ >= 1.
#[must_use]
pub fn mmc_waiting_time_quantile(arrival_rate: f64, service_rate: f64, servers: u32, p: f64) -> Option<f64> {
    let means = mmc(arrival_rate, service_rate, servers)?;
    let spare_rate = f64::from(servers) * service_rate - arrival_rate;
    Some((math::ln(means.wait_probability / (1.0 - p)) / spare_rate).max(0.0))
}

/// Erlang B: share of arrivals lost when `servers` c take a load of `offered_load` a = λ/μ [erlang] >= 0 without queue.
///
/// By the recursion B(0) = 1, B(k) = aB(k − 1)/(k + aB(k − 1)), which neither overflows nor cancels.
#[must_use]
pub fn erlang_b(offered_load: f64, servers: u32) -> f64 {
    (1..=servers).fold(1.0, |blocking, k| {
        let carried = offered_load * blocking;
        carried / (f64::from(k) + carried)
    })
}

/// Erlang C: probability that an arrival finds all `servers` c busy and waits. `offered_load` a = λ/μ [erlang] >= 0.
///
/// `None` when a >= c.
#[must_use]
pub fn erlang_c(offered_load: f64, servers: u32) -> Option<f64> {
    let utilization = offered_load / f64::from(servers);
    if !(0.0..1.0).contains(&utilization) {
        return None;
    }
    let blocking = erlang_b(offered_load, servers);
    Some(blocking / (1.0 - utilization * (1.0 - blocking)))
}

/// M/M/c/K: as [`mmc`], but at most `capacity` K >= c requests in the system; more are refused.
///
/// Exists for any load. `None` when there is no server, K < c, or a rate is not positive.
#[must_use]
pub fn mmck(arrival_rate: f64, service_rate: f64, servers: u32, capacity: u32) -> Option<FiniteQueueMeans> {
    if !positive(&[arrival_rate, service_rate]) || servers == 0 || capacity < servers {
        return None;
    }
    // Weights of the states relative to the likeliest so far, rescaled on the way so that none overflows.
    let (mut weight, mut total, mut in_system, mut waiting, mut busy) = (1.0, 1.0, 0.0, 0.0, 0.0);
    for n in 1..=capacity {
        weight *= arrival_rate / (service_rate * f64::from(n.min(servers)));
        if weight > 1e100 {
            for sum in [&mut total, &mut in_system, &mut waiting, &mut busy] {
                *sum /= weight;
            }
            weight = 1.0;
        }
        total += weight;
        in_system += weight * f64::from(n);
        waiting += weight * f64::from(n.saturating_sub(servers));
        busy += weight * f64::from(n.min(servers));
    }
    let blocking = weight / total;
    let throughput = arrival_rate * (1.0 - blocking);
    Some(FiniteQueueMeans {
        blocking,
        throughput,
        utilization: busy / total / f64::from(servers),
        waiting_time: waiting / total / throughput,
        sojourn_time: in_system / total / throughput,
        queue_length: waiting / total,
        number_in_system: in_system / total,
    })
}

/// M/G/1: Poisson arrivals, any service time of mean `service_time` [s] > 0 and squared coefficient of variation `scv`
/// >= 0, one server, first come first served (Pollaczek-Khinchine).
///
/// `None` when ρ = λ·E[S] >= 1, or `scv` is not finite.
#[must_use]
pub fn mg1(arrival_rate: f64, service_time: f64, scv: f64) -> Option<QueueMeans> {
    let utilization = arrival_rate * service_time;
    if !positive(&[arrival_rate, service_time]) || utilization >= 1.0 || !scv.is_finite() || scv < 0.0 {
        return None;
    }
    let waiting_time = utilization * service_time * (1.0 + scv) / (2.0 * (1.0 - utilization));
    let sojourn_time = waiting_time + service_time;
    Some(QueueMeans {
        utilization,
        wait_probability: utilization, // Poisson arrivals see time averages
        waiting_time,
        sojourn_time,
        queue_length: arrival_rate * waiting_time,
        number_in_system: arrival_rate * sojourn_time,
    })
}

/// M/D/1: as [`mg1`] with a service time that is always the same.
#[must_use]
pub fn md1(arrival_rate: f64, service_time: f64) -> Option<QueueMeans> {
    mg1(arrival_rate, service_time, 0.0)
}

/// Mean sojourn time [s] of an M/G/1 queue whose server is shared evenly among all present (processor sharing):
/// E[S]/(1 − ρ), whatever the distribution of service times.
///
/// `None` when ρ >= 1.
/// Source: Kleinrock, "Queueing Systems, Volume 2", 1976, section 4.4.
#[must_use]
pub fn mg1_ps_sojourn_time(arrival_rate: f64, service_time: f64) -> Option<f64> {
    let utilization = arrival_rate * service_time;
    (positive(&[arrival_rate, service_time]) && utilization < 1.0).then(|| service_time / (1.0 - utilization))
}

/// Second moment of the sojourn time [s²] of an M/M/1 queue: first come, first served, or last come, first served (without
/// interrupting anybody).
///
/// The mean is the same; of the waiting time, the last-come queue's second moment is 1/(1 − ρ) times the other's.
/// `None` when ρ >= 1.
/// Source: Kleinrock, "Queueing Systems, Volume 2", 1976, section 3.4.
#[must_use]
pub fn mm1_sojourn_time_second_moment(arrival_rate: f64, service_rate: f64, last_come_first: bool) -> Option<f64> {
    let means = mm1(arrival_rate, service_rate)?;
    let service_time = 1.0 / service_rate;
    let third_moment = 6.0 * service_time * service_time * service_time;
    let spare = 1.0 - means.utilization;
    let waiting = 2.0 * means.waiting_time * means.waiting_time + arrival_rate * third_moment / (3.0 * spare);
    let waiting = if last_come_first { waiting / spare } else { waiting };
    Some(waiting + 2.0 * means.waiting_time * service_time + 2.0 * service_time * service_time)
}

/// A class of requests: how often they come, and what they ask for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Class {
    /// [1/s] > 0
    pub arrival_rate: f64,
    /// Mean [s] > 0.
    pub service_time: f64,
    /// Squared coefficient of variation of the service time, >= 0.
    pub scv: f64,
}

/// Mean sojourn times [s] by class in an M/G/1 queue that serves by priority, the most important class first.
///
/// Without `preemption` work that has begun is finished (head of the line); with it, one that matters more interrupts one
/// that matters less, which goes on later where it stopped. `None` when the classes together ask for all the server has.
/// Source: Cobham, "Priority Assignment in Waiting Line Problems", Operations Research 2(1), 1954; Kleinrock, "Queueing
/// Systems, Volume 2", 1976, sections 3.3 and 3.6.
#[must_use]
pub fn mg1_priority_sojourn_times(classes: &[Class], preemption: bool) -> Option<Vec<f64>> {
    let load: f64 = classes.iter().map(|class| class.arrival_rate * class.service_time).sum();
    let valid = |class: &Class| positive(&[class.arrival_rate, class.service_time]) && class.scv >= 0.0;
    if !classes.iter().all(valid) || load >= 1.0 {
        return None;
    }
    // Mean rest of the work in service that an arrival finds, by all classes so far or by all there are.
    let rest = |class: &Class| class.arrival_rate * class.service_time * class.service_time * (1.0 + class.scv) / 2.0;
    let all_rest: f64 = classes.iter().map(rest).sum();
    let (mut above, mut with, mut rest_so_far) = (0.0, 0.0, 0.0);
    let mut times = Vec::new();
    for class in classes {
        with += class.arrival_rate * class.service_time;
        rest_so_far += rest(class);
        let ahead = if preemption { rest_so_far } else { all_rest } / ((1.0 - above) * (1.0 - with));
        times.push(ahead + if preemption { class.service_time / (1.0 - above) } else { class.service_time });
        above = with;
    }
    Some(times)
}

/// Approximate mean waiting time [s] of a GI/G/1 queue: ρ/(1 − ρ) · (c_a² + c_s²)/2 · E[S].
///
/// `arrival_scv` c_a² and `service_scv` c_s² >= 0. `None` when ρ >= 1. Exact for M/G/1, good for high utilization.
/// Source: Kingman, "The single server queue in heavy traffic", Math. Proc. Cambridge Phil. Soc. 57(4), 1961.
#[must_use]
pub fn kingman_waiting_time(arrival_rate: f64, service_time: f64, arrival_scv: f64, service_scv: f64) -> Option<f64> {
    let utilization = arrival_rate * service_time;
    let stable = positive(&[arrival_rate, service_time]) && utilization < 1.0;
    stable.then(|| utilization / (1.0 - utilization) * f64::midpoint(arrival_scv, service_scv) * service_time)
}

/// Approximate mean waiting time [s] of a GI/G/c queue: that of M/M/c times (c_a² + c_s²)/2.
///
/// `None` when ρ >= 1.
/// Source: Allen, "Probability, Statistics, and Queueing Theory", 2nd ed. 1990 (Allen-Cunneen).
#[must_use]
pub fn allen_cunneen_waiting_time(
    arrival_rate: f64,
    service_time: f64,
    servers: u32,
    arrival_scv: f64,
    service_scv: f64,
) -> Option<f64> {
    let means = mmc(arrival_rate, 1.0 / service_time, servers)?;
    Some(means.waiting_time * f64::midpoint(arrival_scv, service_scv))
}

/// Throughput [1/s] and response time [s] of `clients` that think for `think_time` [s] between requests to a chain of
/// single-server stations with the given `demands` [s each] (exact mean value analysis).
///
/// `None` without clients, or when all times are 0.
/// Source: Reiser and Lavenberg, "Mean-Value Analysis of Closed Multichain Queuing Networks", JACM 27(2), 1980.
#[must_use]
pub fn closed_network(clients: u32, think_time: f64, demands: &[f64]) -> Option<(f64, f64)> {
    let mut lengths = vec![0.0; demands.len()];
    let mut result = None;
    for n in 1..=clients {
        let residence: Vec<f64> =
            demands.iter().zip(&lengths).map(|(demand, length)| demand * (1.0 + length)).collect();
        let response_time: f64 = residence.iter().sum();
        let cycle = think_time + response_time;
        if !positive(&[cycle]) {
            return None;
        }
        let throughput = f64::from(n) / cycle;
        lengths = residence.iter().map(|time| throughput * time).collect();
        result = Some((throughput, response_time));
    }
    result
}

/// Mean sojourn time [s] where each request joins the shortest of `choices` queues drawn at random, out of very many
/// (the supermarket model).
///
/// `arrival_rate` λ [1/s per server] > 0, `service_rate` μ [1/s] > 0, exponential service, one server per queue.
/// With one choice it is M/M/1; each further choice makes long queues doubly exponentially rare: a share of
/// ρ^((dⁱ − 1)/(d − 1)) holds i or more requests. Exact as the number of queues grows; at 100 of them about 1 % low for two
/// choices at ρ = 0.9. `None` when ρ >= 1 or without a choice.
///
/// Source: Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", IEEE TPDS 12(10), 2001, lemma 2 and
/// table 1; Vvedenskaya, Dobrushin and Karpelevich, 1996.
#[must_use]
pub fn supermarket_sojourn_time(arrival_rate: f64, service_rate: f64, choices: u32) -> Option<f64> {
    let alone = mm1(arrival_rate, service_rate)?;
    match choices {
        0 => return None,
        1 => return Some(alone.sojourn_time),
        _ => {}
    }
    // The i-th term is the share of queues with i or more, over ρ (Little's law): 1, ρ^d, ρ^(d² + d), …
    let (mut sum, mut term) = (0.0, 1.0);
    while term > 1e-18 {
        sum += term;
        let base: f64 = term * alone.utilization;
        term = (0..choices).fold(1.0, |power, _| power * base);
    }
    Some(sum / service_rate)
}

/// Throughput of `n` workers under the Universal Scalability Law: n·λ₁/(1 + σ(n − 1) + κn(n − 1)).
///
/// `contention` σ >= 0 (waiting for what is shared), `coherency` κ >= 0 (keeping copies equal).
/// Source: Gunther, "Guerrilla Capacity Planning", 2007, chapter 4.
#[must_use]
pub fn scalability_law_throughput(throughput_of_one: f64, n: f64, contention: f64, coherency: f64) -> f64 {
    throughput_of_one * n / (1.0 + contention * (n - 1.0) + coherency * n * (n - 1.0))
}
