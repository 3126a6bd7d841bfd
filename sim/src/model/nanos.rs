//! How moments and spans travel: as whole nanoseconds.
//!
//! The kernel knows no formats, so this stands here; what the model shows of itself ([`super::journey`], the looks of
//! [`super::system`]) is plain data that goes to the page as it is.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::engine::time::{SimDuration, SimTime};

impl Serialize for SimTime {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

impl<'de> Deserialize<'de> for SimTime {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        u64::deserialize(from).map(Self)
    }
}

impl Serialize for SimDuration {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

impl<'de> Deserialize<'de> for SimDuration {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        u64::deserialize(from).map(Self)
    }
}
