//! The terminal: raw mode that always ends, messages, the status line.

use super::exit::BadInput;
use crate::outlet::{self, To};
use esplens_gdb::printable::printable;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

/// The terminal is raw now: line ends need a carriage return.
static RAW: AtomicBool = AtomicBool::new(false);
/// A status line is shown and must be cleared before anything else is printed.
static STATUS: AtomicBool = AtomicBool::new(false);

/// Takes a line of esplens's own.
type Take = Box<dyn Fn(&str) + Send>;
/// Where lines go while the dashboard has the terminal.
static SCREEN: Mutex<Option<Take>> = Mutex::new(None);

fn screen() -> MutexGuard<'static, Option<Take>> {
    SCREEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on the dashboard has the terminal: lines go to `take` and nothing else is printed.
pub fn hand_over(take: impl Fn(&str) + Send + 'static) {
    *screen() = Some(Box::new(take));
}

/// The dashboard has ended.
pub fn take_back() {
    *screen() = None;
}

/// True while the dashboard has the terminal.
pub fn handed_over() -> bool {
    screen().is_some()
}

/// Where log lines are written, each in one piece: standard error, or the dashboard.
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
        crate::signals::guard_terminal(false);
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
pub fn restore() {
    if RAW.swap(false, Ordering::SeqCst) {
        let _ = crossterm::terminal::disable_raw_mode();
    }
}

/// One line of esplens's own on stderr.
pub fn message(text: &str) {
    let text = &*printable(text);
    if let Some(take) = screen().as_ref() {
        return take(&format!("esplens: {text}"));
    }
    clear_status();
    let end = if RAW.load(Ordering::SeqCst) { "\r\n" } else { "\n" };
    outlet::write(To::Err, format!("esplens: {text}{end}").as_bytes());
}

/// Something that the user should know and that stops nothing.
pub fn warning(text: &str) {
    message(&format!("warning: {text}"));
}

/// Text for standard output that is not the firmware's.
pub fn text(text: &str) {
    clear_status();
    let text = if RAW.load(Ordering::SeqCst) { text.replace('\n', "\r\n") } else { text.to_string() };
    outlet::write(To::Out, text.as_bytes());
}

/// What a command is there to say, on standard output itself: waits for its reader. One that has closed its end has read
/// enough.
///
/// # Errors
/// What standard output says otherwise, as on a full disk.
pub fn print(text: &str) -> Result<(), BadInput> {
    said(put(&mut io::stdout().lock(), text.as_bytes()))
}

/// The result of writing to standard output as the user is told of it.
pub fn said(written: io::Result<()>) -> Result<(), BadInput> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(BadInput(format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes all, also where the other side has made the stream one that does not wait.
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

/// A line on stderr as it is.
pub fn line(text: &str) {
    clear_status();
    outlet::write(To::Err, format!("{text}\n").as_bytes());
}

/// A line on standard error as it is.
pub fn error(text: &str) {
    clear_status();
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Shows a line that the next output replaces; only where nobody types and somebody looks.
pub fn status(text: &str) {
    if !handed_over() && std::io::stderr().is_terminal() && !RAW.load(Ordering::SeqCst) {
        outlet::write(To::Err, format!("\r\x1b[Kesplens: {text}").as_bytes());
        STATUS.store(true, Ordering::SeqCst);
    }
}

/// Takes the status line away.
pub fn clear_status() {
    if STATUS.swap(false, Ordering::SeqCst) {
        outlet::write(To::Err, b"\r\x1b[K");
    }
}

/// What a program wrote to its standard output (or error, `fd` 2) over SIMCALL.
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
