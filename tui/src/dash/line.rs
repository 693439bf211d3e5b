//! Editor for a line of text: prompt, palette and questions.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget;
use tui_textarea::{CursorMove, TextArea};

/// Maximum length in characters.
const MAX: usize = 4096;

/// A line of text with a cursor. Keys are those of a shell: Ctrl-A, Ctrl-E, Ctrl-W, Ctrl-U, Ctrl-K, Alt-B, Alt-F.
#[derive(Clone, Debug)]
pub struct EditLine(TextArea<'static>);

impl Default for EditLine {
    fn default() -> Self {
        Self::new("")
    }
}

impl EditLine {
    /// Creates a line that contains `text`, with the cursor at its end.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut area = TextArea::new(vec![text.chars().take_while(|c| !c.is_control()).take(MAX).collect()]);
        area.set_cursor_line_style(Style::new());
        area.move_cursor(CursorMove::End);
        Self(area)
    }

    /// Returns the text.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.lines().first().cloned().unwrap_or_default()
    }

    /// Processes a key. Returns true if it changed the text. Keys without a meaning in a line are ignored.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter | KeyCode::Tab => false,
            // The same as Enter.
            KeyCode::Char('m' | 'j') if ctrl => false,
            KeyCode::Char('u') if ctrl => self.0.delete_line_by_head(),
            KeyCode::Char(_) if !ctrl && self.is_full() => false,
            _ => self.0.input(key),
        }
    }

    /// Inserts pasted text, up to its first line end.
    pub fn paste(&mut self, text: &str) {
        let room = MAX.saturating_sub(self.text().chars().count());
        self.0.insert_str(text.chars().take_while(|c| !c.is_control()).take(room).collect::<String>());
    }

    /// Draws the text and the cursor. A text that is too long is scrolled to the cursor.
    pub fn view(&self, area: Rect, buf: &mut Buffer) {
        (&self.0).render(area, buf);
    }

    fn is_full(&self) -> bool {
        self.text().chars().count() >= MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(line: &mut EditLine, code: KeyCode, modifiers: KeyModifiers) {
        line.key(KeyEvent::new(code, modifiers));
    }

    #[test]
    fn keys_are_those_of_a_shell() {
        let mut line = EditLine::new("break app_main");
        press(&mut line, KeyCode::Char('w'), KeyModifiers::CONTROL);
        assert_eq!(line.text(), "break ");
        press(&mut line, KeyCode::Char('a'), KeyModifiers::CONTROL);
        press(&mut line, KeyCode::Char('t'), KeyModifiers::NONE);
        press(&mut line, KeyCode::Delete, KeyModifiers::NONE);
        assert_eq!(line.text(), "treak ");
        press(&mut line, KeyCode::Char('u'), KeyModifiers::CONTROL);
        assert_eq!(line.text(), "reak ");
        press(&mut line, KeyCode::Char('k'), KeyModifiers::CONTROL);
        assert_eq!(line.text(), "");
    }

    #[test]
    fn it_stays_one_line_of_bounded_length() {
        let mut line = EditLine::new("a\nb");
        line.paste("c\nd");
        for (code, modifiers) in [
            (KeyCode::Enter, KeyModifiers::NONE),
            (KeyCode::Char('j'), KeyModifiers::CONTROL),
            (KeyCode::Char('m'), KeyModifiers::CONTROL),
        ] {
            press(&mut line, code, modifiers);
        }
        assert_eq!(line.text(), "ac");
        line.paste(&"x".repeat(2 * MAX));
        press(&mut line, KeyCode::Char('y'), KeyModifiers::NONE);
        assert_eq!(line.text().chars().count(), MAX);
        assert!(line.text().ends_with('x'));
    }
}
