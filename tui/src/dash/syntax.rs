//! Colours for source text and assembly, from single lines: a small tokenizer for C, C++ and Rust.

use super::theme::{TextRole, Theme};
use ratatui::text::Span;

/// Language of a source file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// C and C++.
    C,
    /// Rust.
    Rust,
    /// Assembly: only comments, strings and numbers are coloured.
    Assembly,
}

impl Language {
    /// Returns the language of a file, by the end of its name.
    #[must_use]
    pub fn of(file: &str) -> Self {
        match file.rsplit('.').next() {
            Some("rs") => Self::Rust,
            Some("S" | "s" | "asm" | "inc") => Self::Assembly,
            _ => Self::C,
        }
    }

    fn keywords(self) -> &'static [&'static str] {
        match self {
            Self::C => C,
            Self::Rust => RUST,
            Self::Assembly => &[],
        }
    }
}

const C: &[&str] = &[
    "auto",
    "bool",
    "break",
    "case",
    "char",
    "class",
    "const",
    "constexpr",
    "continue",
    "default",
    "delete",
    "do",
    "double",
    "else",
    "enum",
    "extern",
    "false",
    "float",
    "for",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "namespace",
    "new",
    "nullptr",
    "operator",
    "private",
    "protected",
    "public",
    "register",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "struct",
    "switch",
    "template",
    "this",
    "true",
    "typedef",
    "typename",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "while",
    "NULL",
];

const RUST: &[&str] = &[
    "as", "async", "await", "bool", "break", "char", "const", "continue", "crate", "dyn", "else", "enum",
    "extern", "f32", "f64", "false", "fn", "for", "i128", "i16", "i32", "i64", "i8", "if", "impl", "in",
    "isize", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self", "Self", "static",
    "str", "struct", "super", "trait", "true", "type", "u128", "u16", "u32", "u64", "u8", "union", "unsafe",
    "use", "usize", "where", "while",
];

/// Returns the parts of a line with their meanings. `comment` tells whether the line begins inside a block comment, and
/// is changed to whether the next one does.
fn parts(text: &str, language: Language, comment: &mut bool) -> Vec<(usize, TextRole)> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let (end, role) = match bytes[at] {
            _ if *comment => (block_end(text, at, comment), TextRole::Comment),
            b'/' if text[at..].starts_with("//") => (text.len(), TextRole::Comment),
            b'/' if text[at..].starts_with("/*") => {
                *comment = true;
                (block_end(text, at + 2, comment), TextRole::Comment)
            }
            b'"' => (quoted(bytes, at), TextRole::Literal),
            b'\'' if language != Language::Rust || is_char(text, at) => {
                (quoted(bytes, at), TextRole::Literal)
            }
            b'#' if language == Language::C && text[..at].trim().is_empty() => {
                (at + 1 + word(&bytes[at + 1..]), TextRole::Keyword)
            }
            b'#' if language == Language::Assembly && text[..at].trim().is_empty() => {
                (text.len(), TextRole::Comment)
            }
            b'0'..=b'9' => (at + number(&bytes[at..]), TextRole::Number),
            c if c == b'_' || c.is_ascii_alphabetic() => identifier(text, at, language),
            _ => (at + text[at..].chars().next().map_or(1, char::len_utf8), TextRole::Source),
        };
        parts.push((end.max(at + 1), role));
        at = end.max(at + 1);
    }
    parts
}

/// Returns the end of the block comment that contains `at`, or of the line.
fn block_end(text: &str, at: usize, comment: &mut bool) -> usize {
    match text.get(at..).and_then(|rest| rest.find("*/")) {
        Some(n) => {
            *comment = false;
            at + n + 2
        }
        None => text.len(),
    }
}

/// Returns true if the apostrophe at `at` begins a character literal, not a lifetime.
fn is_char(text: &str, at: usize) -> bool {
    let mut rest = text[at + 1..].chars();
    matches!((rest.next(), rest.next()), (Some('\\'), _) | (Some(_), Some('\'')))
}

/// Returns the end of the text in quotes that begins at `at`, or of the line.
fn quoted(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while end < bytes.len() && bytes[end] != bytes[at] {
        end += 1 + usize::from(bytes[end] == b'\\');
    }
    (end + 1).min(bytes.len())
}

/// Returns the length of the word at the beginning.
fn word(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| **b == b'_' || b.is_ascii_alphanumeric()).count()
}

/// Returns the length of the number at the beginning: `0x1f`, `1_000u32`, `1.5`; not the dots of a range.
fn number(bytes: &[u8]) -> usize {
    let first = word(bytes);
    match bytes.get(first..) {
        Some([b'.', digit, ..]) if digit.is_ascii_digit() => first + 1 + word(&bytes[first + 1..]),
        _ => first,
    }
}

fn identifier(text: &str, at: usize, language: Language) -> (usize, TextRole) {
    let end = at + word(&text.as_bytes()[at..]);
    let (name, rest) = (&text[at..end], &text[end..]);
    let macro_of_rust = language == Language::Rust && rest.starts_with('!') && !rest.starts_with("!=");
    let role = match name {
        _ if language.keywords().contains(&name) => TextRole::Keyword,
        _ if language == Language::C && name.ends_with("_t") => TextRole::Keyword,
        _ if macro_of_rust || (language != Language::Assembly && rest.starts_with('(')) => TextRole::Name,
        _ => TextRole::Source,
    };
    (end, role)
}

