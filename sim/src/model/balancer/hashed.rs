//! What strategies share that look up a request's hash in a plan of all backends: on a ring, in a table.

use std::fmt::Debug;
use std::rc::Rc;

use super::hashing::{Fate, HashOn, Text, Walk, anybody, listed, xxh64};
use super::{Explanation, PickContext, Picture, Reads, RequestView, Strategy, nobody};

/// A plan of who owns which hashes.
pub(super) trait Plan: Clone + Debug + Default + 'static {
    type Sizes: Copy + Debug + 'static;
    /// How a backend is found, and how the sentence begins if the search ends without one.
    const RULE: &'static str;
    const DEAD_END: &'static str;

    /// The plan of backends given as (index, name, weight).
    fn of(backends: &[(u32, Text, u32)], sizes: Self::Sizes) -> Self;

    /// From the hash on, place by place, until a backend will do; `see` hears of each place.
    fn search(&self, cx: &PickContext<'_>, hash: u64, see: impl FnMut(u64, u32, Fate)) -> Option<u32>;

    /// A place that was looked up, in words.
    fn step(&self, first: bool, place: u64, name: &str) -> String;

    fn picture(&self) -> Picture;

    /// Where a hash falls on its circle, 0..1.
    fn place_of(_hash: u64) -> Option<f64> {
        None
    }
}

/// A strategy that follows a plan.
#[derive(Clone, Debug)]
pub(super) struct Hashed<P: Plan> {
    hash_on: HashOn,
    sizes: P::Sizes,
    /// Empty before anybody was eligible. Shared with checkpoints, as long as nobody comes or goes.
    plan: Rc<P>,
    /// The list of backends that the plan was made for.
    version: Option<u64>,
}

impl<P: Plan> Hashed<P> {
    pub(super) fn new(hash_on: HashOn, sizes: P::Sizes) -> Self {
        Self { hash_on, sizes, plan: Rc::default(), version: None }
    }

    fn hash(&self, request: &RequestView) -> u64 {
        xxh64(0, self.hash_on.text(request).as_bytes())
    }

    /// Makes the plan anew where the list has changed; tells whether it is of use. Without anybody listed it stays as it
    /// is: when everybody is asked in a panic, the plan of everybody is not thrown away in between.
    #[inline]
    fn keep_up(&mut self, cx: &PickContext<'_>) -> bool {
        if self.version == Some(cx.version) {
            return true;
        }
        let backends = listed(cx.backends);
        if backends.is_empty() {
            return false;
        }
        self.plan = Rc::new(P::of(&backends, self.sizes));
        self.version = Some(cx.version);
        true
    }
}

impl<P: Plan> Strategy for Hashed<P> {
    /// As quick as the plan's search. When the list changes, the plan is made anew.
    fn pick(&mut self, cx: &mut PickContext<'_>) -> Option<u32> {
        if !self.keep_up(cx) {
            return None;
        }
        self.plan.search(cx, self.hash(&cx.request), |_, _, _| ()).or_else(|| anybody(cx.backends))
    }

    fn reads(&self) -> Reads {
        self.hash_on.reads()
    }

    fn explain(&self, cx: &PickContext<'_>, label: &dyn Fn(u32) -> String) -> Explanation {
        let mut current = self.clone();
        if !current.keep_up(cx) {
            return Explanation { rule: P::RULE, steps: nobody(), ..Explanation::default() };
        }
        let hash = self.hash(&cx.request);
        let mut walk = Walk::from(self.hash_on, &cx.request, hash, label);
        let found = current.plan.search(cx, hash, |place, candidate, fate| {
            walk.see(candidate, fate, |first, name| current.plan.step(first, place, name));
        });
        walk.end(found, cx, P::RULE, P::DEAD_END)
    }

    fn picture(&self, cx: &PickContext<'_>) -> Picture {
        let mut current = self.clone();
        current.keep_up(cx);
        current.plan.picture()
    }

    fn place(&self, request: &RequestView) -> Option<f64> {
        P::place_of(self.hash(request))
    }

    fn box_clone(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }
}
