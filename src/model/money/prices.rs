//! The price list: the only place where prices stand.

use super::SizePrice;

/// Where the prices come from.
pub const SOURCE: &str = "On-demand list prices of Amazon EC2, Linux, us-east-1, in US dollars, as published in 2024. The shares for reserved and spot machines are illustrative: they differ by size and change over time.";

/// General-purpose machines, smallest first: what a vertical scaler climbs.
pub static SIZES: &[SizePrice] = &[
    SizePrice { name: "m5.large", vcpu: 2.0, memory_gib: 8.0, per_hour: 0.096 },
    SizePrice { name: "m5.xlarge", vcpu: 4.0, memory_gib: 16.0, per_hour: 0.192 },
    SizePrice { name: "m5.2xlarge", vcpu: 8.0, memory_gib: 32.0, per_hour: 0.384 },
    SizePrice { name: "m5.4xlarge", vcpu: 16.0, memory_gib: 64.0, per_hour: 0.768 },
    SizePrice { name: "m5.8xlarge", vcpu: 32.0, memory_gib: 128.0, per_hour: 1.536 },
];

/// The same as a choice; a test holds the words to the numbers.
pub const SIZE_OPTIONS: &[(&str, &str)] = &[
    ("m5.large", "m5.large · 2 vCPU, 8 GiB, $0.096/h"),
    ("m5.xlarge", "m5.xlarge · 4 vCPU, 16 GiB, $0.192/h"),
    ("m5.2xlarge", "m5.2xlarge · 8 vCPU, 32 GiB, $0.384/h"),
    ("m5.4xlarge", "m5.4xlarge · 16 vCPU, 64 GiB, $0.768/h"),
    ("m5.8xlarge", "m5.8xlarge · 32 vCPU, 128 GiB, $1.536/h"),
];

/// Database machines for MySQL in one zone, smallest first: on-demand list prices of Amazon RDS, us-east-1, 2024.
pub static DATABASE_SIZES: &[SizePrice] = &[
    SizePrice { name: "db.r5.large", vcpu: 2.0, memory_gib: 16.0, per_hour: 0.24 },
    SizePrice { name: "db.r5.xlarge", vcpu: 4.0, memory_gib: 32.0, per_hour: 0.48 },
    SizePrice { name: "db.r5.2xlarge", vcpu: 8.0, memory_gib: 64.0, per_hour: 0.96 },
    SizePrice { name: "db.r5.4xlarge", vcpu: 16.0, memory_gib: 128.0, per_hour: 1.92 },
];

/// Ways to pay.
pub const PURCHASE_OPTIONS: &[(&str, &str)] =
    &[("on_demand", "on demand"), ("reserved", "reserved for a year"), ("spot", "spot")];

/// What to know of them.
pub const PURCHASE_HELP: &str = "By the second, for a year ahead, or as spare capacity that may be taken away. Reserved machines, as many as are drawn, are paid whether they run or not, and what runs beyond them is paid on demand. Reserved is counted as 63 % and spot as 35 % of the price on demand: illustrative shares, not list prices.";

/// Shares of the price on demand; illustrative.
pub(super) const RESERVED: f64 = 0.63;
pub(super) const SPOT: f64 = 0.35;
