//! The labs on queues, limits and shedding: what their prose claims, measured by running their documents. How they are
//! lost and won is in `lessons.rs`, for all lessons alike.

use crate::fixture::variant;
use crate::lab::{Lab, answered, answered_of, goodput, p99, part, station, window};
use crate::lessons::report;

/// How long a window is [s].
fn window_secs(lab: &Lab, name: &str) -> f64 {
    let window = lab.start.windows.iter().find(|window| window.name == name).expect("the lab has this window");
    window.to_secs - window.from_secs
}

#[test]
fn the_newest_first() {
    let mut lab = Lab::open("newest-first");
    let [slots, work] = ["slots", "service_time"].map(|key| lab.number("newsroom", key));
    let rate = lab.number("readers", "profile");
    let (begins, lasts) = lab.traffic(1.6);
    lab.says(
        "10 slots, an article takes 100 ms: 100 readers a second can be served, and 80 come",
        (slots, work, slots / work, rate) == (10.0, 0.1, 100.0, 80.0),
    );
    lab.says("At 15 seconds news breaks, and for 20 seconds 1.6 times as many", begins == [15.0] && lasts == 20.0);
    let rush = rate * lab.fault_number("traffic", "factor");
    lab.says("128 readers a second, and 100 can be served", rush == 128.0 && slots / work == 100.0);
    lab.says("its 1,000 waiting places", lab.number("newsroom", "queue_limit") == 1_000.0);
    lab.says(
        "70 % of all readers are answered during the rush, and 95 % after it",
        lab.goal("answered_share.mean", "rush") == 0.7 && lab.goal("answered_share.mean", "after") == 0.95,
    );
    lab.says("grows by 28 readers a second", (rush - slots / work - 28.0).abs() < 1e-9);
    lab.says("After four seconds it is more than 100 long", 4.0 * (rush - slots / work) > 100.0);
    lab.says("Only 20 places a second become free", slots / work - rate == 20.0);
    let start = report(&lab.start);
    lab.says("About one reader in five is answered", (answered(&start, "rush") - 0.2).abs() < 0.05);
    lab.says(
        "In the 20 seconds after the rush hardly anyone is answered, though no more come than usual",
        answered(&start, "after") < 0.05 && window_secs(&lab, "after") == 20.0,
    );
    let newest = report(lab.solution());
    lab.says("In the rush about 80 % are answered", (answered(&newest, "rush") - 0.8).abs() < 0.03);
    lab.says("After the rush the newsroom recovers at once", answered(&newest, "after") > 0.99);
    let sharing = report(&lab.with("service", "discipline", variant("processor-sharing", &[])));
    lab.says("Why is that no better than first come, first served?", answered(&sharing, "rush") < 0.3);
    let few = report(&lab.with("service", "queue_limit", 50.0));
    lab.says("cut the waiting places to 50. Who is next hardly matters then", answered(&few, "rush") > 0.7);
    lab.is_checked();
}

