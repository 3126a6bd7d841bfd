//! What the page's own commands do: the run, the dialogs. Their names, words and keys stand in the editor's list.

use web_sys::KeyboardEvent;

use super::shell::{DialogKind, Shell};
use super::stage::canvas::input::key_modifiers;
use crate::editor::commands::{self, Group};
use crate::editor::{Command, PersistedSession};
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

/// Carries a command of the page out; any other id does nothing.
pub fn run(id: &str, means: &Means<'_>) {
    let &Means { simulation, shell, speed, playing } = means;
    match id {
        "run" => simulation.toggle(),
        "step" => simulation.step(),
        "restart" => simulation.restart(playing),
        "slower" => simulation.set_speed(speed_beside(speed, -1)),
        "faster" => simulation.set_speed(speed_beside(speed, 1)),
        "search" => shell.show(DialogKind::Search),
        "open" => shell.show(DialogKind::Gallery),
        "share" => shell.show(DialogKind::Share),
        "help" => shell.show(DialogKind::Help),
        _ => {}
    }
}

/// The page's command for a key.
#[must_use]
pub fn for_key(kept: &PersistedSession, event: &KeyboardEvent) -> Option<&'static Command> {
    commands::for_key(kept, &event.key(), key_modifiers(event)).filter(|command| command.group == Group::Run)
}
