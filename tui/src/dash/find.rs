//! Search for text in lines, upwards from the newest.

use super::text::mark;
use super::theme::{TextRole, Theme};
use ratatui::text::Line;
use std::ops::Range;

/// Place in the lines: number of the line, byte offset in it.
pub type Place = (u64, usize);

/// A search: the text, the selected match, and how many there are.
#[derive(Default)]
pub struct PaneFind {
    text: String,
    hit: Option<Place>,
    /// Number of the selected match, the oldest being 1, and number of all.
    number: (usize, usize),
}

impl PaneFind {
    /// Returns true if a text is searched for.
    #[must_use]
    pub fn active(&self) -> bool {
        !self.text.is_empty()
    }

    /// Ends the search.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Searches for another text: selects the last match before a place, or the last of all. Returns its line.
    pub fn set<'a>(
        &mut self,
        text: &str,
        lines: impl Iterator<Item = (u64, &'a str)>,
        before: Place,
    ) -> Option<u64> {
        *self = Self { text: text.into(), ..Self::default() };
        self.back(lines, before)
    }

    /// Selects the match before the selected one, or before `from` if none is selected. Returns its line.
    pub fn again<'a>(&mut self, lines: impl Iterator<Item = (u64, &'a str)>, from: Place) -> Option<u64> {
        let before = self.hit.unwrap_or(from);
        self.back(lines, before)
    }

    fn back<'a>(&mut self, lines: impl Iterator<Item = (u64, &'a str)>, before: Place) -> Option<u64> {
        let (mut all, mut above, mut last) = (0, None, None);
        for (line, text) in lines {
            for found in matches(text, &self.text) {
                all += 1;
                let hit = Some(((line, found.start), all));
                last = hit;
                if (line, found.start) < before {
                    above = hit;
                }
            }
        }
        let hit = above.or(last);
        self.hit = hit.map(|(place, _)| place);
        self.number = (hit.map_or(0, |(_, n)| n), all);
        self.hit.map(|(line, _)| line)
    }

    /// Returns the text and the number of the match for a title: `"needle" 3/7`.
    #[must_use]
    pub fn title(&self) -> String {
        match (self.active(), self.number) {
            (false, _) => String::new(),
            (true, (_, 0)) => format!("  {:?} not found", self.text),
            (true, (n, all)) => format!("  {:?} {n}/{all}", self.text),
        }
    }

    /// Marks the matches in a line with this number.
    #[must_use]
    pub fn mark(&self, line: Line<'static>, number: u64, theme: Theme) -> Line<'static> {
        if !self.active() {
            return line;
        }
        let found = matches(&line.to_string(), &self.text).into_iter().map(|range| {
            let role =
                if self.hit == Some((number, range.start)) { TextRole::Found } else { TextRole::Match };
            (range, theme.style(role))
        });
        mark(line, &found.collect::<Vec<_>>())
    }
}

/// Returns the places of a text in a line, without regard to the case of ASCII letters.
fn matches(line: &str, text: &str) -> Vec<Range<usize>> {
    let (line, text) = (line.as_bytes(), text.as_bytes());
    let (mut found, mut at) = (Vec::new(), 0);
    while !text.is_empty() && at + text.len() <= line.len() {
        if line[at..at + text.len()].eq_ignore_ascii_case(text) {
            found.push(at..at + text.len());
            at += text.len();
        } else {
            at += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_are_found_upwards_numbered_and_marked() {
        let lines = ["one two ONE", "three", "One é one"];
        let numbered = || lines.iter().enumerate().map(|(n, l)| (n as u64 + 10, *l));
        let mut find = PaneFind::default();
        assert_eq!(find.set("one", numbered(), (99, 0)), Some(12));
        assert_eq!((find.title().as_str(), find.hit), ("  \"one\" 4/4", Some((12, 7))));
        let mut seen = Vec::new();
        for _ in 0..4 {
            find.again(numbered(), (99, 0));
            seen.push((find.number.0, find.hit.unwrap()));
        }
        assert_eq!(seen, [(3, (12, 0)), (2, (10, 8)), (1, (10, 0)), (4, (12, 7))], "and round again");
        let theme = Theme::default();
        let line = find.mark(Line::from("One é one"), 12, theme);
        assert_eq!(line.to_string(), "One é one");
        let parts: Vec<_> = line.spans.iter().map(|s| (s.content.to_string(), s.style)).collect();
        assert_eq!(parts[0], ("One".into(), theme.style(TextRole::Match)));
        assert_eq!(parts[2], ("one".into(), theme.style(TextRole::Found)));
        assert_eq!(find.set("é", numbered(), (99, 0)), Some(12));
        assert_eq!(find.set("nowhere", numbered(), (99, 0)), None);
        assert_eq!(find.title(), "  \"nowhere\" not found");
        find.clear();
        assert!(find.title().is_empty() && !find.active());
        assert!(matches("abc", "").is_empty() && matches("", "a").is_empty());
        assert_eq!(matches("aaab aa", "aa"), [0..2, 5..7]);
    }
}