/// Returns a line of source as spans. `comment` as the line begins: inside a block comment; it is updated for the next
/// line.
#[must_use]
pub fn source(text: &str, language: Language, theme: Theme, comment: &mut bool) -> Vec<Span<'static>> {
    let mut spans: Vec<(String, TextRole)> = Vec::new();
    let mut from = 0;
    for (end, role) in parts(text, language, comment) {
        let part = text.get(from..end).unwrap_or_default();
        match spans.last_mut().filter(|(_, last)| *last == role) {
            Some((last, _)) => last.push_str(part),
            None => spans.push((part.into(), role)),
        }
        from = end;
    }
    spans.into_iter().map(|(part, role)| Span::styled(part, theme.style(role))).collect()
}

/// Returns true if the first of these lines is inside a block comment: the comment ends before another begins.
#[must_use]
pub fn begins_in_comment<'a>(lines: impl Iterator<Item = &'a str>) -> bool {
    for line in lines {
        match (line.find("/*"), line.find("*/")) {
            (None, Some(_)) => return true,
            (Some(begin), Some(end)) if end < begin => return true,
            (Some(_), _) => return false,
            (None, None) => {}
        }
    }
    false
}

/// Returns an instruction as spans: the mnemonic padded to `width`, and the operands.
#[must_use]
pub fn instruction(text: &str, width: usize, theme: Theme) -> Vec<Span<'static>> {
    let (mnemonic, operands) = text.split_once(' ').unwrap_or((text, ""));
    let role = if jumps(mnemonic) { TextRole::Keyword } else { TextRole::Name };
    let mut spans = vec![Span::styled(format!("{mnemonic:<width$}"), theme.style(role))];
    for operand in operands.split_inclusive(", ") {
        let (value, comma) = operand.split_at(operand.trim_end_matches(", ").len());
        let digits = value.trim_start_matches('-');
        let role =
            if digits.starts_with(|c: char| c.is_ascii_digit()) { TextRole::Number } else { TextRole::Text };
        spans.push(Span::styled(value.to_string(), theme.style(role)));
        if !comma.is_empty() {
            spans.push(Span::styled(comma.to_string(), theme.style(TextRole::Text)));
        }
    }
    spans
}

/// Returns true for jumps, calls, returns, loops and conditional branches.
fn jumps(mnemonic: &str) -> bool {
    let name = mnemonic.trim_start_matches('_');
    let begins = ["call", "ret", "rf", "loop", "j"].iter().any(|p| name.starts_with(p));
    begins || (name.starts_with('b') && !name.starts_with("break"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the parts of a line that are no plain source, with their meanings.
    fn marked(text: &str, language: Language, comment: &mut bool) -> Vec<(String, TextRole)> {
        let mut from = 0;
        let mut out = Vec::new();
        for (end, role) in parts(text, language, comment) {
            if role != TextRole::Source {
                out.push((text[from..end].to_string(), role));
            }
            from = end;
        }
        out
    }

    fn plain(text: &str, language: Language) -> Vec<(String, TextRole)> {
        marked(text, language, &mut false)
    }

    fn is(text: &str, role: TextRole) -> (String, TextRole) {
        (text.into(), role)
    }

    #[test]
    fn tokens_of_c_and_rust() {
        assert_eq!(
            plain("static uint32_t n = f(\"a\\\"b\", 'c', 0x1Fu); // end", Language::C),
            [
                is("static", TextRole::Keyword),
                is("uint32_t", TextRole::Keyword),
                is("f", TextRole::Name),
                is("\"a\\\"b\"", TextRole::Literal),
                is("'c'", TextRole::Literal),
                is("0x1Fu", TextRole::Number),
                is("// end", TextRole::Comment),
            ]
        );
        assert_eq!(plain("  #include <x.h>", Language::C)[0], is("#include", TextRole::Keyword));
        assert_eq!(
            plain("let x: &'a str = format!(\"{}\", 1.5..2);", Language::Rust),
            [
                is("let", TextRole::Keyword),
                is("str", TextRole::Keyword),
                is("format", TextRole::Name),
                is("\"{}\"", TextRole::Literal),
                is("1.5", TextRole::Number),
                is("2", TextRole::Number),
            ]
        );
        assert_eq!(plain("'\\n'", Language::Rust), [is("'\\n'", TextRole::Literal)]);
        for odd in ["\"open", "'", "\\", "é/*ü", "\"\\", "#", "0x"] {
            for language in [Language::C, Language::Rust, Language::Assembly] {
                let end = parts(odd, language, &mut false).last().map(|p| p.0);
                assert_eq!(end, Some(odd.len()), "{odd}");
            }
        }
        assert_eq!(
            [Language::of("a.rs"), Language::of("b.S"), Language::of("c")].map(|l| l as u8),
            [1, 2, 0]
        );
    }

    #[test]
    fn block_comments_continue_on_the_next_line() {
        let mut comment = false;
        assert_eq!(marked("a /* one", Language::C, &mut comment), [is("/* one", TextRole::Comment)]);
        assert_eq!(marked("two", Language::C, &mut comment), [is("two", TextRole::Comment)]);
        assert_eq!(marked("three */ b", Language::C, &mut comment), [is("three */", TextRole::Comment)]);
        assert!(!comment);
        assert!(begins_in_comment(["text", "end */ /* next"].into_iter()));
        assert!(!begins_in_comment(["/* a */", "*/"].into_iter()));
    }

    #[test]
    fn instructions_have_mnemonics_registers_and_numbers() {
        let theme = Theme::default();
        let spans = instruction("l32i    a2, a1, 16", 8, theme);
        let text: String = spans.iter().map(|s| s.content.as_ref()).collect();
        assert_eq!(text.split_whitespace().collect::<Vec<_>>(), ["l32i", "a2,", "a1,", "16"]);
        assert_eq!(spans.last().map(|s| s.style), Some(theme.style(TextRole::Number)));
        assert!(jumps("call8") && jumps("beqz.n") && jumps("retw.n") && jumps("j"));
        assert!(!jumps("break") && !jumps("l32r") && !jumps("rsr.ps"));
    }
}
