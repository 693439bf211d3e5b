//! Detects panics in a firmware's output, without symbols.

use super::panic::PanicFacts;
use super::{MAX_LINE, addresses, uncoloured};

/// Reports of an error that the firmware survives.
const SURVIVED: [&str; 2] = ["Task watchdog got triggered", "CORRUPT HEAP"];

/// A panic, as described by its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The core that panicked.
    pub core: usize,
    /// The exception's name, or a sentence if it was not an exception.
    pub cause: String,
    /// Program counter of the panic.
    pub pc: Option<u32>,
    /// Task that panicked, if the text names one.
    pub task: Option<String>,
    /// Program counters of the first backtrace, innermost first.
    pub backtrace: Vec<u32>,
    /// The firmware does not continue after it.
    pub fatal: bool,
}

/// Line-by-line watcher of a firmware's output.
#[derive(Debug, Default)]
pub struct OutputWatcher {
    panic: Option<PanicFacts>,
    seen: Option<Seen>,
    dumps: bool,
}

impl OutputWatcher {
    /// Parses a line; returns true if a panic begins with it.
    pub fn line(&mut self, line: &str) -> bool {
        if line.len() > MAX_LINE {
            return false;
        }
        let line = &*uncoloured(line.trim_end());
        self.dumps = (self.dumps || line.contains("CORE DUMP START")) && !line.contains("CORE DUMP END");
        let fatal = !SURVIVED.iter().any(|mark| line.contains(mark));
        let began = PanicFacts::begin(line).is_some_and(|begun| self.begin(begun, fatal));
        let Some(panic) = &mut self.panic else { return began };
        panic.take(line);
        // A core dump may follow the image's hash.
        let end = PanicFacts::is_end(line) && !line.contains("ELF file SHA256");
        let seen = self.seen.get_or_insert_default();
        panic.tell_to(seen);
        if seen.backtrace.is_empty() && line.contains("Backtrace:") {
            seen.backtrace = addresses(line).collect();
        }
        if end {
            self.panic = None;
        }
        began
    }

    /// Handles a first line: begins a new panic, or adds to the panic that is being printed.
    fn begin(&mut self, begun: PanicFacts, fatal: bool) -> bool {
        let told = self.seen.as_ref().is_some_and(|s| !s.backtrace.is_empty());
        match &mut self.panic {
            Some(panic) if !told => {
                panic.merge(begun);
                self.seen.get_or_insert_default().fatal |= fatal;
                false
            }
            panic => {
                *panic = Some(begun);
                self.seen = Some(Seen { fatal, ..Seen::default() });
                true
            }
        }
    }

    /// Returns true while a panic is being printed, up to the restart.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.panic.is_some()
    }

    /// Returns true while a core dump is being printed.
    #[must_use]
    pub fn dumps(&self) -> bool {
        self.dumps
    }

    /// Returns the latest panic.
    #[must_use]
    pub fn seen(&self) -> Option<&Seen> {
        self.seen.as_ref()
    }
}

impl PanicFacts {
    /// Copies the facts known so far to `seen`.
    fn tell_to(&self, seen: &mut Seen) {
        seen.core = self.core();
        seen.cause = self.name.clone().or_else(|| self.sentence.clone()).unwrap_or_default();
        seen.pc = self.regs.get("PC").copied().or(seen.pc);
        seen.task = self.task.clone().or(seen.task.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(text: &str) -> (OutputWatcher, Vec<bool>) {
        let mut watch = OutputWatcher::default();
        let began = text.lines().map(|l| watch.line(l)).collect();
        (watch, began)
    }

    #[test]
    fn a_panic_is_known_by_its_text() {
        let text = "I (12) boot: fine\n\
            Guru Meditation Error: Core  1 panic'ed (StoreProhibited). Exception was unhandled.\n\
            Core  1 register dump:\n\
            PC      : 0x400d2143  PS      : 0x00060130  A0      : 0x800d3171  A1      : 0x3ffb46b0\n\
            Backtrace: 0x400d2143:0x3ffb46b0 0x400d316e:0x3ffb46e0";
        let (mut watch, began) = watch(text);
        assert_eq!(began, [false, true, false, false, false]);
        let seen = watch.seen().unwrap().clone();
        assert_eq!((seen.core, &*seen.cause, seen.pc), (1, "StoreProhibited", Some(0x400D_2143)));
        assert_eq!((seen.backtrace, seen.fatal), (vec![0x400D_2143, 0x400D_316E], true));
        assert!(watch.is_open());
        watch.line("ELF file SHA256: 0123456789abcdef");
        assert!(watch.is_open());
        watch.line("Rebooting...");
        assert!(!watch.is_open());
        assert_eq!(watch.seen().unwrap().cause, "StoreProhibited", "it stays known");
    }

    #[test]
    fn an_assertion_and_the_abort_that_follows_are_one() {
        let text = "assert failed: app_main main.c:7 (x > 0)\nabort() was called at PC 0x400d2143 on core 0";
        let (watch, began) = watch(text);
        assert_eq!(began, [true, false]);
        let seen = watch.seen().unwrap();
        assert_eq!(
            (&*seen.cause, seen.pc),
            ("an assertion does not hold: app_main main.c:7 (x > 0)", Some(0x400D_2143))
        );
    }

    #[test]
    fn a_firmware_survives_the_task_watchdogs_message() {
        let (watch, _) =
            watch("E (103) task_wdt: Task watchdog got triggered. The following tasks did not reset");
        assert!(!watch.seen().unwrap().fatal);
    }

    #[test]
    fn a_core_dump_has_a_beginning_and_an_end() {
        let (mut watch, _) = watch("================= CORE DUMP START =================\nAAAA");
        assert!(watch.dumps());
        watch.line("================= CORE DUMP END =================");
        assert!(!watch.dumps());
    }
}
