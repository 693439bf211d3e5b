//! What is waited for in UART0's output, line by line as it comes: `--exit-on`, `--fail-on`, `--expect`, `--ready-on`,
//! and `--send` with its `--after`.

use super::args::ScriptArgs;
use super::plain::Plain;
use esplens_core::time::{TICKS_PER_US, Ticks};
use regex::bytes::Regex;

/// A line longer than this is looked at in pieces.
const MAX_LINE: usize = 8192;
/// A line that has not grown for this long may be a prompt: it is looked at before its end.
pub const PAUSE: Ticks = 10_000 * TICKS_PER_US;
/// So much of a line is shown.
const SHOWN: usize = 160;

/// A pattern that was met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hit {
    /// The option, and what it was given.
    pub option: &'static str,
    /// The regular expression.
    pub pattern: String,
    /// What it matched.
    pub text: String,
    /// Number of the line, from 1.
    pub line: u64,
}

/// What a line leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The run has reached its goal.
    Exit(Hit),
    /// The run has failed.
    Fail(Hit),
    /// These bytes are to be typed.
    Send(Vec<u8>),
    /// `--ready-on` matched; the run goes on.
    Ready(Hit),
}

/// Patterns that are met one after the other.
#[derive(Debug, Default)]
struct Row {
    patterns: Vec<Regex>,
    /// So many were met.
    met: usize,
    /// Where in the line the next one may begin.
    from: usize,
}

impl Row {
    /// The next one, if it is in the line.
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

/// Collects output and looks for all patterns.
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
    /// Lines that have ended.
    ended: u64,
    /// The last line with anything in it.
    last: Vec<u8>,
    /// When the line grew last, if it was not looked at since.
    grown: Option<Ticks>,
    /// Nothing is looked for any more.
    over: bool,
}

impl Patterns {
    /// What the arguments wait for.
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

    /// What the user is waiting for.
    pub fn awaited(&self) -> Option<&str> {
        self.expect.awaited().or(self.exit.first()).map(Regex::as_str)
    }

    /// What was waited for and did not come, as clauses of a sentence.
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

    /// The last line with anything in it, as far as it came.
    pub fn last_line(&self) -> String {
        let line = if self.line.iter().all(u8::is_ascii_whitespace) { &self.last } else { &self.line };
        String::from_utf8_lossy(&line[..line.len().min(SHOWN)]).trim().to_string()
    }

    /// True between two lines.
    pub fn at_line_end(&self) -> bool {
        self.line.is_empty()
    }

    /// Takes output that came until `now`. Lines are matched without their colours and their line end, when they have
    /// ended or stay as they are for a while (a prompt). Nothing is found after an end.
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

    /// The line has lost so many bytes at its beginning.
    fn rewind(&mut self, n: usize) {
        for row in [&mut self.expect, &mut self.after, &mut self.ready] {
            row.from = row.from.saturating_sub(n);
        }
    }

    /// A failure on the same line goes before a success.
    fn look(&mut self, found: &mut Vec<Found>) {
        if self.over {
            return;
        }
        let line = self.ended + 1;
        let hit = |option, regex: &Regex, text| Hit { option, pattern: regex.to_string(), text, line };
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
