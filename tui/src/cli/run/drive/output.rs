//! Output of the machine: UARTs to their lines, warnings to stderr, UART0 to the patterns.

use super::RunLoop;
use crate::cli::exit::CliExit;
use crate::cli::patterns::{Found, PAUSE, PatternHit};
use crate::cli::serial::UARTS;
use crate::cli::target::Target;
use crate::cli::terminal;
use esplens_core::time::Ticks;
use esplens_soc::system::Output;
use std::time::Instant;

impl RunLoop {
    /// Delivers output to its destinations; `last`: nothing follows.
    pub(super) fn deliver(&mut self, target: &mut dyn Target, last: bool) -> Option<CliExit> {
        let mut text: [Vec<u8>; UARTS] = Default::default();
        let (mut messages, mut console) = (Vec::new(), Vec::new());
        for output in target.take_output() {
            match output {
                Output::Uart { n, byte } => {
                    if let Some(line) = text.get_mut(usize::from(n)) {
                        line.push(byte);
                    }
                }
                Output::Warning(warning) => messages.push(format!("warning: {warning}")),
                Output::Note(note) => messages.push(note),
                Output::Console { fd, bytes } => {
                    terminal::console(fd, &bytes);
                    console.extend(bytes);
                }
                Output::Trace(line) => self.sinks.line(&line),
                Output::NetFrame(frame) => self.sinks.frame(&frame),
                Output::Pad { .. } => {}
            }
        }
        self.write(&text, target);
        self.sinks.flush();
        messages.iter().for_each(|m| terminal::message(m));
        text[0].extend(console);
        let (now, bytes) = (target.now(), std::mem::take(&mut text[0]));
        let mut found = self.patterns.feed(&bytes, now);
        if last {
            found.extend(self.patterns.feed(b"", Ticks::MAX));
        }
        found.into_iter().find_map(|found| self.act(found, now))
    }

    /// Writes the UARTs' text to their lines, with a panic's explanation after it.
    fn write(&mut self, text: &[Vec<u8>; UARTS], target: &dyn Target) {
        for (uart, bytes) in text.iter().enumerate().filter(|(_, b)| !b.is_empty()) {
            self.backlog.keep(uart, bytes);
            self.last_output = Instant::now();
            if uart > 0 {
                self.lines.write(uart as u8, bytes);
                continue;
            }
            self.crashes.feed(bytes, target);
            match &mut self.explain {
                Some(explain) => self.lines.write(0, &explain.feed(bytes, target.machine())),
                None => self.lines.write(0, bytes),
            }
        }
    }

    /// Carries out the action of a matched pattern.
    fn act(&mut self, found: Found, now: Ticks) -> Option<CliExit> {
        match found {
            Found::Send(bytes) => {
                // Equal runs type at equal times, independent of the slices' ends.
                let due = now.next_multiple_of(PAUSE);
                self.typed.push_back((due, bytes));
                None
            }
            Found::Ready(hit) => {
                self.ready(&hit, now);
                None
            }
            Found::Exit(hit) => {
                let exit = CliExit::Matched(hit.text.clone());
                self.hit = Some((hit, now));
                Some(exit)
            }
            Found::Fail(hit) => {
                self.hit = Some((hit, now));
                self.closing = Some(now);
                None
            }
        }
    }

    /// Reports that `--ready-on` matched.
    fn ready(&self, hit: &PatternHit, now: Ticks) {
        if let Some(path) = &self.ready_file
            && let Err(error) = esplens_soc::hostfile::create(path)
        {
            terminal::warning(&format!("--ready-file {}: {error}", path.display()));
        }
        // The file exists before this message is printed.
        let at = self.seconds(now);
        terminal::message(&format!("ready: '{}' matched at {at:.3} s, line {}", hit.pattern, hit.line));
    }

    /// Types text that is due.
    pub(super) fn type_in(&mut self, now: Ticks) {
        while self.typed.front().is_some_and(|(due, _)| *due <= now) {
            self.typed.pop_front().into_iter().for_each(|(_, bytes)| self.incoming.queue(0, bytes));
        }
    }

    /// Returns the end of the slice that begins now.
    pub(super) fn slice_end(&self, now: Ticks) -> Ticks {
        let slice = self.pace.slice();
        let end = (now / slice).saturating_add(1).saturating_mul(slice);
        self.typed.front().map_or(end, |(due, _)| end.min(*due))
    }
}
