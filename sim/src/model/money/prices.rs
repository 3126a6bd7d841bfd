//! The price list: the only place where prices stand.

use super::{SizePrice, TransferPrice, Way};

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

/// Where the prices of database machines come from.
pub const DATABASE_SOURCE: &str =
    "On-demand list prices of Amazon RDS for MySQL in one zone, us-east-1, in US dollars, as published in 2024.";

/// Database machines, smallest first; see [`DATABASE_SOURCE`].
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

/// Data that crosses a border, cheapest first; what stays within a zone, and what comes in from clients, is free.
pub static TRANSFER: [TransferPrice; 3] = [
    TransferPrice { way: Way::Zones, per_gb: 0.02 },
    TransferPrice { way: Way::Regions, per_gb: 0.02 },
    TransferPrice { way: Way::Internet, per_gb: 0.09 },
];

/// Where those come from.
pub const TRANSFER_SOURCE: &str = "List prices of Amazon EC2 data transfer, us-east-1, in US dollars, as published in 2024: between zones $0.01 a GB out of one and $0.01 into the other; to another region $0.02 a GB, which is what most regions cost from there; to the internet $0.09 a GB, the first 10 TB of a month. The 100 GB that are free each month are not counted as free.";

/// What to know of the prices that are set at a station itself.
pub const STATION_SOURCE: &str = "Set at the station.";
pub const DATABASE_HELP: &str = "What the database costs while it runs. For scale: db.r5.large with MySQL, 2 vCPU and 16 GiB, costs $0.24 on demand (AWS list price, us-east-1, 2024).";
pub const CACHE_HELP: &str = "What the cache costs while it runs. For scale: cache.r5.large, 2 vCPU and 13 GiB, costs $0.216 on demand (AWS list price, us-east-1, 2024).";
pub const BALANCER_HELP: &str = "What the balancer costs while it runs. For scale: an Application or a Network Load Balancer costs $0.0225, and more by use (AWS list price, us-east-1, 2024).";
pub const DATABASE_REQUESTS_HELP: &str = "What a million queries cost, for databases that are paid by use. For scale: DynamoDB on demand costs $0.25 for a million small reads (AWS list price, us-east-1, 2024, before the cut of that November).";
pub const GATEWAY_REQUESTS_HELP: &str = "What a million requests cost. For scale: API Gateway costs $1 for a million requests to an HTTP API (AWS list price, us-east-1, 2024).";
pub const BROKER_REQUESTS_HELP: &str = "What a million publications cost. For scale: a standard queue of SQS costs $0.40 for a million requests (AWS list price, us-east-1, 2024).";
pub const SERVICE_REQUESTS_HELP: &str = "What a million calls cost, beside the machines. For scale: Lambda costs $0.20 for a million calls, and more by time and memory (AWS list price, us-east-1, 2024).";
pub const CDN_REQUESTS_HELP: &str = "What a million requests to the edges cost. For scale: CloudFront costs $1 for a million HTTPS requests in the United States and Europe (AWS list price, 2024), and more by data.";
