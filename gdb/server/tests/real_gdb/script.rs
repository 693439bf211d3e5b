//! Runs GDB with a list of commands, and splits its output by command.

use esplens_supervisor::Speed;
use esplens_testkit::{Served, boot, demo, demo_elf, firmware, gdb, serve};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Time-out against a hang, in seconds; ESPLENS_GDB_SECONDS overrides it. No test takes a fraction of it on an idle
/// host, but hosts are not always idle.
const HANG: &str = "1800";
/// Beginning of the lines that the driver prints between two commands.
const MARK: &str = "@esplens-test@ ";

/// A firmware on a machine with a GDB server, and the GDB that connects to it.
pub struct Bench {
    name: String,
    gdb: PathBuf,
    /// ELF file with the symbols.
    pub elf: PathBuf,
    /// A client of the supervisor.
    pub handle: Served,
    /// Port of the GDB server.
    pub port: u16,
}

impl Bench {
    /// Creates a bench from a machine with a server on `port`. The symbols need not be those of its firmware.
    pub fn new(name: &str, gdb: PathBuf, elf: PathBuf, handle: Served, port: u16) -> Self {
        Self { name: name.into(), gdb, elf, handle, port }
    }

    /// Creates a bench with the bundled demo, at power-on.
    pub fn demo() -> Option<Self> {
        Self::demo_with(gdb())
    }

    /// Creates a bench with the bundled demo for this GDB, if there is one.
    pub fn demo_with(gdb: Option<PathBuf>) -> Option<Self> {
        let (handle, port) = serve(demo());
        Some(Self { name: "demo".into(), gdb: gdb?, elf: demo_elf(), handle, port })
    }

    /// Creates a bench with a firmware of the samples, at power-on; `None` if the samples are not available.
    pub fn foreign(name: &str) -> Option<Self> {
        let (gdb, dir) = (gdb()?, firmware(name)?);
        let (handle, port) = serve(boot(&std::fs::read(dir.join("flash.bin")).unwrap(), name));
        Some(Self { name: name.into(), gdb, elf: dir.join("app.elf"), handle, port })
    }

    /// Resumes the machine, and returns when `ms` of virtual time have passed; the machine keeps running.
    pub fn run_for(&self, ms: u64) {
        let h = self.handle.register("test");
        let by = h.client().clone();
        h.call(move |s| {
            s.set_speed(Speed::Max);
            s.resume(&Default::default(), &by);
        })
        .unwrap();
        self.wait_until(ms);
    }

    /// Runs the machine for about `ms` of virtual time and stops it.
    pub fn run_and_stop(&self, ms: u64) {
        self.run_for(ms);
        let by = self.handle.client().clone();
        self.handle.call(move |s| s.stop(&by)).unwrap();
    }

    /// Waits until virtual time has reached `ms`.
    pub fn wait_until(&self, ms: u64) {
        let end = Instant::now() + Duration::from_secs(900);
        while self.now_ms() < ms {
            assert!(Instant::now() < end, "{}: virtual time stands at {} ms", self.name, self.now_ms());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Returns the virtual milliseconds since power-on.
    pub fn now_ms(&self) -> u64 {
        self.handle.call(|s| s.status().now).unwrap() / (1000 * esplens_core::time::TICKS_PER_US)
    }

    /// Connects, runs the commands and ends GDB; returns the transcript.
    pub fn run(&self, commands: &[&str]) -> Transcript {
        let connect = format!("target remote :{}", self.port);
        let all: Vec<&str> = [connect.as_str()].iter().chain(commands).copied().collect();
        self.run_bare(&all)
    }

    /// Runs the commands, one of which connects.
    pub fn run_bare(&self, commands: &[&str]) -> Transcript {
        // GDB's errors are redirected to standard output, to appear between its answers.
        let mut command = Command::new("sh");
        let hang = std::env::var("ESPLENS_GDB_SECONDS").unwrap_or(HANG.into());
        command.args(["-c", "ulimit -c 0; exec timeout -k 10 \"$0\" \"$@\" 2>&1"]).arg(hang).arg(&self.gdb);
        command.args(["-nx", "-batch"]).arg(&self.elf);
        for line in ["set confirm off", "set width 0", "set height 0", "set style enabled off"] {
            command.args(["-ex", line]);
        }
        for line in commands {
            command.arg("-ex").arg(format!("echo \\n{MARK}{}\\n", line.replace('\\', "\\\\")));
            command.arg("-ex").arg(line);
        }
        command.arg("-ex").arg(format!("echo \\n{MARK}end\\n"));
        let output = command.stdin(Stdio::null()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_ne!(output.status.code(), Some(124), "{}: hangs:\n{text}", self.name);
        Transcript::new(&self.name, &text)
    }
}

/// GDB's answers, command by command.
pub struct Transcript {
    name: String,
    parts: Vec<(String, String)>,
}

impl Transcript {
    fn new(name: &str, text: &str) -> Self {
        let part = |part: &str| {
            let (command, answer) = part.split_once('\n').unwrap_or((part, ""));
            (command.to_string(), answer.trim().to_string())
        };
        Self { name: name.into(), parts: text.split(MARK).skip(1).map(part).collect() }
    }

    /// Returns the answer to the `n`th command of this wording, counted from 0.
    pub fn nth(&self, command: &str, n: usize) -> &str {
        let found = self.parts.iter().filter(|(c, _)| c == command).nth(n);
        &found.unwrap_or_else(|| panic!("{command:?} number {n} was not reached in\n{self}")).1
    }

    /// Returns the answer to a command, the first of this wording.
    pub fn of(&self, command: &str) -> &str {
        self.nth(command, 0)
    }

    /// Returns the number that a `p` command printed, the `n`th of this wording.
    pub fn number_nth(&self, command: &str, n: usize) -> u64 {
        let text = self.nth(command, n);
        let value = text.rsplit(" = ").next().unwrap_or_default().split(' ').next().unwrap_or_default();
        let parsed = match value.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(hex, 16),
            None => value.parse(),
        };
        parsed.unwrap_or_else(|_| panic!("{command}: no number in {text:?} of\n{self}"))
    }

    /// Returns the number that a `p` command printed.
    pub fn number(&self, command: &str) -> u64 {
        self.number_nth(command, 0)
    }

    /// Fails unless the answer to the `n`th `command` contains all `parts`, in this order.
    #[track_caller]
    pub fn expect_nth(&self, command: &str, n: usize, parts: &[&str]) {
        let answer = self.nth(command, n);
        let mut rest = answer;
        for part in parts {
            let Some(at) = rest.find(part) else {
                panic!(
                    "{}: {command}: no {part:?} (of {parts:?}) in {answer:?}; all of it:\n{self}",
                    self.name
                );
            };
            rest = &rest[at + part.len()..];
        }
    }

    /// Like [`Transcript::expect_nth`], for the first.
    #[track_caller]
    pub fn expect(&self, command: &str, parts: &[&str]) {
        self.expect_nth(command, 0, parts);
    }

    /// Fails if GDB reported an error anywhere.
    #[track_caller]
    pub fn no_complaints(&self) {
        for bad in ["Cannot access memory", "Remote communication error", "not available", "<unavailable>"] {
            assert!(!self.to_string().contains(bad), "{}: {bad}:\n{self}", self.name);
        }
    }
}

impl std::fmt::Display for Transcript {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.parts.iter().try_for_each(|(command, answer)| writeln!(f, "(gdb) {command}\n{answer}"))
    }
}
