//! Text from outside (names of files and tasks, strings of the guest) on its way to a terminal.

use std::borrow::Cow;

/// `text` without what a terminal would obey: control characters other than line ends and tabs become `?`.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    match text.contains(obeyed) {
        false => Cow::Borrowed(text),
        true => Cow::Owned(text.replace(obeyed, "?")),
    }
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn nothing_is_left_that_a_terminal_obeys() {
        assert_eq!(printable("a\tb\nµ"), "a\tb\nµ");
        assert_eq!(printable("\x1b]0;title\x07\r\u{9b}2J\x7f"), "?]0;title??\u{3f}2J?");
    }
}
