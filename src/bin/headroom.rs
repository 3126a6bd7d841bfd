//! The same engine without a browser: `headroom run`, `list`, `link`, `open`.

fn main() {}
