//! Finds by name: stations, wires and frames, commands, settings, words of the glossary.

use super::commands::{COMMANDS, Command, Group};
use super::edit::target_name;
use super::session::Target;
use super::{EditorState, catalog};
use crate::engine::sort;
use crate::glossary::{Glossary, Term};
use crate::model::edge::EDGE_ENTRY;
use crate::model::params::ParamSpec;
use crate::model::station;

/// Results shown at most.
const FOUND_MAX: usize = 40;

/// What was found.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    Place(Target),
    Command(&'static Command),
    Setting(Target, &'static ParamSpec),
    Term(&'a Term),
}

/// A result with its words: what it is called, and what it is.
#[derive(Clone, Debug)]
pub struct Result<'a> {
    pub name: String,
    pub aside: String,
    pub found: Found<'a>,
}

/// What fits `query`, the best first: names that begin with it, then those with a word that does, then those that hold
/// it. Without a query: the commands that can be given now.
#[must_use]
pub fn search<'a>(state: &EditorState, glossary: &'a Glossary, query: &str) -> Vec<Result<'a>> {
    let query = query.trim().to_lowercase();
    let document = &state.document;
    let mut found: Vec<((u8, u8), Result<'a>)> = Vec::new();
    let mut add = |sort: u8, name: String, aside: String, what: Found<'a>| {
        if let Some(rank) = rank(&name, &query) {
            found.push(((rank, sort), Result { name, aside, found: what }));
        }
    };
    let nodes = document.nodes.keys().map(|id| Target::Node(*id));
    let edges = document.edges.keys().map(|id| Target::Edge(*id));
    let areas = document.areas.keys().map(|id| Target::Area(*id));
    let places: Vec<Target> = nodes.chain(areas).chain(edges).collect();
    if !query.is_empty() {
        for target in &places {
            let aside = match target {
                Target::Node(id) => document.nodes.get(id).map_or("", |node| catalog::face(&node.kind).name),
                Target::Edge(_) => "Connection",
                Target::Area(_) => "Region or zone",
            };
            add(0, target_name(document, *target), aside.to_owned(), Found::Place(*target));
        }
    }
    for command in COMMANDS.iter().filter(|command| command.group == Group::Run || (command.enabled)(state)) {
        add(1, command.label.to_owned(), command.help.to_owned(), Found::Command(command));
    }
    // Settings of what is selected, or of everything.
    let chosen = state.session.selection.single();
    for target in places.iter().filter(|target| chosen.is_none_or(|chosen| chosen == **target)) {
        let specs = match target {
            Target::Node(id) => {
                document.nodes.get(id).and_then(|node| station::find(&node.kind)).map(|kind| kind.entry)
            }
            Target::Edge(_) => Some(EDGE_ENTRY),
            Target::Area(_) => None,
        };
        for spec in specs.map_or(&[][..], |entry| entry.params).iter().filter(|_| !query.is_empty()) {
            add(2, spec.label.to_owned(), target_name(document, *target), Found::Setting(*target, spec));
        }
    }
    for term in glossary.terms().iter().filter(|_| !query.is_empty()) {
        add(3, term.name.clone(), term.definition.clone(), Found::Term(term));
    }
    sort::few_by(&mut found, |a, b| a.0.cmp(&b.0));
    found.truncate(FOUND_MAX);
    found.into_iter().map(|(_, result)| result).collect()
}

/// How well a name fits; the less, the better.
fn rank(name: &str, query: &str) -> Option<u8> {
    let name = name.to_lowercase();
    if name.starts_with(query) {
        return Some(0);
    }
    let mut words = query.split_whitespace();
    if words.clone().all(|word| name.split(|c: char| !c.is_alphanumeric()).any(|part| part.starts_with(word))) {
        return Some(1);
    }
    words.all(|word| name.contains(word)).then_some(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::testing::TestEditor;
    use crate::glossary::GLOSSARY;

    fn first(editor: &TestEditor, query: &str) -> String {
        let found = search(&editor.state, &GLOSSARY, query);
        let Some(best) = found.first() else { return "nothing".to_owned() };
        let sort = match best.found {
            Found::Place(_) => "place",
            Found::Command(_) => "command",
            Found::Setting(..) => "setting",
            Found::Term(_) => "term",
        };
        format!("{sort} {}", best.name)
    }

    #[test]
    fn stations_commands_settings_and_words_are_found_by_name() {
        let editor = TestEditor::new("src -> orders; orders -> db");
        assert_eq!(first(&editor, "ord"), "place orders");
        assert_eq!(first(&editor, "tidy"), "command Tidy layout");
        assert_eq!(first(&editor, "Service ti"), "setting Service time");
        assert_eq!(first(&editor, "goodput"), "term goodput");
        assert_eq!(first(&editor, "xyzzy"), "nothing");
        assert_eq!(first(&editor, ""), "command Menu", "what can be given now");
    }

    #[test]
    fn with_something_selected_settings_are_those_of_it() {
        let editor = TestEditor::new("src -> a; b").select(&["b"]);
        let settings = search(&editor.state, &GLOSSARY, "replicas");
        let of = settings.iter().filter(|one| matches!(one.found, Found::Setting(..)));
        assert!(of.clone().all(|one| one.aside == "b") && of.count() > 0);
    }
}
