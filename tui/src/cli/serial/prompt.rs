//! Monitor prompt on standard input, shared with a UART or exclusive.

use crate::cli::terminal;
use esplens_server::monitor::{self, HELLO, PROMPT};
use esplens_supervisor::Handle;
use std::io::{BufRead, IsTerminal, Read};

/// Maximum line length.
const MAX_LINE: usize = 4096;

/// Runs a monitor that has standard input exclusively. The prompt is only for terminals: input from a pipe is executed
/// line by line, and only the answers are printed.
pub fn alone(handle: Handle) {
    let people = std::io::stdin().is_terminal();
    let mut prompt = TypedLine { handle, echo: false, line: Vec::new() };
    if people {
        terminal::text(&format!("{HELLO}{PROMPT}"));
    }
    loop {
        let mut line = Vec::new();
        let read = std::io::stdin().lock().take(MAX_LINE as u64).read_until(b'\n', &mut line);
        match read {
            Ok(0) | Err(_) => return,
            Ok(_) if people => prompt.typed(&line),
            Ok(_) => terminal::text(&monitor::run(&prompt.handle, String::from_utf8_lossy(&line).trim_end())),
        }
    }
}

/// A line that is being typed.
pub struct TypedLine {
    handle: Handle,
    /// Typed keys are echoed here because the terminal does not echo them.
    echo: bool,
    line: Vec<u8>,
}

impl TypedLine {
    /// Prints the prompt.
    pub fn open(handle: Handle, echo: bool) -> Self {
        terminal::text(&format!("\n{HELLO}{PROMPT}"));
        Self { handle, echo, line: Vec::new() }
    }

    /// Processes keys; a complete line is executed.
    pub fn typed(&mut self, keys: &[u8]) {
        for &key in keys {
            match key {
                b'\r' | b'\n' => self.carry_out(),
                // Backspace, Delete.
                8 | 127 if self.line.pop().is_some() && self.echo => {
                    terminal::text("\x08 \x08");
                }
                b'\t' => self.complete(),
                // Ctrl-C and Ctrl-U discard the line.
                3 | 21 => {
                    self.line.clear();
                    terminal::text(&format!("\n{PROMPT}"));
                }
                32.. if self.line.len() < MAX_LINE => {
                    self.line.push(key);
                    if self.echo {
                        terminal::text(&char::from(key).to_string());
                    }
                }
                _ => {}
            }
        }
    }

    fn carry_out(&mut self) {
        let line = std::mem::take(&mut self.line);
        let end = if self.echo { "\n" } else { "" };
        let said = monitor::run(&self.handle, &String::from_utf8_lossy(&line));
        terminal::text(&format!("{end}{said}{PROMPT}"));
    }

    /// Completes the word, or shows the possible completions.
    fn complete(&mut self) {
        let line = String::from_utf8_lossy(&self.line).into_owned();
        let begun = line.rsplit(char::is_whitespace).next().unwrap_or_default().len();
        match monitor::complete(&self.handle, &line).as_slice() {
            [] => {}
            [only] => {
                let rest = format!("{} ", only.get(begun..).unwrap_or_default());
                self.line.extend(rest.bytes());
                terminal::text(&rest);
            }
            several => terminal::text(&format!("\n{}\n{PROMPT}{line}", several.join("  "))),
        }
    }

    /// Returns to the UART.
    pub fn close(self) {
        terminal::text("\n");
    }
}
