//! Terminal setup for the dashboard, and its restoration.

use crate::outlet::{self, OutputStream, To};
use base64::prelude::{BASE64_STANDARD, Engine};
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

/// The dashboard uses the terminal.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// A thread has panicked.
static PANICKED: AtomicBool = AtomicBool::new(false);
/// Lock held while writing to the terminal, so that nothing is drawn after it has been restored.
static WRITING: Mutex<()> = Mutex::new(());
/// Number of attempts, and milliseconds between them, with which a panic takes that lock: its own thread may hold it.
const TRIES: (u32, u64) = (50, 2);
/// Stream for the terminal's output.
const OUT: OutputStream = OutputStream(To::Out);
/// Longest wait, when restoring, for a terminal that accepts no output.
const TIMEOUT: Duration = Duration::from_millis(100);
/// Maximum length of text for the clipboard; terminals refuse more.
const MAX_CLIPBOARD: usize = 74_000;

/// Terminal in use by the dashboard; dropping it restores the terminal.
pub struct Screen(());

impl Screen {
    /// Takes the terminal. A panic of any thread restores it before the panic message is printed, then calls `end` on a
    /// new thread.
    ///
    /// # Errors
    /// When standard output is not a terminal.
    pub fn take(end: impl Fn() + Send + Sync + 'static) -> io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let end = std::sync::Arc::new(end);
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                PANICKED.store(true, Ordering::SeqCst);
                let _writing = (0..TRIES.0).find_map(|_| {
                    let lock = WRITING.try_lock().ok();
                    if lock.is_none() {
                        std::thread::sleep(Duration::from_millis(TRIES.1));
                    }
                    lock
                });
                restore();
                before(panic);
                let end = end.clone();
                std::thread::spawn(move || end());
            }));
        });
        crate::signals::guard_terminal(false, restore);
        let screen = Self(());
        screen.enter()?;
        Ok(screen)
    }

    fn enter(&self) -> io::Result<()> {
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        execute!(OUT, EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste, cursor::Hide)
    }

    /// Takes the terminal again after the process was stopped.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn again(&self) -> io::Result<()> {
        if !panicked() {
            let _ = disable_raw_mode();
            self.enter()?;
        }
        Ok(())
    }

    /// Restores the terminal, stops the process as Ctrl-Z does, and takes the terminal again when the process
    /// continues.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn suspend(&self) -> io::Result<()> {
        restore();
        stop_process();
        self.again()
    }

    /// Locks the terminal for writing. Returns `None` if it has been restored.
    #[must_use]
    pub fn writing(&self) -> Option<MutexGuard<'static, ()>> {
        let guard = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        TAKEN.load(Ordering::SeqCst).then_some(guard)
    }

    /// Returns standard output, for a backend: writing never waits for the terminal.
    #[must_use]
    pub fn out(&self) -> OutputStream {
        OUT
    }

    /// Copies text to the clipboard of the terminal's user (OSC 52), over SSH as well.
    pub fn copy(&self, text: &str) {
        outlet::write(To::Out, &osc52(text));
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Returns true if a thread has panicked since the terminal was first taken.
#[must_use]
pub fn panicked() -> bool {
    PANICKED.load(Ordering::SeqCst)
}

/// Restores the terminal; does nothing if it was not taken.
pub fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(OUT, DisableBracketedPaste, DisableMouseCapture, LeaveAlternateScreen, cursor::Show);
        outlet::finish(TIMEOUT);
        let _ = disable_raw_mode();
    }
}

/// Stops this process group, as the terminal does at Ctrl-Z; returns when it continues. Does nothing if there is no
/// shell that could continue it.
#[cfg(unix)]
fn stop_process() {
    use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: no handler of this program runs: the default action is set, later the previous one.
    let before = unsafe { sigaction(Signal::SIGTSTP, &default) };
    let _ = kill(nix::unistd::Pid::from_raw(0), Signal::SIGTSTP);
    // The kernel may deliver the signal to another thread: this one must not continue before the process is stopped.
    std::thread::sleep(Duration::from_millis(20));
    if let Ok(before) = before {
        // SAFETY: as above.
        let _ = unsafe { sigaction(Signal::SIGTSTP, &before) };
    }
}

#[cfg(not(unix))]
fn stop_process() {}

/// Calls `tell` when the terminal is closed, independently of reading and drawing.
///
/// # Errors
/// When the host cannot create a thread.
#[cfg(unix)]
pub fn watch_hangup(tell: impl FnOnce() + Send + 'static) -> io::Result<()> {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use std::os::fd::AsFd;
    std::thread::Builder::new().name("dash hangup".into()).spawn(move || {
        let out = io::stdout();
        // Hang-up and error are reported without being requested.
        let look = || poll(&mut [PollFd::new(out.as_fd(), PollFlags::empty())], PollTimeout::NONE);
        while look() == Err(nix::errno::Errno::EINTR) {}
        tell();
    })?;
    Ok(())
}

/// Does nothing on this system.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn watch_hangup(_tell: impl FnOnce() + Send + 'static) -> io::Result<()> {
    Ok(())
}

/// Calls `tell` when another process stops this one (true: before the stop) or continues it.
///
/// # Errors
/// When the host cannot create a thread.
#[cfg(unix)]
pub fn job_control(mut tell: impl FnMut(bool) + Send + 'static) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let (mut stop, mut go_on) = {
        let _inside = runtime.enter();
        let number = |s: nix::sys::signal::Signal| SignalKind::from_raw(s as i32);
        (signal(number(nix::sys::signal::SIGTSTP))?, signal(number(nix::sys::signal::SIGCONT))?)
    };
    std::thread::Builder::new().name("dash jobs".into()).spawn(move || {
        runtime.block_on(async {
            loop {
                tokio::select! {
                    Some(()) = stop.recv() => tell(true),
                    Some(()) = go_on.recv() => tell(false),
                    else => return,
                }
            }
        });
    })?;
    Ok(())
}

/// Does nothing on this system.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn job_control(_tell: impl FnMut(bool) + Send + 'static) -> io::Result<()> {
    Ok(())
}

/// Returns the escape sequence that sets the clipboard.
fn osc52(text: &str) -> Vec<u8> {
    let mut end = text.len().min(MAX_CLIPBOARD);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    [b"\x1b]52;c;", BASE64_STANDARD.encode(&text[..end]).as_bytes(), b"\x07"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clipboard_gets_base64() {
        assert_eq!(osc52("é"), b"\x1b]52;c;w6k=\x07");
        assert!(osc52(&"é".repeat(100_000)).len() < 100_000);
    }
}
