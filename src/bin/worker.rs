//! The worker's program.

fn main() {
    headroom::worker::run();
}
