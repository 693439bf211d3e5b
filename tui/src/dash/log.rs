//! Log of a UART's output: a bounded number of lines of bounded length, with the firmware's colours.

use std::collections::VecDeque;

/// Maximum number of lines kept.
pub const MAX_LINES: usize = 10_000;
/// Maximum number of characters in a line; longer lines are split.
const MAX_COLUMNS: usize = 1000;
/// Maximum length of an escape sequence.
const MAX_ESCAPE: usize = 32;

/// A line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogLine {
    /// Text without control characters.
    pub text: String,
    /// Byte offsets and the colours from there on (30..37 and 90..97 as in SGR, 0: none).
    pub colours: Vec<(u32, u8)>,
    /// The line is a message of esplens, not of the firmware.
    pub note: bool,
}

/// State of the escape sequence parser.
#[derive(Clone, Debug, Default)]
enum Escape {
    #[default]
    None,
    Begun,
    Sequence(String),
}

/// Finished lines and the open one.
#[derive(Clone, Debug, Default)]
pub struct UartLog {
    lines: VecDeque<LogLine>,
    /// Open line: characters with their colours.
    cells: Vec<(char, u8)>,
    /// Position of the next character in the open line.
    cursor: usize,
    /// The open line in the form of the finished ones, for drawing.
    open: LogLine,
    colour: u8,
    escape: Escape,
    utf8: Vec<u8>,
    /// Number of lines that are no longer kept.
    pub dropped: u64,
    /// Lines that have ended since the last call of [`UartLog::take_ended`].
    ended: Vec<String>,
}

impl UartLog {
    /// Adds bytes from the UART.
    pub fn feed(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&b| self.byte(b));
        self.open = line_of(&self.cells);
    }

    fn byte(&mut self, b: u8) {
        match std::mem::take(&mut self.escape) {
            Escape::Begun if b == b'[' => return self.escape = Escape::Sequence(String::new()),
            Escape::Begun => return,
            Escape::Sequence(mut text) => {
                if (0x40..=0x7E).contains(&b) {
                    self.control(b, &text);
                } else if text.len() < MAX_ESCAPE {
                    text.push(b.into());
                    self.escape = Escape::Sequence(text);
                }
                return;
            }
            Escape::None => {}
        }
        match b {
            0x1B => self.escape = Escape::Begun,
            b'\n' => self.end_line(),
            b'\r' => self.cursor = 0,
            8 => self.cursor = self.cursor.saturating_sub(1),
            b'\t' => (0..8 - self.cursor % 8).for_each(|_| self.put(' ')),
            0..0x20 | 0x7F => {}
            0x20..0x7F => {
                self.utf8.clear();
                self.put(b.into());
            }
            _ => self.multibyte(b),
        }
    }

    /// Executes an escape sequence that ends with `b`, if it affects only one line: colours, the cursor's column,
    /// erasing.
    fn control(&mut self, b: u8, codes: &str) {
        let n = codes.parse::<usize>().unwrap_or(0);
        let count = n.clamp(1, MAX_COLUMNS);
        let blank = (' ', 0);
        match (b, n) {
            (b'm', _) => self.paint(codes),
            (b'C', _) => self.cursor = (self.cursor + count).min(MAX_COLUMNS),
            (b'D', _) => self.cursor = self.cursor.saturating_sub(count),
            (b'G', _) => self.cursor = count - 1,
            (b'K' | b'J', 0) => self.cells.truncate(self.cursor),
            (b'K', 1) => self.cells.iter_mut().take(self.cursor + 1).for_each(|cell| *cell = blank),
            (b'K', _) => self.cells.clear(),
            (b'P', _) => {
                let from = self.cursor.min(self.cells.len());
                self.cells.drain(from..(from + count).min(self.cells.len()));
            }
            (b'@', _) if self.cursor < self.cells.len() => {
                self.cells.splice(self.cursor..self.cursor, std::iter::repeat_n(blank, count));
                self.cells.truncate(MAX_COLUMNS);
            }
            _ => {}
        }
    }

    /// Decodes bytes beyond ASCII: UTF-8 if valid, else the replacement character.
    fn multibyte(&mut self, b: u8) {
        self.utf8.push(b);
        match std::str::from_utf8(&self.utf8) {
            Ok(text) => {
                let c = text.chars().next();
                self.utf8.clear();
                c.into_iter().for_each(|c| self.put(c));
            }
            Err(e) if e.error_len().is_none() && self.utf8.len() < 4 => {}
            Err(_) => {
                self.utf8.clear();
                self.put('\u{FFFD}');
            }
        }
    }

    fn paint(&mut self, codes: &str) {
        for code in codes.split(';') {
            match code.parse::<u8>().unwrap_or(0) {
                n @ (30..=37 | 90..=97) => self.colour = n,
                0 | 39 => self.colour = 0,
                _ => {}
            }
        }
    }

    /// Writes a character at the cursor, over the old one: progress bars and line editors need that.
    fn put(&mut self, c: char) {
        if self.cursor >= MAX_COLUMNS {
            self.end_line();
        }
        if self.cells.len() <= self.cursor {
            self.cells.resize(self.cursor + 1, (' ', 0));
        }
        self.cells[self.cursor] = (c, self.colour);
        self.cursor += 1;
    }

    fn end_line(&mut self) {
        let line = line_of(&self.cells);
        self.cells.clear();
        self.cursor = 0;
        if self.ended.len() < 256 {
            self.ended.push(line.text.clone());
        }
        self.push(line);
    }

    /// Takes the lines that have ended since the last call.
    pub fn take_ended(&mut self) -> Vec<String> {
        std::mem::take(&mut self.ended)
    }

    /// Adds a message of esplens above the open line.
    pub fn note(&mut self, text: &str) {
        for line in text.lines() {
            let text = line.chars().filter(|c| !c.is_control()).take(MAX_COLUMNS).collect();
            self.push(LogLine { text, colours: Vec::new(), note: true });
        }
    }

    fn push(&mut self, line: LogLine) {
        if self.lines.len() >= MAX_LINES {
            self.lines.pop_front();
            self.dropped += 1;
        }
        self.lines.push_back(line);
    }

    /// Returns the number of lines, including the open one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len() + 1
    }

    /// Returns true if there is no finished line and the open line is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.open.text.is_empty()
    }

    /// Returns a line; the last one is the open line.
    #[must_use]
    pub fn line(&self, n: usize) -> Option<&LogLine> {
        if n == self.lines.len() { Some(&self.open) } else { self.lines.get(n) }
    }

    /// Removes all lines.
    pub fn clear(&mut self) {
        self.lines.clear();
        self.cells.clear();
        (self.cursor, self.open) = (0, LogLine::default());
    }

    /// Returns the column of the next character in the open line.
    #[must_use]
    pub fn cursor(&self) -> usize {
        self.cursor
    }
}

