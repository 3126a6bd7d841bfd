//! A hash that names contents: the build, and the files that a browser may keep for good.

/// Fowler, Noll and Vo's 64-bit hash: stable across compilers, which std's hasher does not promise to be.
pub struct Fnv1a(pub u64);

impl Fnv1a {
    /// Of nothing yet.
    pub fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Takes these bytes in, after what it took in before.
    pub fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
