//! What lies over the panes: help, palette, a question.

use super::fuzzy;
use super::keys::{Binding, Cmd, TABLE};
use super::line::Line;
use super::pane::PaneId;
use std::sync::OnceLock;

/// Something in front.
#[derive(Clone, Debug)]
pub enum Modal {
    /// The keys; scrolled by rows.
    Help(u16),
    /// The palette: what was typed, and the chosen row.
    Palette(Line, usize),
    /// A line asked for: by which pane, for which command, under which heading.
    Ask {
        /// Pane.
        pane: PaneId,
        /// Command.
        cmd: Cmd,
        /// Heading.
        label: String,
        /// What was typed.
        line: Line,
    },
    /// Really quit?
    Quit,
}

/// What an entry of the palette does.
#[derive(Clone, Debug)]
pub enum What {
    /// The command of a row of the key table.
    Key(&'static Binding),
    /// Opens the monitor's prompt with this command.
    Monitor,
}

/// An entry of the palette: a row of the key table, or a monitor command.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it does.
    pub what: What,
    /// Its name.
    pub name: &'static str,
    /// The same in a few words.
    pub doc: &'static str,
    /// How well it fits.
    pub score: i32,
}

impl Entry {
    /// The key that does the same.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match &self.what {
            What::Key(binding) => binding.keys.split(' ').next().unwrap_or(""),
            What::Monitor => ":",
        }
    }
}

/// The monitor's commands, by name and help.
fn monitor() -> &'static [(String, String)] {
    static COMMANDS: OnceLock<Vec<(String, String)>> = OnceLock::new();
    COMMANDS.get_or_init(esplens_gdb::monitor::commands)
}

/// The entries that fit a query, the best first; all for an empty one. Keys come before monitor commands.
#[must_use]
pub fn entries(query: &str) -> Vec<Entry> {
    let keys = TABLE.iter().map(|b| (What::Key(b), b.name, b.doc));
    let commands = monitor().iter().map(|(name, doc)| (What::Monitor, name.as_str(), doc.as_str()));
    let mut rows: Vec<Entry> = keys
        .chain(commands)
        .filter_map(|(what, name, doc)| {
            let by_name = fuzzy::score(query, name);
            let by_doc = fuzzy::score(query, doc).map(|s| s / 2 - 20);
            let score = if query.trim().is_empty() { Some(0) } else { by_name.max(by_doc) };
            Some(Entry { what, name, doc, score: score? })
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
        assert!(matches!(found[0].what, What::Monitor), "{found:?}");
        assert!(entries("qqqq").is_empty());
    }
}
