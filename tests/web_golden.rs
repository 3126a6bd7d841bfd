//! The golden run in a browser's worker: the same hash as natively, which `tests/it/golden.rs` asserts.

#![cfg(target_arch = "wasm32")]

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

#[path = "golden/check.rs"]
mod check;

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen_test]
fn the_golden_run_has_its_hash() {
    assert_eq!(check::golden_run(), check::GOLDEN, "in the browser");
}
