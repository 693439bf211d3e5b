//! Firmware panics, reported at the end of a run and in `--stats=json`.

use super::linebuf::LineBuffer;
use super::target::Target;
use esplens_debuginfo::explain::{OutputWatcher, Seen};
use esplens_soc::system::ResetCause;
use serde::Serialize;
use std::time::Duration;

/// Timeout for loading the symbols of a panic's functions; only a failing disk exceeds it.
const SYMBOLS: Duration = Duration::from_secs(20);

/// A panic with symbolic names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CrashPanic {
    /// Name of the exception, or a description of the cause.
    pub cause: String,
    /// Core that panicked.
    pub core: usize,
    /// PC, as `0x400d1234`.
    pub pc: Option<String>,
    /// Function at the PC.
    pub function: Option<String>,
    /// File and line at the PC.
    pub place: Option<String>,
    /// Task that ran.
    pub task: Option<String>,
    /// One entry per call, innermost first: `0x400d1234 function file:line`.
    pub backtrace: Vec<String>,
}

impl std::fmt::Display for CrashPanic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.cause)?;
        if let Some(at) = self.function.as_ref().or(self.pc.as_ref()) {
            write!(f, " at {at}")?;
        }
        if let Some(place) = &self.place {
            write!(f, " {place}")?;
        }
        if let Some(task) = &self.task {
            write!(f, " (task {task})")?;
        }
        Ok(())
    }
}

/// Panic detector on UART0's output.
#[derive(Default)]
pub struct Crashes {
    watch: OutputWatcher,
    line: LineBuffer,
    /// Task that ran when the panic began, from the kernel's data.
    task: Option<String>,
}

impl Crashes {
    /// Processes output.
    pub fn feed(&mut self, bytes: &[u8], target: &dyn Target) {
        for part in bytes.split_inclusive(|b| *b == b'\n') {
            if let Some(line) = self.line.take(part) {
                self.take(&line, target);
            }
        }
    }

    fn take(&mut self, line: &str, target: &dyn Target) {
        if self.watch.line(line) {
            // Explaining the panic needs the symbols. Virtual time does not advance meanwhile.
            target.wait_for_symbols(SYMBOLS);
            let core = self.watch.seen().map_or(0, |s| s.core);
            self.task = target.running_task(core);
        }
    }

    /// Returns true while a panic is being printed.
    pub fn is_open(&self) -> bool {
        self.watch.is_open()
    }

    /// Returns true while a core dump is being printed.
    pub fn dumps(&self) -> bool {
        self.watch.dumps()
    }

    /// Returns the latest panic.
    pub fn latest(&self, target: &dyn Target) -> Option<CrashPanic> {
        self.watch.seen().map(|seen| self.in_words(seen, target))
    }

    /// Returns the panic that led to a reset: the printed one, or the one that ESP-IDF recorded in a register.
    pub fn at_reset(&self, cause: ResetCause, target: &dyn Target) -> Option<CrashPanic> {
        let printed = self.watch.seen().filter(|s| s.fatal);
        let printed = printed.map(|seen| self.in_words(seen, target));
        let software = matches!(cause, ResetCause::Software | ResetCause::SoftwareCpu);
        let noted = || target.reset_hint().and_then(hint).filter(|_| software);
        printed.or_else(|| noted().map(|cause| CrashPanic { cause: cause.into(), ..CrashPanic::default() }))
    }

    fn in_words(&self, seen: &Seen, target: &dyn Target) -> CrashPanic {
        let names = |pc: u32| target.place(pc);
        let (function, place) = seen.pc.map_or((None, None), names);
        let call = |pc: &u32| {
            let (function, place) = names(*pc);
            let words = [Some(format!("{pc:#010x}")), function, place];
            words.into_iter().flatten().collect::<Vec<_>>().join(" ")
        };
        CrashPanic {
            cause: seen.cause.clone(),
            core: seen.core,
            pc: seen.pc.map(|pc| format!("{pc:#010x}")),
            function,
            place,
            task: seen.task.clone().or_else(|| self.task.clone()),
            backtrace: seen.backtrace.iter().map(call).collect(),
        }
    }
}

/// Decodes the hint that ESP-IDF writes to RTC_CNTL_STORE6 before its panic handler's reset: esp_reset_reason_t in both
/// halves, bit 31 (`esp_reset_reason_set_hint`, reset_reason.c).
fn hint(store6: u32) -> Option<&'static str> {
    let (high, low) = (store6 >> 16 & 0x7FFF, store6 & 0x7FFF);
    match low {
        _ if store6 >> 31 == 0 || high != low => None,
        4 => Some("a panic that printed nothing"),
        5 => Some("the interrupt watchdog"),
        6 => Some("the task watchdog"),
        7 => Some("a watchdog"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idfs_note_of_a_panic_is_read_and_others_are_not() {
        assert_eq!(hint(0x8004_0004), Some("a panic that printed nothing"));
        assert_eq!(hint(0x8006_0006), Some("the task watchdog"));
        for other in [0, 4, 0x0004_0004, 0x8003_0003, 0x8004_0005, 0xFFFF_FFFF] {
            assert_eq!(hint(other), None, "{other:#x}");
        }
    }

    #[test]
    fn a_panic_is_one_sentence() {
        let panic = CrashPanic {
            cause: "StoreProhibited".into(),
            function: Some("app_main".into()),
            place: Some("main.c:21".into()),
            task: Some("main".into()),
            ..CrashPanic::default()
        };
        assert_eq!(panic.to_string(), "StoreProhibited at app_main main.c:21 (task main)");
    }
}
