//! What the worker holds, in a real dedicated worker: `cargo xtask test wasm`.

use headroom::protocol::{RunId, Speed, ToWorker};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// Goal: control messages survive `postcard` where `usize` has 32 bits.
#[wasm_bindgen_test]
fn control_messages_survive_the_trip() {
    let messages = [
        ToWorker::Load { run: RunId(u32::MAX), run_json: "{\"nodes\":{}}".into(), until_event: Some(u64::MAX) },
        ToWorker::Play { run: RunId(1), speed: Speed::Times(0.01) },
        ToWorker::Seek { run: RunId(1), to_ns: u64::MAX, jump: u32::MAX },
        ToWorker::Crash,
    ];
    for message in messages {
        let bytes = postcard::to_allocvec(&message).expect("plain data serializes");
        assert_eq!(postcard::from_bytes::<ToWorker>(&bytes), Ok(message));
    }
}
