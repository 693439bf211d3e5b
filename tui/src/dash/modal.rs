//! Windows over the panes: help, palette, a question.

use super::fuzzy;
use super::keys::{Binding, Cmd, TABLE};
use super::line::EditLine;
use super::pane_id::PaneId;
use std::sync::OnceLock;

/// A modal window.
#[derive(Clone, Debug)]
pub enum Modal {
    /// Key help; scrolled by rows.
    Help(u16),
    /// Palette: the typed text and the selected row.
    Palette(EditLine, usize),
    /// Input of a line: for a pane and a command, with a heading.
    Ask {
        /// Pane.
        pane: PaneId,
        /// Command.
        cmd: Cmd,
        /// Heading.
        label: String,
        /// Typed text.
        line: EditLine,
    },
    /// Confirmation before quitting.
    Quit,
}

/// Action of a palette entry.
#[derive(Clone, Debug)]
pub enum EntryAction {
    /// The command of a row of the key table.
    Key(&'static Binding),
    /// Shows a pane.
    Pane(PaneId),
    /// Opens the monitor's prompt with this command.
    Monitor,
}

/// An entry of the palette: a row of the key table, or a monitor command.
#[derive(Clone, Debug)]
pub struct PaletteEntry {
    /// Action of the entry.
    pub what: EntryAction,
    /// Name of the entry.
    pub name: String,
    /// Short description.
    pub doc: &'static str,
    /// Score of the match.
    pub score: i32,
}

impl PaletteEntry {
    /// Returns the key that does the same.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match &self.what {
            EntryAction::Key(binding) => binding.keys.split(' ').next().unwrap_or(""),
            EntryAction::Pane(_) => "v",
            EntryAction::Monitor => ":",
        }
    }
}

/// Returns the monitor's commands, by name and help.
fn monitor() -> &'static [(String, String)] {
    static COMMANDS: OnceLock<Vec<(String, String)>> = OnceLock::new();
    COMMANDS.get_or_init(esplens_server::monitor::commands)
}

/// Returns all palette entries. A command that also has a key is included once.
fn all() -> impl Iterator<Item = (EntryAction, String, &'static str)> {
    let keys = TABLE.iter().map(|b| (EntryAction::Key(b), b.name.to_string(), b.doc));
    let panes =
        PaneId::ALL.into_iter().map(|id| (EntryAction::Pane(id), format!("show {}", id.title()), id.doc()));
    let shown = |name: &str| TABLE.iter().any(|b| b.name == name);
    let commands = monitor().iter().filter(move |(name, _)| !shown(name));
    keys.chain(panes).chain(commands.map(|(name, doc)| (EntryAction::Monitor, name.clone(), doc.as_str())))
}

/// Returns the score of an entry: names before descriptions. A description must contain the query literally.
fn fit(query: &str, name: &str, doc: &str) -> Option<i32> {
    const BY_NAME: i32 = 10_000;
    let query = query.trim().to_lowercase();
    if query.is_empty() {
        return Some(0);
    }
    let (name, doc) = (name.to_lowercase(), doc.to_lowercase());
    let begins = i32::from(name.starts_with(&query));
    let holds = i32::from(name.contains(&query));
    let by_name = fuzzy::score(&query, &name).map(|s| s + BY_NAME * (1 + holds + begins));
    by_name.or_else(|| doc.find(&query).map(|at| BY_NAME / 2 - at as i32))
}

/// Returns the entries that match a query, the best first; all of them for an empty query. Keys come before monitor
/// commands.
#[must_use]
pub fn entries(query: &str) -> Vec<PaletteEntry> {
    let mut rows: Vec<PaletteEntry> = all()
        .filter_map(|(what, name, doc)| {
            let score = fit(query, &name, doc)?;
            Some(PaletteEntry { what, name, doc, score })
        })
        .collect();
    rows.sort_by_key(|e| std::cmp::Reverse(e.score));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_palette_finds_commands_by_their_beginnings() {
        for (query, name) in [("net", "layout network"), ("run to", "run to cursor"), ("fin", "finish")] {
            assert_eq!(entries(query)[0].name, name, "{query}");
        }
        assert!(entries("").len() > TABLE.len() + 20);
        let found = entries("whati");
        assert!(matches!(found[0].what, EntryAction::Monitor), "{found:?}");
        assert!(entries("qqqq").is_empty());
        let names = |query| entries(query).into_iter().map(|e| e.name).collect::<Vec<_>>();
        let back = names("rev");
        assert!(back[..5].iter().all(|n| n.starts_with("reverse-")), "{back:?}");
        assert_eq!(back.iter().filter(|n| *n == "reverse-next").count(), 1);
        assert_eq!(names("show wat")[0], "show Watch");
        assert!(names("store").contains(&"watchpoint".to_string()), "by its description");
    }
}