#[test]
fn a_queue_that_stands() {
    let mut lab = Lab::open("standing-queue");
    let [slots, work] = ["slots", "service_time"].map(|key| lab.number("tickets", key));
    let (rate, fits) = (lab.number("fans", "profile"), slots / work);
    let (bursts, burst) = lab.traffic(4.0);
    let (rush, lasts) = lab.traffic(1.7);
    lab.says(
        "Tickets has 20 slots, an order takes 100 ms: 200 a second can be served. 140 come, and an answer is good within \
         400 ms",
        (slots, work, fits, rate) == (20.0, 0.1, 200.0, 140.0) && lab.start.good_within_secs == Some(0.4),
    );
    lab.says(
        "At 8, 11, 14 and 17 seconds there is a burst: for 0.1 seconds 4 times as many",
        bursts == [8.0, 11.0, 14.0, 17.0] && burst == 0.1,
    );
    lab.says("At 25 seconds a rush begins, of 1.7 times as many for 30 seconds", rush == [25.0] && lasts == 30.0);
    lab.says(
        "Keep p99 within 450 ms and answer 99.1 % while bursts come, and answer 150 a second",
        lab.goal("sojourn_time.p99", "bursts") == 0.45
            && lab.goal("answered_share.mean", "bursts") == 0.991
            && lab.goal("goodput.mean", "rush") == 150.0,
    );
    let come = rate * 1.7;
    lab.says("During the rush 238 come and 200 can be served", (come - 238.0).abs() < 1e-9 && fits == 200.0);
    lab.says("There are 1,000 waiting places", lab.number("tickets", "queue_limit") == 1_000.0);
    lab.says("In the rush 38 a second must go unanswered", (come - fits - 38.0).abs() < 1e-9);
    let start = report(&lab.start);
    lab.says("fewer than 20 answers a second are in time", goodput(&start, "rush") < 20.0);
    let codel = |target: f64, interval: f64| {
        report(&lab.with("service", "discipline", variant("codel", &[("target", target), ("interval", interval)])))
    };
    let (network, slow, both) = (codel(0.005, 0.1), codel(0.1, 1.0), codel(0.15, 0.1));
    let [target, interval] = ["target", "interval"].map(|key| {
        part(&lab.with("service", "discipline", variant("codel", &[])), "tickets", "discipline", "codel", key)
    });
    lab.says(
        "With the defaults of networks, 5 ms and 100 ms, it drops about 1 % of the requests around bursts, since a burst \
         here takes longer to drain than 100 ms",
        (target, interval) == (0.005, 0.1) && (answered(&network, "bursts") - 0.99).abs() < 0.005,
    );
    lab.says(
        "With an interval of a whole second it spares every burst, but in the rush",
        answered(&slow, "bursts") > 0.999 && goodput(&slow, "rush") < 40.0,
    );
    lab.says(
        "A target of 150 ms, half as long again as one order, with an interval of 100 ms does both",
        answered(&both, "bursts") > 0.991 && p99(&both, "bursts") < 0.45 && goodput(&both, "rush") > 170.0,
    );
    let newest = report(&lab.with("service", "discipline", variant("lifo", &[])));
    lab.says("serves the rush, too", goodput(&newest, "rush") > 180.0);
    lab.says("p99 is above 450 ms", p99(&newest, "bursts") > 0.45);
    let few = report(&lab.with("service", "queue_limit", 40.0));
    lab.says(
        "set the waiting places to 40 with first come, first served. It works",
        goodput(&few, "rush") > 150.0 && answered(&few, "bursts") > 0.991,
    );
    lab.is_checked();
}

#[test]
fn two_buckets() {
    let mut lab = Lab::open("two-buckets");
    let (partner, browsers) = (lab.number("partner", "profile"), lab.number("browsers", "profile"));
    let [slots, waiting, work] = ["slots", "queue_limit", "service_time"].map(|key| lab.number("ledger", key));
    let (places, shop) = (slots + waiting, lab.number("shop", "slots") * lab.number("shop", "replicas"));
    let ((_, partner_burst), (_, browser_burst)) = (lab.traffic(20.0), lab.traffic(10.0));
    lab.says(
        "20 requests a second, but now and then, for 0.2 seconds, 20 times as many: 80 at once",
        partner == 20.0 && partner_burst == 0.2 && partner * 20.0 * 0.2 == 80.0,
    );
    lab.says(
        "The ledger has 4 slots, 50 ms of work each, and 10 waiting places. It can do 80 a second",
        (slots, work, waiting, slots / work) == (4.0, 0.05, 10.0, 80.0),
    );
    lab.says(
        "40 requests a second, and in bursts for 0.1 seconds 10 times as many",
        browsers == 40.0 && browser_burst == 0.1,
    );
    lab.says("The shop has 80 slots", shop == 80.0);
    lab.says(
        "97 % of the partner's requests answered, and the browsers' p99 down to 250 ms",
        lab.goal("answered_share.mean", "bursts") == 0.97 && lab.goal("sojourn_time.p99", "bursts") == 0.25,
    );
    let bucket = part(&lab.start, "partner-door", "rate_limit", "token-bucket", "burst");
    lab.says(
        "a full bucket of 60 tokens lets 60 through in a moment, and the ledger has room for 14",
        bucket == 60.0 && places == 14.0,
    );
    let start = report(&lab.start);
    lab.says(
        "About 73 % of the partner's requests around bursts are answered",
        (answered_of(&start, "bursts", "partner") - 0.73).abs() < 0.03,
    );
    let small = report(&lab.with("gateway", "rate_limit", variant("token-bucket", &[("rate", 40.0), ("burst", 10.0)])));
    lab.says("which is no better for the partner", answered_of(&small, "bursts", "partner") < 0.75);
    let solution = report(lab.solution());
    lab.says("and all of it is answered", answered_of(&solution, "bursts", "partner") > 0.98);
    let turns = part(&lab.start, "shop-door", "rate_limit", "leaky-bucket", "rate");
    let page = station(window(&start, "bursts"), "browsers").times("sojourn_time").percentiles.p99.0;
    lab.says(
        "Waiting one's turn at 60 a second only makes the page slow: p99 is about 700 ms",
        turns == 60.0 && (page - 0.7).abs() < 0.1,
    );
    lab.is_checked();
}

