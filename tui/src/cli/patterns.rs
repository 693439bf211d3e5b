//! `--exit-on` and `--fail-on`: what UART0 prints, matched line by line as it comes.

use regex::bytes::Regex;

/// A line longer than this is looked at in pieces.
const MAX_LINE: usize = 8192;

/// What a pattern found.
#[derive(Debug, PartialEq, Eq)]
pub enum Hit {
    /// `--exit-on` matched this text.
    Exit(String),
    /// `--fail-on` matched this text.
    Fail(String),
}

/// Collects output and looks for both patterns.
#[derive(Debug)]
pub struct Patterns {
    exit: Option<Regex>,
    fail: Option<Regex>,
    line: Vec<u8>,
}

impl Patterns {
    /// With neither pattern it never hits.
    pub fn new(exit: Option<Regex>, fail: Option<Regex>) -> Self {
        Self { exit, fail, line: Vec::new() }
    }

    /// What the user is waiting for.
    pub fn awaited(&self) -> Option<&str> {
        self.exit.as_ref().map(Regex::as_str)
    }

    /// Takes more output. Lines are matched without their line end; the unfinished last line counts too (a prompt).
    pub fn feed(&mut self, bytes: &[u8]) -> Option<Hit> {
        if bytes.is_empty() || self.exit.is_none() && self.fail.is_none() {
            return None;
        }
        for &byte in bytes {
            match byte {
                b'\r' => {}
                b'\n' => {
                    if let Some(hit) = self.look() {
                        return Some(hit);
                    }
                    self.line.clear();
                }
                _ => {
                    if self.line.len() == MAX_LINE {
                        if let Some(hit) = self.look() {
                            return Some(hit);
                        }
                        self.line.drain(..MAX_LINE / 2);
                    }
                    self.line.push(byte);
                }
            }
        }
        self.look()
    }

    /// A failure on the same line goes before a success.
    fn look(&self) -> Option<Hit> {
        let find = |regex: &Option<Regex>| {
            let found = regex.as_ref()?.find(&self.line)?;
            Some(String::from_utf8_lossy(found.as_bytes()).into_owned())
        };
        find(&self.fail).map(Hit::Fail).or_else(|| find(&self.exit).map(Hit::Exit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(exit: &str, fail: &str) -> Patterns {
        Patterns::new(Some(Regex::new(exit).unwrap()), Some(Regex::new(fail).unwrap()))
    }

    #[test]
    fn matches_across_chunks_and_prompts() {
        let mut p = patterns("^>>> $", "panic");
        assert_eq!(p.feed(b"boot\r\n>"), None);
        assert_eq!(p.feed(b">> "), Some(Hit::Exit(">>> ".into())));
    }

    #[test]
    fn the_first_line_decides_and_failure_wins_on_it() {
        assert_eq!(patterns("ok", "bad").feed(b"ok\nbad\n"), Some(Hit::Exit("ok".into())));
        assert_eq!(patterns("ok", "bad").feed(b"ok bad\n"), Some(Hit::Fail("bad".into())));
    }

    #[test]
    fn a_line_without_end_stays_bounded() {
        let mut p = patterns("needle", "never");
        for _ in 0..100 {
            assert_eq!(p.feed(&[b'x'; 1000]), None);
        }
        assert!(p.line.len() <= MAX_LINE);
        assert_eq!(p.feed(b"needle"), Some(Hit::Exit("needle".into())));
    }
}
