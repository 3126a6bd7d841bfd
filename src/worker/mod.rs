//! The worker's glue: messages in, frames out, slices between.

/// Starts the worker. Panics are reported readably on the console.
pub fn run() {
    console_error_panic_hook::set_once();
}
