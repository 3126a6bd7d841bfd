//! Caches at other levels than a cache station's, as they can be set: in each replica of a service (L1), and of a database's
//! results (L4).

pub mod local;
pub mod query;
