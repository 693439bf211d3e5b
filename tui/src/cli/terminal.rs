//! Terminal handling: raw mode that is always restored, messages, the status line.

use super::exit::BadInput;
use crate::outlet::{self, To};
use esplens_debuginfo::printable::printable;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

/// The terminal is in raw mode: line ends need a carriage return.
static RAW: AtomicBool = AtomicBool::new(false);
/// A status line is shown and must be cleared before anything else is printed.
static STATUS: AtomicBool = AtomicBool::new(false);

/// Receiver of esplens's own lines.
type Take = Box<dyn Fn(&str) + Send>;
/// Destination of lines while the dashboard uses the terminal.
static SCREEN: Mutex<Option<Take>> = Mutex::new(None);

fn screen() -> MutexGuard<'static, Option<Take>> {
    SCREEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives the terminal to the dashboard: lines go to `take` and nothing else is printed.
pub fn hand_over(take: impl Fn(&str) + Send + 'static) {
    *screen() = Some(Box::new(take));
}

/// Takes the terminal back after the dashboard has ended.
pub fn take_back() {
    *screen() = None;
}

/// Returns true while the dashboard uses the terminal.
pub fn handed_over() -> bool {
    screen().is_some()
}

/// Writer for log lines, each in one piece: to standard error or the dashboard.
#[derive(Clone, Copy, Debug)]
pub struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        message(String::from_utf8_lossy(bytes).trim_end());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Raw mode until this is dropped; a panic ends it too.
#[derive(Debug)]
pub struct RawMode(());

impl RawMode {
    /// Enters raw mode. Returns `None` if the terminal does not support it.
    pub fn enter() -> Option<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                restore();
                before(panic);
            }));
        });
        crate::signals::guard_terminal(false, restore);
        crossterm::terminal::enable_raw_mode().ok()?;
        RAW.store(true, Ordering::SeqCst);
        Some(Self(()))
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        restore();
    }
}

/// Ends raw mode; does nothing if it is off.
pub fn restore() {
    if RAW.swap(false, Ordering::SeqCst) {
        let _ = crossterm::terminal::disable_raw_mode();
    }
}

/// Prints one of esplens's own lines on stderr.
pub fn message(text: &str) {
    let text = &*printable(text);
    if let Some(take) = screen().as_ref() {
        return take(&format!("esplens: {text}"));
    }
    clear_status();
    let end = if RAW.load(Ordering::SeqCst) { "\r\n" } else { "\n" };
    outlet::write(To::Err, format!("esplens: {text}{end}").as_bytes());
}

/// Prints a warning: the user should know about it, but the run continues.
pub fn warning(text: &str) {
    message(&format!("warning: {text}"));
}

/// Prints text on standard output that is not the firmware's.
pub fn text(text: &str) {
    clear_status();
    let text = if RAW.load(Ordering::SeqCst) { text.replace('\n', "\r\n") } else { text.to_string() };
    outlet::write(To::Out, text.as_bytes());
}

/// Prints a command's result directly on standard output; waits for the reader. A reader that has closed its end is no
/// error.
///
/// # Errors
/// Other errors of standard output, such as a full disk.
pub fn print(text: &str) -> Result<(), BadInput> {
    said(put(&mut io::stdout().lock(), text.as_bytes()))
}

/// Converts the result of writing to standard output into the user's error.
pub fn said(written: io::Result<()>) -> Result<(), BadInput> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(BadInput(format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes all bytes, also if another process has set the stream to non-blocking.
fn put(to: &mut impl Write, mut bytes: &[u8]) -> io::Result<()> {
    loop {
        let written = if bytes.is_empty() { to.flush().map(|()| None) } else { to.write(bytes).map(Some) };
        match written {
            Ok(None) => return Ok(()),
            Ok(Some(0)) => return Err(ErrorKind::WriteZero.into()),
            Ok(Some(n)) => bytes = &bytes[n..],
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) if e.kind() == ErrorKind::WouldBlock => std::thread::sleep(Duration::from_millis(10)),
            Err(e) => return Err(e),
        }
    }
}

/// Prints a line on stderr unchanged.
pub fn line(text: &str) {
    clear_status();
    outlet::write(To::Err, format!("{text}\n").as_bytes());
}

/// Prints a line directly on standard error, bypassing the output queue.
pub fn error(text: &str) {
    clear_status();
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Shows a line that the next output replaces. Only if stderr is a terminal that is not in raw mode.
pub fn status(text: &str) {
    if !handed_over() && std::io::stderr().is_terminal() && !RAW.load(Ordering::SeqCst) {
        outlet::write(To::Err, format!("\r\x1b[Kesplens: {text}").as_bytes());
        STATUS.store(true, Ordering::SeqCst);
    }
}

/// Removes the status line.
pub fn clear_status() {
    if STATUS.swap(false, Ordering::SeqCst) {
        outlet::write(To::Err, b"\r\x1b[K");
    }
}

/// Prints a program's SIMCALL output to its standard output (or error, `fd` 2).
pub fn console(fd: u8, bytes: &[u8]) {
    if handed_over() {
        return;
    }
    clear_status();
    outlet::write(if fd == 2 { To::Err } else { To::Out }, bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_an_error_and_a_closed_pipe_is_none() {
        let mut full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let error = said(put(&mut full, b"text")).unwrap_err().to_string();
        assert!(error.starts_with("standard output: No space left"), "{error}");
        let (reader, mut pipe) = io::pipe().unwrap();
        drop(reader);
        assert!(put(&mut pipe, b"text").is_err() && said(put(&mut pipe, b"text")).is_ok());
    }
}
