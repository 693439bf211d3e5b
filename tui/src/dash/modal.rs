//! What lies over the panes: help, palette, a question.

use super::fuzzy;
use super::keys::{Binding, Cmd, TABLE};
use super::line::Line;
use super::pane::PaneId;

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

/// An entry of the palette: a row of the key table, or a monitor command.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The row.
    pub binding: &'static Binding,
    /// How well it fits.
    pub score: i32,
}

/// The rows that fit a query, the best first; all for an empty one.
#[must_use]
pub fn entries(query: &str) -> Vec<Entry> {
    let mut rows: Vec<Entry> = TABLE
        .iter()
        .filter_map(|binding| {
            let by_name = fuzzy::score(query, binding.name);
            let by_doc = fuzzy::score(query, binding.doc).map(|s| s / 2 - 20);
            let score = if query.trim().is_empty() { Some(0) } else { by_name.max(by_doc) };
            Some(Entry { binding, score: score? })
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
            assert_eq!(entries(query)[0].binding.name, name, "{query}");
        }
        assert_eq!(entries("").len(), TABLE.len());
        assert!(entries("qqqq").is_empty());
    }
}