/// Converts cells to text with the positions of colour changes.
fn line_of(cells: &[(char, u8)]) -> LogLine {
    let mut line = LogLine::default();
    for &(c, colour) in cells {
        if line.colours.last().map_or(0, |(_, c)| *c) != colour {
            line.colours.push((line.text.len() as u32, colour));
        }
        line.text.push(c);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(log: &UartLog) -> Vec<&str> {
        (0..log.len()).map(|n| log.line(n).unwrap().text.as_str()).collect()
    }

    #[test]
    fn lines_colours_and_control_characters() {
        let mut log = UartLog::default();
        log.feed(b"\x1b[0;32mI (1) a\x1b[0m\r\n50%\r60%\nab\x08c\ttab\x07\n\xc3\xa9\xff\x1b[2Jx");
        assert_eq!(texts(&log), ["I (1) a", "60%", "ac      tab", "é\u{FFFD}x"]);
        assert_eq!(log.line(0).unwrap().colours, [(0, 32)]);
        log.note("esplens: here");
        assert!(log.line(3).unwrap().note);
        assert_eq!(log.take_ended(), ["I (1) a", "60%", "ac      tab"]);
    }

    #[test]
    fn line_editors_move_over_the_line_they_draw() {
        let mut log = UartLog::default();
        // MicroPython's line editor: Home, a character inserted in front, the rest again, the cursor back to its
        // position.
        log.feed(b">>> print(1)\x1b[8D\x1b[Kxprint(1)\x1b[8D");
        assert_eq!((texts(&log), log.cursor()), (vec![">>> xprint(1)"], 5));
        // A backspace only moves the cursor; the following space erases, as on terminals.
        log.feed(b"\r\x1b[Kab\x08 \x08");
        assert_eq!((texts(&log), log.cursor()), (vec!["a "], 1));
        log.feed(b"\r100%\r  5%\x1b[2@\x1b[3P\x1b[10Gz");
        assert_eq!(texts(&log), ["  5%     z"]);
        for hostile in ["\x1b[4294967295C", "\x1b[99999999999999999999G", "\x1b[65535@", "\x1b[65535P"] {
            log.feed(hostile.as_bytes());
            log.feed(b"x");
        }
        assert!((0..log.len()).all(|n| log.line(n).unwrap().text.len() <= MAX_COLUMNS));
    }

    #[test]
    fn memory_is_bounded_whatever_comes() {
        let mut log = UartLog::default();
        for n in 0..200_000u32 {
            log.feed(format!("line {n}\n").as_bytes());
        }
        assert_eq!((log.len(), log.dropped), (MAX_LINES + 1, 190_000));
        log.feed(&vec![b'x'; 3_000_000]);
        log.feed(b"\x1b[");
        log.feed(&vec![b'1'; 1_000_000]);
        let bytes: usize = (0..log.len()).map(|n| log.line(n).unwrap().text.len()).sum();
        assert!(bytes <= (MAX_LINES + 1) * MAX_COLUMNS && log.ended.len() <= 256);
    }
}
