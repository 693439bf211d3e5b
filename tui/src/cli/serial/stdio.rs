//! UART on this terminal. Keys pass unchanged; Ctrl-A is the escape, as in QEMU and picocom. With a monitor on stdio as
//! well, Ctrl-A c switches between the two, as QEMU's `mon:stdio` does.

use super::inlet::Inlet;
use super::prompt::TypedLine;
use super::{Backend, SerialEvent};
use crate::cli::terminal;
use crate::outlet::{self, To};
use esplens_supervisor::Handle;
use std::io::{IsTerminal, Read};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Ctrl-A.
const ESCAPE: u8 = 1;

/// Handle of the machine for the monitor that shares standard input.
static MONITOR: OnceLock<Handle> = OnceLock::new();
/// A monitor will be set as soon as there is a machine.
static EXPECTED: AtomicBool = AtomicBool::new(false);
/// Longest wait for the machine.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Makes Ctrl-A the escape from now on, on a terminal or not: [`share`] will be called.
pub fn expect_monitor() {
    EXPECTED.store(true, Ordering::SeqCst);
}

/// Returns the monitor to switch to, if there is one. Waits for an announced one.
fn monitor() -> Option<&'static Handle> {
    let end = Instant::now() + TIMEOUT;
    while EXPECTED.load(Ordering::SeqCst) && MONITOR.get().is_none() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(1));
    }
    MONITOR.get()
}

/// Lets a monitor share standard input with the UART. Returns false if there is a monitor already.
pub fn share(handle: Handle) -> bool {
    MONITOR.set(handle).is_ok()
}

/// Standard input and output; the terminal is raw until this is dropped.
pub struct Stdio {
    _raw: Option<terminal::RawMode>,
}

impl Stdio {
    /// Sets the terminal to raw mode, if standard input is one, and starts reading.
    pub fn open(inlet: Inlet) -> Self {
        let keys = std::io::stdin().is_terminal();
        let raw = if keys { terminal::RawMode::enter() } else { None };
        let thread = std::thread::Builder::new().name("stdin".into());
        if let Err(error) = thread.spawn(move || receive(keys, &inlet)) {
            terminal::warning(&format!("standard input: {error}"));
        }
        Self { _raw: raw }
    }
}

impl Backend for Stdio {
    fn write(&mut self, bytes: &[u8]) {
        terminal::clear_status();
        outlet::write(To::Out, bytes);
    }
}

fn receive(keys: bool, inlet: &Inlet) {
    let mut escape = Escape::default();
    let mut prompt: Option<TypedLine> = None;
    let mut buffer = [0; 1024];
    loop {
        let n = match std::io::stdin().lock().read(&mut buffer) {
            Ok(0) => return,
            Ok(n) => n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        // Without a terminal, the escape only has an effect if there is a monitor to switch to, as in QEMU.
        if !keys && !EXPECTED.load(Ordering::SeqCst) {
            if !inlet.input(buffer[..n].to_vec()) {
                return;
            }
            continue;
        }
        let mut rest = &buffer[..n];
        while !rest.is_empty() {
            let (used, bytes, command) = escape.next(rest);
            rest = &rest[used..];
            match &mut prompt {
                Some(prompt) => prompt.typed(&bytes),
                None if bytes.is_empty() => {}
                None => {
                    if !(if keys { inlet.key(bytes) } else { inlet.input(bytes) }) {
                        return;
                    }
                }
            }
            match command {
                Some(Key::Quit) => {
                    inlet.event(SerialEvent::Quit);
                    return;
                }
                Some(Key::Help) => terminal::message(HELP),
                Some(Key::Switch) => match (prompt.take(), monitor()) {
                    (None, Some(handle)) => prompt = Some(TypedLine::open(handle.clone(), keys)),
                    (None, None) => terminal::message("no monitor here: --monitor stdio"),
                    (Some(old), _) => old.close(),
                },
                None => {}
            }
        }
    }
}

const HELP: &str = "Ctrl-A x quits, Ctrl-A h shows this, Ctrl-A c switches to the monitor and back (--monitor stdio), \
                    Ctrl-A Ctrl-A sends Ctrl-A; all other keys go to the firmware";

/// Command after Ctrl-A.
#[derive(Debug, PartialEq, Eq)]
enum Key {
    Quit,
    Help,
    Switch,
}

/// Parser of Ctrl-A sequences in typed text.
#[derive(Default)]
struct Escape {
    armed: bool,
}

impl Escape {
    /// Returns the number of bytes used, the bytes for the firmware, and the command that follows them.
    fn next(&mut self, typed: &[u8]) -> (usize, Vec<u8>, Option<Key>) {
        let mut out = Vec::new();
        for (n, &key) in typed.iter().enumerate() {
            if !std::mem::take(&mut self.armed) {
                if key == ESCAPE {
                    self.armed = true;
                } else {
                    out.push(key);
                }
                continue;
            }
            let command = match key {
                b'x' | b'X' => Key::Quit,
                b'h' | b'H' | b'?' => Key::Help,
                b'c' | b'C' => Key::Switch,
                ESCAPE | b'a' => {
                    out.push(ESCAPE);
                    continue;
                }
                _ => continue,
            };
            return (n + 1, out, Some(command));
        }
        (typed.len(), out, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_pass_and_the_escape_is_taken_out() {
        let mut e = Escape::default();
        assert_eq!(e.next(b"\x03\x1b[A\r"), (5, b"\x03\x1b[A\r".to_vec(), None));
        assert_eq!(e.next(b"a\x01"), (2, b"a".to_vec(), None));
        assert_eq!(e.next(b"xrest"), (1, vec![], Some(Key::Quit)));
        assert_eq!(e.next(b"\x01hb\x01\x01"), (2, vec![], Some(Key::Help)));
        assert_eq!(e.next(b"b\x01\x01"), (3, b"b\x01".to_vec(), None));
        assert_eq!(e.next(b"ab\x01cinfo\r"), (4, b"ab".to_vec(), Some(Key::Switch)));
    }
}
