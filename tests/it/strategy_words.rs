//! What each strategy says of one and the same situation, word for word.

use std::fmt::Write;

use expect_test::expect;
use headroom::engine::rng::Stream;
use headroom::engine::time::SimTime;
use headroom::model::balancer::{self, BackendView, PickContext, REGISTRY, RequestView};
use headroom::model::geography::{Country, find_region};
use headroom::model::params::{Params, Variant};

/// Four backends, the last one not eligible; a client in Japan asks for item 4711. The second choice of three is told.
#[test]
fn every_strategy_tells_its_choice() {
    let view = |host: u64, weight, outstanding, region| BackendView {
        host: 5 << 32 | host,
        weight,
        outstanding,
        region: find_region(region),
        ..BackendView::default()
    };
    let mut backends = [
        view(0, 5, 2, "us-east-1"),
        view(1, 1, 1, "eu-west-1"),
        view(2, 2, 1, "eu-west-1"),
        view(3, 1, 0, "ap-northeast-1"),
    ];
    (backends[0].response_time, backends[0].utilization) = (0.1, 0.5);
    (backends[1].response_time, backends[1].utilization) = (0.05, 0.9);
    (backends[3].listed, backends[3].eligible) = (false, false);
    let names = ["Oslo", "Rome", "Lima", "Kyiv"];
    let request = RequestView { client_ipv4: 0x0a00_0307, key: 4711, country: Country::from_code("JP"), attempt: 0 };
    let mut told = String::new();
    for descriptor in REGISTRY {
        let id = descriptor.entry.id;
        let mut strategy = balancer::build(&Variant::new(id, Params::new())).expect("defaults build");
        let (mut stream, now) = (Stream::new(3, 1), SimTime(2_000_000_000));
        let mut cx = PickContext { backends: &backends, version: 1, request, now, stream: &mut stream };
        let _ = strategy.pick(&mut cx);
        let explanation = strategy.explain(&cx, &|backend| names[backend as usize].to_owned());
        writeln!(told, "{id}: {}", explanation.rule).expect("text");
        for step in &explanation.steps {
            writeln!(told, "  {step}").expect("text");
        }
        for score in &explanation.scores {
            writeln!(told, "    {}: {}", names[score.backend as usize], score.formula).expect("text");
        }
    }
    expect![[r#"
        round-robin: The next eligible backend in turn.
          It is the turn of Rome.
        smooth-weighted-round-robin: Each gains its weight; the first of the highest is chosen and pays the sum of all weights.
          Each gains its weight: Oslo: −3 + 5 = 2, Rome: 1 + 1 = 2 and Lima: 2 + 2 = 4.
          Lima is furthest ahead: it is chosen and pays the sum of all weights, 4 − 8 = −4.
            Oslo: −3 + 5 = 2
            Rome: 1 + 1 = 2
            Lima: 2 + 2 = 4
        weighted-round-robin: The counter's place among the weights laid end to end decides.
          The counter stands at 1; modulo the sum of the weights, 8, that is 1.
          Places 0 to 4 are those of Oslo.
            Oslo: weight 5
            Rome: weight 1
            Lima: weight 2
        random: Any of them, with this probability.
          A place among the weights, 0 to 7, is drawn: 4.
          Places 0 to 4 are those of Oslo.
            Oslo: 5/8 = 0.625
            Rome: 1/8 = 0.125
            Lima: 2/8 = 0.250
        power-of-d-choices: The fewest outstanding requests among a few drawn at random; a tie goes to the one drawn first.
          Drawn, in this order: Rome with 1 outstanding and Lima with 1 outstanding.
          Both have as few; Rome was drawn first.
            Oslo: 2 outstanding
            Rome: 1 outstanding
            Lima: 1 outstanding
        least-connections: Picks the backend with the fewest open requests per unit of weight; ties take turns.
          2 outstanding for a weight of 5 is the least: Oslo.
            Oslo: 2/5 = 0.40
            Rome: 1/1 = 1.00
            Lima: 1/2 = 0.50
        weighted-least-request: Due first; then due again 1/(weight/(outstanding + 1)) later.
          The weights differ, so each backend is due at its own time: Oslo at 1.200, Rome at 2.000 and Lima at 1.000.
          Lima is due first; chosen, it is due again 1/(2/(1 + 1)) later, at 2.000.
            Oslo: due at 1.200; weight 5, 2 outstanding
            Rome: due at 2.000; weight 1, 1 outstanding
            Lima: due at 1.000; weight 2, 1 outstanding
        peak-ewma: The lower cost of two drawn at random, response time × (outstanding + 1); a tie goes to the one drawn first.
          Drawn, in this order: Rome: 30.00 ms × (1 + 1) = 60.00 ms and Lima: 30.00 ms × (1 + 1) = 60.00 ms.
          Both cost the same; Rome was drawn first.
            Oslo: 30.00 ms × (2 + 1) = 90.00 ms
            Rome: 30.00 ms × (1 + 1) = 60.00 ms
            Lima: 30.00 ms × (1 + 1) = 60.00 ms
        ip-hash: The hash of the first three octets of the client's address, modulo the sum of the weights.
          The network 10.0.3 hashes to 2568; modulo 9, the sum of the weights, that is place 3: Oslo.
        key-hash: The hash of the request modulo the sum of the weights, counted along the list.
          The key 4711 hashes to 26794; modulo 9, the sum of the weights, that is place 1: Oslo.
        ring-hash: The backend whose point on the ring is the first at or after the request's hash.
          The key 4711 hashes to 0xfb3df86b21f4a981.
          The first point at or after it, 0xfb8a9fe6ff4439c0, belongs to Oslo.
        maglev: The owner of the table's place that the request's hash points at.
          The key 4711 hashes to 0xfb3df86b21f4a981.
          Modulo 65537 that is place 33979 of the table; it belongs to Lima.
        rendezvous: The highest score: weight/−ln(u), with u drawn from the hashes of request and backend.
          The key 4711 hashes to 0xfb3df86b21f4a981; every backend draws a number from that and its own name.
          The highest score, 6.8262, is that of Oslo.
            Oslo: 5/−ln(0.480719) = 6.8262
            Rome: 1/−ln(0.143983) = 0.5160
            Lima: 2/−ln(0.198134) = 1.2355
        geographic: The nearest region with an eligible backend; within it, turns by weight.
          The client is in JP; the region for it is Tokyo (ap-northeast-1).
          None of the eligible stands there; the nearest region with one is Virginia (us-east-1), 74.8 ms one way.
          Oslo is the only one to choose.
            Oslo: Virginia (us-east-1) is 74.8 ms one way from Tokyo (ap-northeast-1)
            Rome: Ireland (eu-west-1) is 101.2 ms one way from Tokyo (ap-northeast-1)
            Lima: Ireland (eu-west-1) is 101.2 ms one way from Tokyo (ap-northeast-1)
        adaptive: The highest score; equal scores take turns.
          The highest score, 0.7900, is that of Lima.
            Oslo: 0.4/(1 + 0.100 s) + 0.3/(1 + 2) + 0.2·(1 − 0.000) + 0.1·5/5 = 0.7636
            Rome: 0.4/(1 + 0.050 s) + 0.3/(1 + 1) + 0.2·(1 − 0.000) + 0.1·1/5 = 0.7510
            Lima: 0.4/(1 + 0.000 s) + 0.3/(1 + 1) + 0.2·(1 − 0.000) + 0.1·2/5 = 0.7900
        cpu-weighted: Turns by weight times idle share, 1 − utilization as last reported.
          Each weight is multiplied by the idle share last reported, and counted in thousandths.
          Each gains its weight: Oslo: −700 + 2500 = 1800, Rome: 100 + 100 = 200 and Lima: 600 + 600 = 1200.
          Oslo is furthest ahead: it is chosen and pays the sum of all weights, 1800 − 3200 = −1400.
            Oslo: 5 × (1 − 0.500) = 2.500
            Rome: 1 × (1 − 0.900) = 0.100
            Lima: 2 × 0.300, the mean of the others = 0.600
    "#]].assert_eq(&told);
}
