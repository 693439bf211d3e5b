//! The terminal: raw mode that always ends, messages, the status line.

use std::io::{IsTerminal, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// The terminal is raw now: line ends need a carriage return.
static RAW: AtomicBool = AtomicBool::new(false);
/// A status line is shown and must be cleared before anything else is printed.
static STATUS: AtomicBool = AtomicBool::new(false);

/// Raw mode for as long as this lives; a panic ends it too.
#[derive(Debug)]
pub struct Raw(());

impl Raw {
    /// Enters raw mode; `None` when the terminal cannot.
    pub fn enter() -> Option<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                restore();
                before(panic);
            }));
        });
        crossterm::terminal::enable_raw_mode().ok()?;
        RAW.store(true, Ordering::SeqCst);
        Some(Self(()))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        restore();
    }
}

/// Ends raw mode; harmless when there is none.
fn restore() {
    if RAW.swap(false, Ordering::SeqCst) {
        let _ = crossterm::terminal::disable_raw_mode();
    }
}

/// One line of esplens's own on stderr.
pub fn message(text: &str) {
    clear_status();
    let end = if RAW.load(Ordering::SeqCst) { "\r\n" } else { "\n" };
    let _ = write!(std::io::stderr(), "esplens: {text}{end}");
}

/// Text for standard output that is not the firmware's.
pub fn text(text: &str) {
    clear_status();
    let text = if RAW.load(Ordering::SeqCst) { text.replace('\n', "\r\n") } else { text.to_string() };
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Shows a line that the next output replaces; only where nobody types and somebody looks.
pub fn status(text: &str) {
    if std::io::stderr().is_terminal() && !RAW.load(Ordering::SeqCst) {
        let _ = write!(std::io::stderr(), "\r\x1b[Kesplens: {text}");
        let _ = std::io::stderr().flush();
        STATUS.store(true, Ordering::SeqCst);
    }
}

/// Takes the status line away.
pub fn clear_status() {
    if STATUS.swap(false, Ordering::SeqCst) {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
}

/// What a program wrote to its standard output (or error, `fd` 2) over SIMCALL.
pub fn console(fd: u8, bytes: &[u8]) {
    clear_status();
    let _ = if fd == 2 {
        std::io::stderr().write_all(bytes)
    } else {
        let mut out = std::io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush())
    };
}
