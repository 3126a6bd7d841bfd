//! What the page's own keys and buttons do, beside the editor's commands: the run, the panels, the dialogs.

use web_sys::KeyboardEvent;

use super::shell::{DialogKind, Shell};
use crate::protocol::Speed;
use crate::ui::client::speed::speed_beside;
use crate::ui::client::worker_client::Simulation;

/// What a page command may use.
#[derive(Debug)]
pub struct Means<'a> {
    pub simulation: &'a Simulation,
    pub shell: &'a Shell,
    pub speed: Speed,
    pub playing: bool,
}

/// A command of the page.
pub struct PageCommand {
    pub id: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    /// `KeyboardEvent.key`.
    pub key: &'static str,
    /// The key as the help page prints it.
    pub key_label: &'static str,
    pub run: fn(&Means<'_>),
}

impl std::fmt::Debug for PageCommand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PageCommand").field("id", &self.id).finish_non_exhaustive()
    }
}

/// All of them, in the order of the help page.
pub const PAGE_COMMANDS: &[PageCommand] = &[
    PageCommand {
        id: "run",
        label: "Run or pause",
        help: "Starts the simulation, or holds it where it is.",
        key: " ",
        key_label: "Space",
        run: |means| means.simulation.toggle(),
    },
    PageCommand {
        id: "step",
        label: "Single step",
        help: "Carries out one event while paused.",
        key: ".",
        key_label: ".",
        run: |means| means.simulation.step(),
    },
    PageCommand {
        id: "restart",
        label: "Restart",
        help: "Begins the run again with the same seed.",
        key: "r",
        key_label: "R",
        run: |means| means.simulation.restart(means.playing),
    },
    PageCommand {
        id: "slower",
        label: "Slower",
        help: "Fewer simulated seconds per second.",
        key: "[",
        key_label: "[",
        run: |means| means.simulation.set_speed(speed_beside(means.speed, -1)),
    },
    PageCommand {
        id: "faster",
        label: "Faster",
        help: "More simulated seconds per second, up to as fast as possible.",
        key: "]",
        key_label: "]",
        run: |means| means.simulation.set_speed(speed_beside(means.speed, 1)),
    },
    PageCommand {
        id: "help",
        label: "Help",
        help: "Shows what the keys do.",
        key: "?",
        key_label: "?",
        run: |means| means.shell.show(DialogKind::Help),
    },
];

/// The page's command for a key; keys held with control belong to the editor and the browser.
#[must_use]
pub fn for_key(event: &KeyboardEvent) -> Option<&'static PageCommand> {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return None;
    }
    let key = event.key();
    PAGE_COMMANDS.iter().find(|command| command.key == key.to_lowercase())
}
