//! Editor for a line of text.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Maximum length in characters.
const MAX: usize = 4096;

/// Text and cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EditLine {
    text: Vec<char>,
    cursor: usize,
}

impl EditLine {
    /// Creates a line that contains `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let text: Vec<char> = text.chars().take(MAX).collect();
        Self { cursor: text.len(), text }
    }

    /// Returns the text.
    #[must_use]
    pub fn text(&self) -> String {
        self.text.iter().collect()
    }

    /// Returns the cursor position, in characters.
    #[must_use]
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Processes a key. Returns false if it has no meaning in a line.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let ctrl = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match key.code {
            KeyCode::Char('u') if ctrl => _ = self.text.drain(..std::mem::take(&mut self.cursor)),
            KeyCode::Char('a') if ctrl => self.cursor = 0,
            KeyCode::Char('e') if ctrl => self.cursor = self.text.len(),
            KeyCode::Char(c) if !ctrl => self.insert(c),
            KeyCode::Backspace if self.cursor > 0 => {
                self.cursor -= 1;
                self.text.remove(self.cursor);
            }
            KeyCode::Delete if self.cursor < self.text.len() => _ = self.text.remove(self.cursor),
            KeyCode::Left => self.cursor = self.cursor.saturating_sub(1),
            KeyCode::Right => self.cursor = (self.cursor + 1).min(self.text.len()),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.len(),
            _ => return false,
        }
        true
    }

    /// Inserts pasted text, up to its first line end.
    pub fn paste(&mut self, text: &str) {
        text.chars().take_while(|c| !c.is_control()).for_each(|c| self.insert(c));
    }

    fn insert(&mut self, c: char) {
        if self.text.len() < MAX {
            self.text.insert(self.cursor, c);
            self.cursor += 1;
        }
    }
}
