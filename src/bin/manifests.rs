//! The program that reads and writes manifests.

fn main() {
    headroom::worker::manifests::run();
}
