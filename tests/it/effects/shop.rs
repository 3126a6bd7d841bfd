//! The documents: one small shop under different strain.

use super::*;

/// The shop: clients S, a balancer L, a service A of three replicas, its cache C, its database D, a broker B, and a service
/// W that consumes. S, L, A and D stand in one region, W in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Base {
    /// Nothing is wrong.
    Calm,
    /// Slow, failing, dead replicas and a flash crowd, one after the other.
    Strained,
    /// Twice as much as A can do.
    Overloaded,
    /// Five times as much from 60 s on, and a new version at 200 s; few requests, long ones, on machines that cost.
    Growing,
    /// Nothing is wrong; behind L there is also a service E of two replicas on the far side of the ocean, with clients of
    /// its own there.
    Wide,
    /// Nothing is wrong; C stands between A and D.
    Through,
}

impl Base {
    pub(super) const ALL: [Self; 6] =
        [Self::Calm, Self::Strained, Self::Overloaded, Self::Growing, Self::Wide, Self::Through];

    pub(super) fn document(self, kind_of_l: &str) -> Document {
        let growing = self == Self::Growing;
        let mut document = Document {
            seed: 11,
            run_length_secs: if growing { 400.0 } else { 30.0 },
            day_secs: Some(200.0),
            transfer_costs: true,
            ..Document::default()
        };
        let region = |document: &mut Document, region: &str| {
            let kind = AreaKind::Region { region: region.to_owned() };
            document.add_area(Area {
                kind,
                label: region.to_owned(),
                at: Point::default(),
                size: Point { x: 800.0, y: 600.0 },
            })
        };
        let here = region(&mut document, "us-east-1");
        let there = region(&mut document, "eu-west-1");
        let profile = match self {
            Self::Growing => variant("step", &[("before", 6.0), ("after", 30.0), ("at", 60.0)]),
            Self::Overloaded => variant("constant", &[("rate", 500.0)]),
            Self::Calm | Self::Strained | Self::Wide | Self::Through => variant("constant", &[("rate", 120.0)]),
        };
        let shares = Value::from(0.2);
        let source = [
            ("profile", profile),
            ("keys", Value::from(1_000.0)),
            ("write_share", shares.clone()),
            ("static_share", Value::from(0.1)),
        ];
        let s = add(&mut document, "source", "S", &source);
        let l = add(&mut document, kind_of_l, "L", &[]);
        let time = if growing { 0.2 } else { 0.02 };
        let service = [
            ("replicas", Value::from(3.0)),
            ("slots", Value::from(if growing { 1.0 } else { 3.0 })),
            ("service_time", exponential(time)),
            ("queue_limit", Value::from(50.0)),
        ];
        let a = add(&mut document, "service", "A", &service);
        let c = add(&mut document, "cache", "C", &[("capacity", Value::from(200.0)), ("price", Value::from(0.1))]);
        let store = [("connections", Value::from(4.0)), ("price", Value::from(0.2)), ("read_time", exponential(0.01))];
        let d = add(&mut document, "database", "D", &store);
        let b = add(&mut document, "broker", "B", &[]);
        let w = add(&mut document, "service", "W", &[("service_time", exponential(0.02)), ("slots", Value::from(2.0))]);
        for (label, params) in [
            ("S>L", vec![("timeout", Value::from(2.0)), ("latency", constant(0.001))]),
            ("L>A", vec![("latency", constant(0.001))]),
            ("A>C", vec![]),
            (if self == Self::Through { "C>D" } else { "A>D" }, vec![]),
            ("A>B", vec![("probability", Value::from(0.4))]),
            ("B>W", vec![("timeout", Value::from(5.0))]),
        ] {
            let end = |label: &str| match label {
                "S" => s,
                "L" => l,
                "A" => a,
                "C" => c,
                "D" => d,
                "B" => b,
                _ => w,
            };
            let (from, to) = label.split_once('>').unwrap();
            wire(&mut document, end(from), end(to), &params);
        }
        for (label, area) in [("S", here), ("L", here), ("A", here), ("D", here), ("W", there)] {
            change(&mut document, label, |node| node.area = Some(area));
        }
        if self == Self::Wide {
            let e =
                add(&mut document, "service", "E", &[service.as_slice(), &[("replicas", Value::from(2.0))]].concat());
            wire(&mut document, l, e, &[]);
            change(&mut document, "E", |node| node.area = Some(there));
            let country = |code: &str| Value::List(vec![Value::from(code), Value::from(1.0)]);
            let countries = Value::List(vec![country("US"), country("FR")]);
            change(&mut document, "S", |node| node.params.set("countries", countries));
        }
        let mut plan = |kind: &str, target: FaultTarget, at_secs: f64, for_secs: f64, params: &[(&str, f64)]| {
            let params = params.iter().fold(Params::new(), |all, (key, value)| all.with(key, *value));
            let fault = Fault { kind: kind.to_owned(), target, params };
            document.faults.push(ScheduledFault { at_secs, for_secs: Some(for_secs), fault });
        };
        match self {
            Self::Calm | Self::Overloaded | Self::Wide | Self::Through => {}
            Self::Strained => {
                plan("slow", FaultTarget::Replica(a, 0), 4.0, 6.0, &[("factor", 20.0)]);
                plan("error-rate", FaultTarget::Replica(a, 1), 6.0, 8.0, &[("share", 0.6)]);
                plan("kill", FaultTarget::Node(w), 8.0, 3.0, &[]);
                plan("kill", FaultTarget::Replica(a, 2), 14.0, 4.0, &[]);
                plan("error-rate", FaultTarget::Node(d), 18.0, 3.0, &[("share", 0.5)]);
                plan("traffic", FaultTarget::Node(s), 22.0, 4.0, &[("factor", 5.0)]);
            }
            Self::Growing => {
                let fault =
                    Fault { kind: "new-version".to_owned(), target: FaultTarget::Node(a), params: Params::new() };
                document.faults.push(ScheduledFault { at_secs: 200.0, for_secs: None, fault });
            }
        }
        document
    }
}

pub(super) fn change(document: &mut Document, label: &str, to: impl FnOnce(&mut Node)) {
    let node = document.nodes.values_mut().find(|node| node.label == label);
    to(Rc::make_mut(node.unwrap_or_else(|| panic!("the shop has no {label}"))));
}

/// The parameters of a station, or of a connection `L>A`.
pub(super) fn params_of<'a>(document: &'a mut Document, at: &str) -> &'a mut Params {
    if let Some((from, to)) = at.split_once('>') {
        let id = |label: &str| document.nodes.iter().find(|(_, node)| node.label == label).map(|(id, _)| *id);
        let (from, to) = (id(from), id(to));
        let edge = document.edges.values_mut().find(|edge| (Some(edge.from), Some(edge.to)) == (from, to));
        let edge: &mut Rc<Edge> = edge.unwrap_or_else(|| panic!("the shop has no {at}"));
        return &mut Rc::make_mut(edge).params;
    }
    let node = document.nodes.values_mut().find(|node| node.label == at);
    &mut Rc::make_mut(node.unwrap_or_else(|| panic!("the shop has no {at}"))).params
}
