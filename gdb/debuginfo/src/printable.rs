//! Removal of terminal control characters from external text (file and task names, strings of the guest).

use std::borrow::Cow;

/// Replaces characters that control a terminal by `?`: control characters other than line ends and tabs, and characters
/// that change the text direction (Unicode, bidirectional formatting).
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    replaced(text, |c| obeyed(c) && !matches!(c, '\n' | '\t'))
}

/// Same for text within a line: line ends and tabs are replaced as well.
#[must_use]
pub fn printable_in_line(text: &str) -> Cow<'_, str> {
    replaced(text, obeyed)
}

fn obeyed(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn replaced(text: &str, obeyed: impl Fn(char) -> bool) -> Cow<'_, str> {
    match text.contains(&obeyed) {
        false => Cow::Borrowed(text),
        true => Cow::Owned(text.replace(&obeyed, "?")),
    }
}

#[cfg(test)]
mod tests {
    use super::{printable, printable_in_line};

    #[test]
    fn nothing_is_left_that_a_terminal_obeys() {
        assert_eq!(printable("a\tb\nµ"), "a\tb\nµ");
        assert_eq!(printable_in_line("a\nb\u{202e}c"), "a?b?c");
        assert_eq!(printable("\x1b]0;title\x07\r\u{9b}2J\x7f"), "?]0;title??\u{3f}2J?");
    }
}
