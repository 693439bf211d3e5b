//! Signals that end the process silently: the terminal is restored first.

#[cfg(unix)]
use std::sync::{Mutex, PoisonError};

/// Functions that restore the terminal.
#[cfg(unix)]
static RESTORE: Mutex<Vec<fn()>> = Mutex::new(Vec::new());

/// Restores the terminal before an otherwise unhandled signal ends the process: SIGQUIT, the user's signals, timers.
/// With `all` also the termination signals (SIGINT, SIGTERM, SIGHUP), for commands that need no other cleanup. The
/// signal still ends the process. `restore` restores the terminal, or does nothing if it was not taken.
#[cfg(unix)]
pub fn guard_terminal(all: bool, restore: fn()) {
    use nix::sys::signal::Signal;
    use std::sync::Once;
    static QUIET: Once = Once::new();
    static ENDING: Once = Once::new();
    let mut known = RESTORE.lock().unwrap_or_else(PoisonError::into_inner);
    if !known.iter().any(|f| std::ptr::fn_addr_eq(*f, restore)) {
        known.push(restore);
    }
    drop(known);
    let quiet = [
        Signal::SIGQUIT,
        Signal::SIGABRT,
        Signal::SIGUSR1,
        Signal::SIGUSR2,
        Signal::SIGALRM,
        Signal::SIGVTALRM,
        Signal::SIGPROF,
        Signal::SIGXCPU,
    ];
    QUIET.call_once(|| start(&quiet));
    if all {
        ENDING.call_once(|| start(&[Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP]));
    }
}

#[cfg(not(unix))]
pub fn guard_terminal(_all: bool, _restore: fn()) {}

#[cfg(unix)]
fn start(signals: &[nix::sys::signal::Signal]) {
    for &signal in signals {
        if let Err(error) = wait_for(signal) {
            tracing::debug!(%signal, %error, "not handled");
        }
    }
}

/// Spawns a thread that waits for one signal.
#[cfg(unix)]
fn wait_for(signal: nix::sys::signal::Signal) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal as listen};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let mut arrives = {
        let _inside = runtime.enter();
        listen(SignalKind::from_raw(signal as i32))?
    };
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        if runtime.block_on(arrives.recv()).is_some() {
            end_by(signal);
        }
    })?;
    Ok(())
}

#[cfg(unix)]
fn end_by(signal: nix::sys::signal::Signal) {
    use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, raise, sigaction};
    let restore = RESTORE.lock().unwrap_or_else(PoisonError::into_inner).clone();
    restore.iter().for_each(|f| f());
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: no handler of this program runs any more: the default action ends the process.
    let _ = unsafe { sigaction(signal, &default) };
    let _ = raise(signal);
}