#[test]
fn save_the_checkout() {
    let mut lab = Lab::open("save-the-checkout");
    let (shoppers, buyers) = (lab.number("shoppers", "profile"), lab.number("buyers", "profile"));
    let [machines, each, work] = ["replicas", "slots", "service_time"].map(|key| lab.number("shop", key));
    let (slots, fits) = (machines * each, machines * each / work);
    let (begins, lasts) = lab.traffic(2.5);
    let rush = shoppers * 2.5;
    lab.says(
        "2 machines with 10 slots each, and a request takes 100 ms: 200 a second. 120 a second come from window shoppers \
         and 30 from buyers",
        (machines, each, work, fits) == (2.0, 10.0, 0.1, 200.0) && (shoppers, buyers) == (120.0, 30.0),
    );
    lab.says(
        "At 20 seconds somebody famous mentions the shop, and for 30 seconds 2.5 times as many",
        begins == [20.0] && lasts == 30.0,
    );
    lab.says("good within 500 ms", lab.start.good_within_secs == Some(0.5));
    lab.says(
        "97 % of all buyers during the rush, and 150 requests a second",
        lab.goal("answered_share.mean", "rush") == 0.97 && lab.goal("goodput.mean", "rush") == 150.0,
    );
    lab.says(
        "300 window shoppers and 30 buyers a second, for 200 places a second. Each machine lets 100 wait",
        (rush, buyers, fits) == (300.0, 30.0, 200.0) && lab.number("shop", "queue_limit") == 100.0,
    );
    let start = report(&lab.start);
    lab.says("four in ten buyers find it full", (1.0 - answered_of(&start, "rush", "buyers") - 0.4).abs() < 0.05);
    lab.says("hardly any answer is good", goodput(&start, "rush") < 20.0);
    let adaptive = report(&lab.with("gateway", "shedding", variant("gradient", &[("least", 10.0), ("most", 100.0)])));
    lab.says("nearly 200 answers a second are in time", goodput(&adaptive, "rush") > 185.0);
    lab.says(
        "three in five are let in, of either",
        ["buyers", "shoppers"].iter().all(|role| (answered_of(&adaptive, "rush", role) - 0.6).abs() < 0.05),
    );
    lab.says("Someone must go unanswered: 130 a second", rush + buyers - fits == 130.0);
    let [limit, until] =
        ["limit", "low_until"].map(|key| part(lab.solution(), "front-door", "shedding", "priority", key));
    lab.says("From 24 on, 60 % of a limit of 40", (limit, until) == (40.0, 0.6) && limit * until == 24.0);
    lab.says("Since 24 requests are enough to keep the 20 slots busy", limit * until > slots && slots == 20.0);
    let solution = report(lab.solution());
    lab.says(
        "More than 99 % of the buyers are answered, and more than 190 requests a second",
        answered_of(&solution, "rush", "buyers") > 0.99 && goodput(&solution, "rush") > 190.0,
    );
    let wide = report(&lab.with("gateway", "shedding", variant("priority", &[("limit", 400.0)])));
    lab.says("With 400 the door never closes before the queue is long", goodput(&wide, "rush") < 100.0);
    let open_longer =
        report(&lab.with("gateway", "shedding", variant("priority", &[("limit", 40.0), ("low_until", 0.95)])));
    lab.says(
        "Let low priority in until 95 %",
        answered_of(&open_longer, "rush", "buyers") < answered_of(&solution, "rush", "buyers"),
    );
    lab.is_checked();
}
