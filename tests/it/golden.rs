//! The golden run, natively; `tests/web_golden.rs` asserts the same in a browser.

#[path = "../golden/check.rs"]
mod check;

#[test]
fn the_golden_run_has_its_hash() {
    assert_eq!(check::golden_run(), check::GOLDEN, "natively");
}
