//! The page's program.

fn main() {
    headroom::ui::run();
}
