//! The physical limit of the "cluster" workload: a heap, a generator, and nothing else.
//!
//! Open Poisson arrivals, round robin over 10 services of 8 slots, exponential service of mean 1 s, utilization 0.8,
//! 50 ms constant latency each way. The standard library's binary heap over one 128-bit word per event, xorshift64*,
//! one logarithm per draw; no model, no statistics but the list of times in system, which shows that the work is the
//! same as `cluster`'s.

mod support;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

const SERVICES: usize = 10;
const SLOTS: u32 = 8;
/// 0.8 x 10 services x 8 slots / 1 s.
const INTERARRIVAL_NS: f64 = 1e9 / 64.0;
const SERVICE_NS: f64 = 1e9;
const LATENCY_NS: u64 = 50_000_000;
const REQUESTS: u64 = 1_000_000;

fn main() {
    support::measure("bare kernel", 5, |seed| run(seed + 1));
}

struct Xorshift(u64);

impl Xorshift {
    fn exponential(&mut self, mean: f64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let unit = (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64;
        (-libm::log(1.0 - unit) * mean) as u64
    }
}

/// Event: time in the upper 64 bits, then 32 of sequence number, 2 of kind, 6 of service, 24 of request.
#[derive(Default)]
struct Heap {
    events: BinaryHeap<Reverse<u128>>,
    seq: u32,
}

impl Heap {
    fn push(&mut self, at: u64, kind: u32, service: u32, request: u32) {
        let low = u64::from(self.seq) << 32 | u64::from(kind << 30 | service << 24 | request);
        self.events.push(Reverse(u128::from(at) << 64 | u128::from(low)));
        self.seq = self.seq.wrapping_add(1);
    }
}

const ARRIVE: u32 = 0;
const REACH: u32 = 1;
const FINISH: u32 = 2;
const ANSWER: u32 = 3;

fn run(seed: u64) -> support::Work {
    let mut random = Xorshift(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut heap = Heap::default();
    let mut busy = [0_u32; SERVICES];
    let mut queues: [VecDeque<u32>; SERVICES] = Default::default();
    // Arrival times of the requests in the system, and free places among them.
    let (mut arrived, mut free): (Vec<u64>, Vec<u32>) = (Vec::new(), Vec::new());
    let mut times: Vec<u64> = Vec::with_capacity(REQUESTS as usize);
    let (mut sent, mut next) = (0, 0);
    heap.push(random.exponential(INTERARRIVAL_NS), ARRIVE, 0, 0);
    while let Some(Reverse(event)) = heap.events.pop() {
        let (now, low) = ((event >> 64) as u64, event as u32);
        let (kind, service, request) = (low >> 30, low >> 24 & 0x3f, low & 0xff_ffff);
        match kind {
            ARRIVE => {
                sent += 1;
                if sent < REQUESTS {
                    heap.push(now + random.exponential(INTERARRIVAL_NS), ARRIVE, 0, 0);
                }
                let request = free.pop().unwrap_or_else(|| {
                    arrived.push(0);
                    arrived.len() as u32 - 1
                });
                arrived[request as usize] = now;
                heap.push(now + LATENCY_NS, REACH, next, request);
                next = (next + 1) % SERVICES as u32;
            }
            REACH => {
                if busy[service as usize] < SLOTS {
                    busy[service as usize] += 1;
                    heap.push(now + random.exponential(SERVICE_NS), FINISH, service, request);
                } else {
                    queues[service as usize].push_back(request);
                }
            }
            FINISH => {
                heap.push(now + LATENCY_NS, ANSWER, service, request);
                match queues[service as usize].pop_front() {
                    Some(waiting) => heap.push(now + random.exponential(SERVICE_NS), FINISH, service, waiting),
                    None => busy[service as usize] -= 1,
                }
            }
            ANSWER => {
                times.push(now - arrived[request as usize]);
                free.push(request);
            }
            _ => unreachable!("a kind has two bits"),
        }
    }
    let mean_secs = times.iter().sum::<u64>() as f64 / times.len() as f64 / 1e9;
    let rank = times.len() * 99 / 100;
    let p99_secs = *times.select_nth_unstable(rank).1 as f64 / 1e9;
    support::Work { requests: times.len() as u64, mean_secs, p99_secs }
}
