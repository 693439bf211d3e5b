//! A machine and the output of its UARTs.

use esplens_core::time::{TICKS_PER_US, Ticks};
use esplens_soc::machine::{Machine, MachineConfig, RunExit};
use esplens_soc::system::{Output, ResetCause};
use regex::Regex;
use std::path::Path;
use std::time::{Duration, Instant};

/// Ticks in a millisecond.
pub const MS: Ticks = 1000 * TICKS_PER_US;

/// UARTs of the chip.
const UARTS: usize = 3;

/// Machine with a user at one of its UARTs.
pub struct UartSession {
    /// The machine.
    pub machine: Machine,
    /// Number of the UART in use, 0..2.
    pub uart: usize,
    /// All output of each UART, with invalid UTF-8 replaced.
    pub text: [String; UARTS],
    /// Warnings about unmodelled features.
    pub warnings: Vec<String>,
    /// Traced events in QEMU's format.
    pub trace: Vec<String>,
    /// Resets so far.
    pub resets: Vec<ResetCause>,
    /// Host time spent in the machine.
    pub wall: Duration,
    /// Start of the next [`UartSession::expect`] in each text.
    seen: [usize; UARTS],
}

impl UartSession {
    /// Creates a machine with an input's flash and a configuration changed by `change`.
    ///
    /// # Errors
    /// The loader's message.
    pub fn boot(path: &Path, change: impl FnOnce(&mut MachineConfig)) -> Result<Self, String> {
        let mut config = MachineConfig::new(crate::firmware::input(path)?.flash);
        change(&mut config);
        Ok(Self::new(config))
    }

    /// Creates a machine at power-on.
    #[must_use]
    pub fn new(config: MachineConfig) -> Self {
        Self {
            machine: Machine::new(config),
            uart: 0,
            text: Default::default(),
            warnings: Vec::new(),
            trace: Vec::new(),
            resets: Vec::new(),
            wall: Duration::ZERO,
            seen: [0; UARTS],
        }
    }

    /// Runs to virtual time `until`.
    ///
    /// # Errors
    /// The reason for stopping before that.
    pub fn run_to(&mut self, until: Ticks) -> Result<(), String> {
        let started = Instant::now();
        let result = loop {
            match self.machine.run(until) {
                RunExit::Until => break Ok(()),
                RunExit::Reset(_, cause) => self.resets.push(cause),
                other => break Err(format!("{other:?} after {}", self.tail())),
            }
        };
        self.wall += started.elapsed();
        let mut bytes: [Vec<u8>; UARTS] = Default::default();
        for output in self.machine.take_output() {
            match output {
                Output::Uart { n, byte } => bytes[usize::from(n)].push(byte),
                Output::Warning(text) | Output::Note(text) => self.warnings.push(text),
                Output::Trace(line) => self.trace.push(format!("{} {}", line.event.name(), line.text)),
                _ => {}
            }
        }
        for (text, bytes) in self.text.iter_mut().zip(bytes) {
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
        result
    }

    /// Runs for some virtual milliseconds.
    ///
    /// # Errors
    /// As [`UartSession::run_to`].
    pub fn run_ms(&mut self, ms: u64) -> Result<(), String> {
        self.run_to(self.machine.now() + ms * MS)
    }

    /// Runs until the UART shows `pattern` after the last expected text, for at most `ms` of virtual time.
    ///
    /// # Errors
    /// The output that it showed instead.
    pub fn expect(&mut self, pattern: &str, ms: u64) -> Result<String, String> {
        let (found, end) = self.wait_for(pattern, self.seen[self.uart], ms)?;
        self.seen[self.uart] = end;
        Ok(found)
    }

    /// Waits for `pattern` after byte `from` of the UART's text, without effect on [`UartSession::expect`].
    /// Returns the match and its end.
    ///
    /// # Errors
    /// The output that it showed instead.
    pub fn wait_for(&mut self, pattern: &str, from: usize, ms: u64) -> Result<(String, usize), String> {
        let regex = Regex::new(pattern).map_err(|e| e.to_string())?;
        let end = self.machine.now() + ms * MS;
        let mut looked = usize::MAX;
        loop {
            let text = &self.text[self.uart];
            if text.len() != looked {
                looked = text.len();
                if let Some(found) = regex.find_at(text, from) {
                    return Ok((found.as_str().to_string(), found.end()));
                }
            }
            if self.machine.now() >= end {
                return Err(format!("no {pattern:?} within {ms} ms of virtual time; {}", self.tail()));
            }
            self.run_ms(1)?;
        }
    }

    /// Types on the UART, as fast as its line accepts.
    ///
    /// # Errors
    /// As [`UartSession::run_to`].
    pub fn send(&mut self, text: &str) -> Result<(), String> {
        let mut left = text.as_bytes();
        while !left.is_empty() {
            let n = left.len().min(self.machine.uart_room(self.uart as u8)).min(16);
            self.machine.uart_input(self.uart as u8, &left[..n]);
            left = &left[n..];
            self.run_ms(2)?;
        }
        Ok(())
    }

    /// Returns the virtual milliseconds since power-on.
    #[must_use]
    pub fn virtual_ms(&self) -> f64 {
        self.machine.now() as f64 / MS as f64
    }

    /// Returns the end of the output.
    #[must_use]
    pub fn tail(&self) -> String {
        let text = &self.text[self.uart];
        let from = text.char_indices().rev().nth(400).map_or(0, |(i, _)| i);
        format!("UART{} ends with {:?}", self.uart, &text[from..])
    }
}
