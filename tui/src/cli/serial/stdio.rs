//! A UART on this terminal. Keys pass as they are; Ctrl-A is the escape, as in QEMU and picocom.

use super::{Backend, Event};
use crate::cli::terminal;
use std::io::{IsTerminal, Read, Write};
use std::sync::mpsc::SyncSender;

/// Ctrl-A.
const ESCAPE: u8 = 1;

/// Standard input and output; the terminal is raw while this lives.
pub struct Stdio {
    _raw: Option<terminal::Raw>,
}

impl Stdio {
    /// Takes the terminal, if standard input is one, and starts reading.
    pub fn open(uart: u8, events: SyncSender<Event>) -> Self {
        let keys = std::io::stdin().is_terminal();
        let raw = if keys { terminal::Raw::enter() } else { None };
        let thread = std::thread::Builder::new().name("stdin".into());
        if let Err(error) = thread.spawn(move || receive(uart, keys, &events)) {
            terminal::message(&format!("standard input: {error}"));
        }
        Self { _raw: raw }
    }
}

impl Backend for Stdio {
    fn write(&mut self, bytes: &[u8]) {
        terminal::clear_status();
        let mut out = std::io::stdout().lock();
        // A closed pipe takes the output away, not the run.
        let _ = out.write_all(bytes).and_then(|()| out.flush());
    }
}

fn receive(uart: u8, keys: bool, events: &SyncSender<Event>) {
    let mut escape = Escape::default();
    let mut buffer = [0; 1024];
    loop {
        let n = match std::io::stdin().lock().read(&mut buffer) {
            Ok(0) => return,
            Ok(n) => n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        let (bytes, command) = if keys { escape.filter(&buffer[..n]) } else { (buffer[..n].to_vec(), None) };
        if !bytes.is_empty() && events.send(Event::Input(uart, bytes)).is_err() {
            return;
        }
        match command {
            Some(Key::Quit) => {
                let _ = events.send(Event::Quit);
                return;
            }
            Some(Key::Help) => terminal::message(HELP),
            None => {}
        }
    }
}

const HELP: &str =
    "Ctrl-A x quits, Ctrl-A h shows this, Ctrl-A Ctrl-A sends Ctrl-A; all other keys go to the firmware";

/// What follows Ctrl-A.
#[derive(Debug, PartialEq, Eq)]
enum Key {
    Quit,
    Help,
}

/// Picks Ctrl-A sequences out of what is typed.
#[derive(Default)]
struct Escape {
    armed: bool,
}

impl Escape {
    /// What goes to the firmware, and the command that was typed. What follows a quit is dropped.
    fn filter(&mut self, typed: &[u8]) -> (Vec<u8>, Option<Key>) {
        let mut out = Vec::new();
        let mut command = None;
        for &key in typed {
            if !std::mem::take(&mut self.armed) {
                if key == ESCAPE {
                    self.armed = true;
                } else {
                    out.push(key);
                }
                continue;
            }
            match key {
                b'x' | b'X' => return (out, Some(Key::Quit)),
                b'h' | b'H' | b'?' => command = Some(Key::Help),
                ESCAPE | b'a' => out.push(ESCAPE),
                _ => {}
            }
        }
        (out, command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_pass_and_the_escape_is_taken_out() {
        let mut e = Escape::default();
        assert_eq!(e.filter(b"\x03\x1b[A\r"), (b"\x03\x1b[A\r".to_vec(), None));
        assert_eq!(e.filter(b"a\x01"), (b"a".to_vec(), None));
        assert_eq!(e.filter(b"xrest"), (vec![], Some(Key::Quit)));
        assert_eq!(e.filter(b"\x01hb\x01\x01"), (b"b\x01".to_vec(), Some(Key::Help)));
    }
}
