//! Pattern matching on UART0's output, line by line as it arrives: `--exit-on`, `--fail-on`, `--expect`, `--ready-on`,
//! and `--send` with its `--after`.

use super::args::ScriptArgs;
use super::plain::Plain;
use esplens_core::time::{TICKS_PER_US, Ticks};
use regex::bytes::Regex;

/// Maximum line length; longer lines are matched in pieces.
const MAX_LINE: usize = 8192;
/// Time without growth after which an unfinished line may be a prompt and is matched.
pub const PAUSE: Ticks = 10_000 * TICKS_PER_US;
/// Maximum number of bytes of a line that are shown.
const SHOWN: usize = 160;

/// A pattern that matched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatternHit {
    /// Option that the pattern belongs to.
    pub option: &'static str,
    /// The regular expression.
    pub pattern: String,
    /// Matched text.
    pub text: String,
    /// Line number, from 1.
    pub line: u64,
}

/// Result of a matched line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The run has reached its goal.
    Exit(PatternHit),
    /// The run has failed.
    Fail(PatternHit),
    /// These bytes are to be typed.
    Send(Vec<u8>),
    /// `--ready-on` matched; the run continues.
    Ready(PatternHit),
}

/// Patterns that have to match in order.
#[derive(Debug, Default)]
struct Row {
    patterns: Vec<Regex>,
    /// Number of patterns that have matched.
    met: usize,
    /// Position in the line where the next match may begin.
    from: usize,
}

impl Row {
    /// Matches the next pattern against the line. Returns its index and the matched text.
    fn next(&mut self, line: &[u8]) -> Option<(usize, String)> {
        let found = self.patterns.get(self.met)?.find_at(line, self.from.min(line.len()))?;
        self.met += 1;
        self.from = found.end();
        Some((self.met - 1, String::from_utf8_lossy(found.as_bytes()).into_owned()))
    }

    fn awaited(&self) -> Option<&Regex> {
        self.patterns.get(self.met)
    }
}

/// Line buffer and matcher for all patterns.
#[derive(Debug, Default)]
pub struct Patterns {
    exit: Vec<Regex>,
    fail: Vec<Regex>,
    expect: Row,
    after: Row,
    send: Vec<Vec<u8>>,
    ready: Row,
    plain: Plain,
    line: Vec<u8>,
    /// Number of finished lines.
    ended: u64,
    /// The last line that was not blank.
    last: Vec<u8>,
    /// Time of the line's last growth, if it has not been matched since.
    grown: Option<Ticks>,
    /// No more patterns are searched.
    over: bool,
}

impl Patterns {
    /// Creates the matcher for the arguments.
    pub fn new(args: &ScriptArgs) -> Self {
        let row = |patterns: &[Regex]| Row { patterns: patterns.to_vec(), ..Row::default() };
        Self {
            exit: args.exit_on.clone(),
            fail: args.fail_on.clone(),
            expect: row(&args.expect),
            after: row(&args.after),
            send: args.send.iter().map(|t| t.0.clone()).collect(),
            ready: row(args.ready_on.as_slice()),
            ..Self::default()
        }
    }

    /// Returns the pattern that the user is waiting for.
    pub fn awaited(&self) -> Option<&str> {
        self.expect.awaited().or(self.exit.first()).map(Regex::as_str)
    }

    /// Returns the patterns that did not match, as clauses of a sentence.
    pub fn unmet(&self) -> Vec<String> {
        let mut out = Vec::new();
        if let Some(regex) = self.expect.awaited() {
            let (n, all) = (self.expect.met + 1, self.expect.patterns.len());
            let number = if all > 1 { format!(" ({n} of {all})") } else { String::new() };
            out.push(format!("--expect '{regex}'{number} never matched"));
        }
        match &*self.exit {
            [] => {}
            [one] => out.push(format!("--exit-on '{one}' never matched")),
            many => {
                let names: Vec<_> = many.iter().map(|r| format!("'{r}'")).collect();
                out.push(format!("none of --exit-on {} matched", names.join(", ")));
            }
        }
        out.extend(
            self.after.awaited().map(|r| format!("--after '{r}' never matched: its text was not sent")),
        );
        out.extend(self.ready.awaited().map(|r| format!("--ready-on '{r}' never matched")));
        out
    }

