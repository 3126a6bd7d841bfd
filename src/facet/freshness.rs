//! How old a cache's answers are.

use super::{Look, Show};
pub use crate::model::system::CachingLook as Freshness;

impl Show for Freshness {
    fn read(look: &mut Look<'_>) -> Option<Self> {
        if look.whole { look.system.look_at_caching(look.node()) } else { None }
    }
}
