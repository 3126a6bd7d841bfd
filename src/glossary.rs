//! The glossary: the field's words, once, for the page, the lessons and the documents.
//!
//! Adding a term: an entry here, in alphabetical order of ids. Metric ids of goals begin with a term's id.

/// A word of the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// snake_case; stable: lessons refer to it.
    pub id: &'static str,
    /// As it stands in running text.
    pub name: &'static str,
    /// Its usual symbol, or empty.
    pub symbol: &'static str,
    /// What it is, in one or two plain sentences.
    pub definition: &'static str,
    /// How it is computed or what it is tied to, or empty.
    pub formula: &'static str,
    /// What to do about it, or what people get wrong.
    pub advice: &'static str,
}

/// All terms, by ascending id.
pub const TERMS: &[Term] = &[
    Term {
        id: "adaptive_balancing",
        name: "adaptive balancing",
        symbol: "",
        definition: "Scores every backend by response time, open requests, error rate and weight, and picks the best.",
        formula: "score = 0.4/(1+time) + 0.3/(1+open) + 0.2·(1−errors) + 0.1·weight/largest weight",
        advice: "It reacts to what it measured, so it lags behind what happens.",
    },
    Term {
        id: "amplification",
        name: "retry amplification",
        symbol: "",
        definition: "How many attempts the system makes per user request. Retries turn a small overload into a large one.",
        formula: "attempts per request = (1 − p^(k+1)) / (1 − p) for failure probability p and k retries",
        advice: "Retry at one layer only, wait longer each time, add jitter, and keep a budget.",
    },
    Term {
        id: "answered_share",
        name: "answered share",
        symbol: "",
        definition: "Share of all requests offered that got an answer.",
        formula: "completed / offered",
        advice: "Read a percentile together with it: dropping requests makes the rest look fast.",
    },
    Term {
        id: "arrival_rate",
        name: "arrival rate",
        symbol: "λ",
        definition: "Requests offered per second, whether or not the system can answer them.",
        formula: "λ = requests offered / time",
        advice: "Open-loop clients keep sending when the system slows down; closed-loop users wait.",
    },
    Term {
        id: "balancer",
        name: "balancer",
        symbol: "",
        definition: "Passes each request on to one of several backends.",
        formula: "",
        advice: "It chooses from what it knows, not from what is true: health as last checked, load as last seen.",
    },
    Term {
        id: "cascade",
        name: "cascading failure",
        symbol: "",
        definition: "One overloaded station makes its callers hold their slots, until they are overloaded too.",
        formula: "",
        advice: "Time-outs, limited queues and fewer retries keep a failure where it began.",
    },
    Term {
        id: "client_side_balancing",
        name: "client-side balancing",
        symbol: "",
        definition: "Every caller keeps a list of the backends and chooses for itself. There is no balancer in between, and none that sees all requests.",
        formula: "",
        advice: "Each caller counts only its own requests, and knows of changes only since it last asked the registry.",
    },
    Term {
        id: "closed_loop",
        name: "closed loop",
        symbol: "",
        definition: "A fixed number of users who wait for their answer before they ask again.",
        formula: "X = N / (W + Z), with N users, time in system W, think time Z",
        advice: "It hides overload: when the system slows down, the load falls by itself.",
    },
    Term {
        id: "cold_replica",
        name: "cold replica",
        symbol: "",
        definition: "A replica that has just started and serves its first requests more slowly: empty caches, connections not open yet, code not compiled yet.",
        formula: "times as slow = 1 + (cold factor − 1) · requests left / requests until warm",
        advice: "A balancer that sends it a full share at once makes its first users wait; slow start gives it time.",
    },
    Term {
        id: "connection_balancing",
        name: "connection balancing",
        symbol: "L4",
        definition: "Chooses a backend when a connection is opened. All requests over that connection go to the same backend.",
        formula: "",
        advice: "With few long connections the load is as uneven as the luck of their opening. Let connections end after some time.",
    },
    Term {
        id: "consistent_hashing",
        name: "consistent hashing",
        symbol: "",
        definition: "Sends requests for the same item to the same backend, so that few items move when a backend comes or goes.",
        formula: "moved share ≈ 1/n when one of n leaves; hash modulo n moves (n − 1)/n",
        advice: "Caches behind a balancer want it: an item that moves is a miss. Rendezvous moves the fewest, Maglev shares most evenly, a ring does both nearly.",
    },
    Term {
        id: "deep_check",
        name: "deep health check",
        symbol: "",
        definition: "A health check that also asks what stands behind the backend, and fails if any of that does.",
        formula: "",
        advice: "One broken database then takes out every backend at once: let a backend that can still do something say that it is well.",
    },
    Term {
        id: "dns",
        name: "DNS",
        symbol: "",
        definition: "Turns a name into an address. Resolvers keep the answer for its time to live on behalf of their clients.",
        formula: "",
        advice: "It sees neither requests nor failures of those who use the answer; a change reaches them only as their answers run out.",
    },
    Term {
        id: "draining",
        name: "draining",
        symbol: "",
        definition: "Taking a backend out of rotation on purpose: it finishes what it has and gets nothing new.",
        formula: "",
        advice: "Drain before you stop or update something; nobody then sees an error.",
    },
    Term {
        id: "error_share",
        name: "error share",
        symbol: "",
        definition: "Share of ended requests that did not complete: timed out, rejected, shed, abandoned or failed.",
        formula: "1 − completed / ended",
        advice: "",
    },
    Term {
        id: "ewma",
        name: "EWMA",
        symbol: "",
        definition: "Exponentially weighted moving average: a mean in which old news counts less and less.",
        formula: "new = old·d + news·(1 − d), with d = exp(−elapsed/decay)",
        advice: "A peak EWMA believes bad news at once and good news slowly, which keeps it away from a backend that has just been slow.",
    },
    Term {
        id: "goodput",
        name: "goodput",
        symbol: "",
        definition: "Completions per second that came in time to be of use.",
        formula: "goodput = completed within the limit / time",
        advice: "Throughput can stay high while goodput falls to nothing: the work is done, but too late.",
    },
    Term {
        id: "headroom",
        name: "headroom",
        symbol: "",
        definition: "Capacity left before the knee, where the time in system starts to climb steeply.",
        formula: "1 − ρ of the busiest station",
        advice: "A system at 70 % answers calmly; at 95 % every wobble is felt.",
    },
    Term {
        id: "health_check",
        name: "health check",
        symbol: "",
        definition: "A real request that a balancer sends regularly to ask a backend how it is.",
        formula: "time to notice ≤ interval × fall + time-out",
        advice: "Until the checks notice, a dead backend keeps getting its share of requests.",
    },
    Term {
        id: "hit_ratio",
        name: "hit ratio",
        symbol: "",
        definition: "Share of look-ups that a cache could answer.",
        formula: "hits / (hits + misses)",
        advice: "From 90 % to 99 % the store behind sees a tenth of the load, not 9 % less.",
    },
    Term {
        id: "in_flight",
        name: "in flight",
        symbol: "L",
        definition: "Requests that have arrived and have not ended yet.",
        formula: "L = λ · W (Little's law)",
        advice: "",
    },
    Term {
        id: "keep_alive",
        name: "keep-alive",
        symbol: "",
        definition: "Using one connection for many requests, instead of opening one for each.",
        formula: "opening costs one round trip more",
        advice: "It saves time and pins the requests to wherever the connection leads.",
    },
    Term {
        id: "knee",
        name: "knee",
        symbol: "",
        definition: "The utilization beyond which waiting grows steeply.",
        formula: "for one server: W = S / (1 − ρ)",
        advice: "Double the work of a half-busy server and it does not take twice as long: it never catches up.",
    },
    Term {
        id: "little",
        name: "Little's law",
        symbol: "L = λW",
        definition: "Requests in the system equal the arrival rate times the mean time in the system. It holds for any system that neither gains nor loses requests.",
        formula: "L = λ · W",
        advice: "Any two of the three give you the third.",
    },
    Term {
        id: "metastable",
        name: "metastable failure",
        symbol: "",
        definition: "The trigger is gone, but the system stays down: retries keep it overloaded.",
        formula: "",
        advice: "Break the loop: shed load, cut retries, or restart with the traffic held back.",
    },
    Term {
        id: "open_loop",
        name: "open loop",
        symbol: "",
        definition: "Requests arrive on schedule, whatever the system does.",
        formula: "",
        advice: "This is how the public behaves on Black Friday.",
    },
    Term {
        id: "outage",
        name: "outage",
        symbol: "",
        definition: "A region or a zone goes dark with everything in it, all at once.",
        formula: "",
        advice: "What shall survive it must stand elsewhere as well, and be large enough to take the rest of the load.",
    },
    Term {
        id: "outlier_detection",
        name: "outlier detection",
        symbol: "",
        definition: "Ejects a backend for a while because its answers show errors, without asking it anything.",
        formula: "out for min(base · ejections, longest), at most a share of all backends at a time",
        advice: "With Envoy's default of 10 %, fewer than 10 backends means that none is ever ejected.",
    },
    Term {
        id: "p50",
        name: "median",
        symbol: "p50",
        definition: "Half of the requests took no longer than this.",
        formula: "",
        advice: "",
    },
    Term {
        id: "p99",
        name: "99th percentile",
        symbol: "p99",
        definition: "99 of 100 requests took no longer than this; one in a hundred took longer.",
        formula: "",
        advice: "A page that makes 100 calls meets the p99 on most visits.",
    },
    Term {
        id: "panic_threshold",
        name: "panic threshold",
        symbol: "",
        definition: "When a smaller share of the backends than this is believed well, the balancer uses all of them.",
        formula: "",
        advice: "Without it, the few that are left get the traffic of all, and fall next.",
    },
    Term {
        id: "partition",
        name: "partition",
        symbol: "",
        definition: "A connection over which nothing gets through, either way.",
        formula: "",
        advice: "The caller only learns of it by its time-out.",
    },
    Term {
        id: "path",
        name: "path",
        symbol: "",
        definition: "What a request asks for, such as /orders. Balancers and handlers can route by how it begins.",
        formula: "",
        advice: "The longest match wins at a balancer.",
    },
    Term {
        id: "queue_length",
        name: "queue length",
        symbol: "L_q",
        definition: "Requests that wait for a free slot.",
        formula: "L_q = λ · W_q",
        advice: "A long queue is a promise to answer late. A limit turns late answers into quick refusals.",
    },
    Term {
        id: "region",
        name: "region",
        symbol: "",
        definition: "A place in the world with data centers; regions lie tens or hundreds of milliseconds apart.",
        formula: "",
        advice: "Requests that stay in the region nearest to their users are fast; every call between regions costs a long way, twice.",
    },
    Term {
        id: "registry",
        name: "service registry",
        symbol: "",
        definition: "The list of who is there and who is well, which callers ask now and then.",
        formula: "",
        advice: "Between two questions a caller works with an old list.",
    },
    Term {
        id: "replica",
        name: "replica",
        symbol: "",
        definition: "One copy of a service, with its own slots and its own queue.",
        formula: "",
        advice: "",
    },
    Term {
        id: "request_balancing",
        name: "request balancing",
        symbol: "L7",
        definition: "Chooses a backend for every single request, whatever connection it came over; may look at its path and operation.",
        formula: "",
        advice: "It can retry elsewhere; it costs a hop and must understand what it passes on.",
    },
    Term {
        id: "resolver",
        name: "resolver",
        symbol: "",
        definition: "Looks names up for many clients and keeps the answers for their time to live.",
        formula: "",
        advice: "One resolver may stand for a whole country's clients: they all move at once.",
    },
    Term {
        id: "retry",
        name: "retry",
        symbol: "",
        definition: "Another attempt after a failure.",
        formula: "",
        advice: "Retries help against rare failures and hurt against overload.",
    },
    Term {
        id: "saturation",
        name: "saturation",
        symbol: "ρ ≥ 1",
        definition: "More work arrives than the slots can do. The queue grows for as long as it lasts.",
        formula: "λ ≥ c · μ",
        advice: "",
    },
    Term {
        id: "seed",
        name: "seed",
        symbol: "",
        definition: "The number from which all random draws of a run follow. The same seed gives the same run, bit for bit.",
        formula: "",
        advice: "A design that passes on one seed only was lucky: try another.",
    },
    Term {
        id: "service_time",
        name: "service time",
        symbol: "S",
        definition: "Work at one slot, without any waiting.",
        formula: "μ = 1 / S per slot",
        advice: "",
    },
    Term {
        id: "slot",
        name: "slot",
        symbol: "c",
        definition: "A worker that serves one request at a time. It is held while the request waits for a call.",
        formula: "",
        advice: "",
    },
    Term {
        id: "slow_start",
        name: "slow start",
        symbol: "",
        definition: "Gives a backend that is new or was down its share little by little, so that it can warm up.",
        formula: "share = max((age / window)^(1 / aggression), minimum)",
        advice: "It needs enough backends that carry the rest meanwhile.",
    },
    Term {
        id: "sojourn_time",
        name: "time in system",
        symbol: "W",
        definition: "From a request's arrival to its end: waiting, work and network together.",
        formula: "W = W_q + S",
        advice: "Also called response time.",
    },
    Term {
        id: "subset",
        name: "subset",
        symbol: "",
        definition: "The few backends that one caller uses, so that not everybody holds connections to everybody.",
        formula: "",
        advice: "Too small a subset makes the load uneven.",
    },
    Term {
        id: "throughput",
        name: "throughput",
        symbol: "X",
        definition: "Requests completed per second.",
        formula: "X = completed / time",
        advice: "It cannot exceed the capacity of the busiest station.",
    },
    Term {
        id: "timeout",
        name: "time-out",
        symbol: "",
        definition: "How long a caller waits for an answer before it gives up.",
        formula: "",
        advice: "The work goes on at the other end, for nobody.",
    },
    Term {
        id: "ttl",
        name: "time to live",
        symbol: "TTL",
        definition: "How long an answer may be kept: a name's address by a resolver, an entry by a cache.",
        formula: "",
        advice: "A change is seen by everyone only when the last copy has run out.",
    },
    Term {
        id: "utilization",
        name: "utilization",
        symbol: "ρ",
        definition: "Share of the time in which a station's slots are busy.",
        formula: "ρ = λ / (c · μ)",
        advice: "Plan for the peak, and keep below about 70 to 80 %.",
    },
    Term {
        id: "waiting_time",
        name: "waiting time",
        symbol: "W_q",
        definition: "From arrival at a station to the start of its work.",
        formula: "",
        advice: "",
    },
    Term {
        id: "warm_up",
        name: "warm-up",
        symbol: "",
        definition: "Time at the start that is left out of totals, because an empty system is faster than a busy one.",
        formula: "",
        advice: "",
    },
    Term {
        id: "zone",
        name: "zone",
        symbol: "",
        definition: "One of several data centers of a region, with power and network of its own, about a millisecond from the others.",
        formula: "",
        advice: "Replicas spread over zones survive the loss of one; the way between zones is short enough for almost any call.",
    },
];

/// Finds a term by id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Term> {
    TERMS.binary_search_by(|term| term.id.cmp(id)).ok().map(|at| &TERMS[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_stand_in_order_and_explain_themselves() {
        for pair in TERMS.windows(2) {
            assert!(pair[0].id < pair[1].id, "{} before {}", pair[0].id, pair[1].id);
        }
        for term in TERMS {
            assert!(term.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{}", term.id);
            assert!(term.definition.ends_with('.'), "{}", term.id);
            assert_eq!(find(term.id), Some(term));
        }
    }
}