    /// Returns the last line that was not blank, as far as it has been received.
    pub fn last_line(&self) -> String {
        let line = if self.line.iter().all(u8::is_ascii_whitespace) { &self.last } else { &self.line };
        String::from_utf8_lossy(&line[..line.len().min(SHOWN)]).trim().to_string()
    }

    /// Returns true between two lines.
    pub fn at_line_end(&self) -> bool {
        self.line.is_empty()
    }

    /// Processes output received until `now`. Lines are matched without colours and line end, when they have ended or
    /// have not changed for a while (a prompt). Finds nothing after an end.
    pub fn feed(&mut self, bytes: &[u8], now: Ticks) -> Vec<Found> {
        let (bytes, mut found) = (self.plain.take(bytes), Vec::new());
        for &byte in &bytes {
            match byte {
                b'\r' => {}
                b'\n' => {
                    self.look(&mut found);
                    self.end_line();
                }
                _ => {
                    if self.line.len() == MAX_LINE {
                        self.look(&mut found);
                        self.line.drain(..MAX_LINE / 2);
                        self.rewind(MAX_LINE / 2);
                    }
                    self.line.push(byte);
                }
            }
        }
        if !bytes.is_empty() {
            self.grown = (!self.line.is_empty()).then_some(now);
        } else if self.grown.is_some_and(|at| now >= at.saturating_add(PAUSE)) {
            self.grown = None;
            self.look(&mut found);
        }
        found
    }

    fn end_line(&mut self) {
        if !self.line.iter().all(u8::is_ascii_whitespace) {
            self.last.clone_from(&self.line);
        }
        self.line.clear();
        self.ended += 1;
        self.rewind(usize::MAX);
    }

    /// Adjusts the search positions after `n` bytes were removed from the line's start.
    fn rewind(&mut self, n: usize) {
        for row in [&mut self.expect, &mut self.after, &mut self.ready] {
            row.from = row.from.saturating_sub(n);
        }
    }

    /// Matches the line. A failure on the same line takes precedence over a success.
    fn look(&mut self, found: &mut Vec<Found>) {
        if self.over {
            return;
        }
        let line = self.ended + 1;
        let hit = |option, regex: &Regex, text| PatternHit { option, pattern: regex.to_string(), text, line };
        let first = |patterns: &[Regex], option| {
            patterns.iter().find_map(|regex| {
                let text = regex.find(&self.line)?.as_bytes();
                Some(hit(option, regex, String::from_utf8_lossy(text).into_owned()))
            })
        };
        let (fail, exit) = (first(&self.fail, "--fail-on"), first(&self.exit, "--exit-on"));
        if let Some(hit) = fail {
            self.over = true;
            return found.push(Found::Fail(hit));
        }
        if let Some((n, text)) = self.ready.next(&self.line) {
            found.push(Found::Ready(hit("--ready-on", &self.ready.patterns[n], text)));
        }
        while let Some((n, _)) = self.after.next(&self.line) {
            found.extend(self.send.get(n).cloned().map(Found::Send));
        }
        let mut reached = exit;
        while let Some((n, text)) = self.expect.next(&self.line) {
            if self.expect.awaited().is_none() && self.exit.is_empty() {
                reached = Some(hit("--expect", &self.expect.patterns[n], text));
            }
        }
        if let Some(hit) = reached {
            self.over = true;
            let missing = self.expect.awaited().is_some();
            found.push(if missing { Found::Fail(hit) } else { Found::Exit(hit) });
        }
    }
}

#[cfg(test)]
mod tests;
