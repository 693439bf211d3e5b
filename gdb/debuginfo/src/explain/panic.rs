//! One panic: the facts in its text, and their explanation.

use super::begin::{between, number_after};
use super::cause;
use super::code::CodeBytes;
use super::places;
use crate::symbols::{Symbols, ValuePlace};
use crate::unwind::{FrameKind, SourceView, StackFrame, Words};
use esplens_core::isa;
use esplens_soc::map::{self, CODE_BASE, RegionKind, is_code};
use std::collections::BTreeMap;

/// Addresses below this are a NULL pointer plus an offset.
const NULL_PAGE: u32 = 0x1000;
/// Most tasks recorded from a watchdog's message.
const MAX_TASKS: usize = 32;
/// Functions that spin for a lock, in ESP-IDF of all versions.
const SPINS: [&str; 9] = [
    "spinlock_acquire",
    "esp_cpu_compare_and_set",
    "compare_and_set_native",
    "uxPortCompareSet",
    "vPortCPUAcquireMutex",
    "xPortEnterCriticalTimeout",
    "vPortEnterCritical",
    "vTaskEnterCritical",
    "rtos_enter_critical",
];

/// Facts known about a panic so far.
#[derive(Debug, Default)]
pub struct PanicFacts {
    /// The core that panicked.
    pub(super) core: Option<usize>,
    /// The cause's name, as printed.
    pub(super) name: Option<String>,
    /// Sentence for a crash that is not an exception.
    pub(super) sentence: Option<String>,
    pub(super) task: Option<String>,
    pub(super) regs: BTreeMap<String, u32>,
    /// The next line continues the sentence.
    pub(super) goes_on: bool,
    /// Tasks that did not reset the task watchdog, and tasks that ran meanwhile.
    pub(super) starved: [Vec<String>; 2],
    /// The core whose registers and backtrace are being printed.
    pub(super) dumped: Option<usize>,
    pub(super) told: bool,
}

impl PanicFacts {
    /// Returns true until the panic has been explained.
    pub fn is_fresh(&self) -> bool {
        !self.told
    }

    /// Adds the facts of a further first line of the same panic.
    pub fn merge(&mut self, other: Self) {
        self.name = other.name.or(self.name.take());
        self.sentence = self.sentence.take().or(other.sentence);
        self.task = self.task.take().or(other.task);
        self.core = other.core.or(self.core);
        self.goes_on |= other.goes_on;
        self.regs.extend(other.regs);
    }

    /// Returns true for the last line of a panic.
    pub fn is_end(line: &str) -> bool {
        let marks = ["Rebooting...", "ELF file SHA256", "CPU halted"];
        marks.iter().any(|m| line.contains(m)) || line.starts_with("rst:0x")
    }

    /// Parses a line: registers, the task, the rest of a message.
    pub fn take(&mut self, line: &str) {
        if let Some(task) = line.strip_prefix("Task: ") {
            self.task = Some(task.trim().into());
        }
        if line.contains(" register dump:") {
            self.dumped = number_after(line, "Core").map(|n| n as usize);
        }
        if Self::begin(line).is_none() {
            self.message(line);
        }
        let spaced = line.replace([':', '='], " ");
        let words: Vec<&str> = spaced.split_whitespace().collect();
        for pair in words.windows(2) {
            let value = pair[1]
                .strip_prefix("0x")
                .filter(|h| h.len() == 8)
                .and_then(|h| u32::from_str_radix(h, 16).ok());
            let is_reg = pair[0].len() <= 8 && pair[0].starts_with(|c: char| c.is_ascii_uppercase());
            if let Some(value) = value.filter(|_| is_reg && self.regs.len() < 64) {
                self.regs.entry(pair[0].to_string()).or_insert(value);
            }
        }
    }

    /// Parses a line that continues the sentence of an earlier line, or that names the tasks of a watchdog.
    fn message(&mut self, line: &str) {
        let rest = ["expression: ", "  what():  "].into_iter().find_map(|p| line.strip_prefix(p));
        let goes_on = self.goes_on && !line.trim().is_empty();
        if let (Some(sentence), Some(more)) = (&mut self.sentence, rest.or(goes_on.then_some(line))) {
            sentence.push_str(&format!(": {}", more.trim()));
        }
        self.goes_on &= !goes_on;
        let Some(said) = between(line, "task_wdt: ", "").filter(|_| self.is_fresh()) else { return };
        let kind = usize::from(said.starts_with("CPU "));
        if (kind == 1 || said.trim_start().starts_with("- ")) && self.starved[kind].len() < MAX_TASKS {
            self.starved[kind].push(said.trim_start_matches([' ', '-']).to_string());
        }
    }

    /// Returns the tasks that starved and the tasks that ran when the task watchdog timed out.
    fn watchdog(&self) -> Option<String> {
        let [hungry, ran] = &self.starved;
        let ran = if ran.is_empty() { String::new() } else { format!("; running: {}", ran.join(", ")) };
        (!hungry.is_empty()).then(|| format!("starved: {}{ran}", hungry.join(", ")))
    }

    /// Describes which core waits for a spinlock in the calls of a backtrace. The other core then holds the spinlock.
    pub fn waits(&self, calls: &[String]) -> Option<String> {
        let wdt = self.name.as_deref().is_some_and(|n| n.starts_with("Interrupt wdt"));
        let core = self.dumped.or(self.core).filter(|_| wdt)?;
        let at = calls.iter().take(6).position(|c| SPINS.iter().any(|s| c.starts_with(s)))?;
        let by = calls[at..].iter().find(|c| !SPINS.iter().any(|s| c.starts_with(s)));
        let by = by.map_or(String::new(), |c| format!(" for {c}"));
        Some(format!("core {core} waits for a spinlock{by}: the other core holds it"))
    }

    /// Returns true the first time that there is something to explain.
    pub fn tell(&mut self) -> bool {
        let tell = !self.told && (self.name.is_some() || self.sentence.is_some());
        self.told |= tell;
        tell
    }

    /// Returns the core that panicked; 0 if the text does not name one.
    pub fn core(&self) -> usize {
        self.core.unwrap_or(0)
    }

    fn reg(&self, name: &str) -> Option<u32> {
        self.regs.get(name).copied()
    }

    /// Returns the reason, line by line.
    pub fn reason(&self, symbols: &Symbols, code: &CodeBytes) -> Vec<String> {
        let mut out = Vec::new();
        let number = self.reg("EXCCAUSE");
        let name = self.name.as_deref();
        let known = name.and_then(cause::meaning).map(|m| (name.unwrap_or_default(), m));
        if let Some((name, meaning)) =
            known.or_else(|| number.filter(|_| name.is_some()).and_then(cause::by_number))
        {
            out.push(format!("{name}: {meaning}"));
        } else {
            out.extend(name.map(Into::into));
        }
        out.extend(self.sentence.clone());
        out.extend(self.watchdog());
        if let Some(pc) = self.reg("PC") {
            if is_code(pc) {
                let at = places(symbols, pc).into_iter().enumerate();
                out.extend(at.map(|(n, l)| if n == 0 { l.replacen("---", "at", 1) } else { l[4..].into() }));
            }
            out.extend(self.access(pc, symbols, code));
        }
        out.extend(self.task.as_ref().map(|t| format!("in task {t}")));
        out
    }

    /// Describes the access or jump that failed, and the pointer that was wrong.
    fn access(&self, pc: u32, symbols: &Symbols, code: &CodeBytes) -> Vec<String> {
        let Some(addr) = self.reg("EXCVADDR") else { return Vec::new() };
        let cause = self.reg("EXCCAUSE");
        if (matches!(cause, Some(2 | 20)) && addr == pc) || !is_code(pc) {
            let from = self.reg("A0").map(|a0| a0 & 0x3FFF_FFFF | CODE_BASE).filter(|a| is_code(*a));
            let caller = from.and_then(|a| places(symbols, a - 1).into_iter().next());
            let null = if pc < NULL_PAGE { "through a NULL function pointer " } else { "" };
            let by =
                caller.map(|c| format!(", called from {}", c.trim_start_matches("--- "))).unwrap_or_default();
            return vec![format!("a call or jump {null}to {pc:#010x}{by}")];
        }
        if !matches!(cause, Some(3 | 9 | 28 | 29)) {
            return Vec::new();
        }
        let insn = code.bytes::<3>(pc).and_then(|[a, b, c]| isa::decode(u32::from_le_bytes([a, b, c, 0])));
        let what = address_words(addr);
        let Some(insn) = insn else { return vec![format!("address {addr:#010x}{what}")] };
        let store = insn.op.mnemonic().starts_with('s');
        let verb = if store { "stored to" } else { "loaded from" };
        let mut out = vec![format!("{} {verb} {addr:#010x}{what}", insn.disasm(pc))];
        let base = self.reg(&format!("A{}", insn.s));
        if let Some(base) = base.filter(|b| b.wrapping_add_signed(insn.imm) == addr && addr < NULL_PAGE) {
            let reg = insn.s;
            out.push(match base {
                0 => format!("a{reg}, the pointer, is NULL (offset {:#x})", insn.imm),
                _ => format!("a{reg}, the pointer, is {base:#x}: NULL with an offset"),
            });
            out.extend(self.pointers(pc, reg, base, symbols, code));
        }
        out
    }
}

impl PanicFacts {
    /// Returns the pointer variables of the function at `pc` that are in a(`reg`), or that are constants equal to
    /// `value`.
    fn pointers(&self, pc: u32, reg: u8, value: u32, symbols: &Symbols, code: &CodeBytes) -> Vec<String> {
        let a = std::array::from_fn(|n| self.reg(&format!("A{n}")).unwrap_or(0));
        let known = (0..16).fold(0, |k, n| k | u16::from(self.reg(&format!("A{n}")).is_some()) << n);
        let frame = StackFrame { pc, a, known, ps: 0, kind: FrameKind::Newest };
        let frames = [frame];
        let view = SourceView::of(&frames, 0, code);
        let is_it = |place: &ValuePlace| match place {
            ValuePlace::Register(n, _) => *n == u16::from(reg),
            ValuePlace::Value(bytes) => bytes.iter().copied().eq(value.to_le_bytes().map(Some)),
            ValuePlace::Memory(_) => false,
        };
        let locals = symbols.locals_at(pc, 0).into_iter().take(64).map(|l| (symbols.type_name(l.ty), l));
        let found = locals
            .filter(|(ty, l)| ty.contains('*') && symbols.locate(l, &view).is_ok_and(|place| is_it(&place)));
        let value = if value == 0 { "NULL".into() } else { format!("{value:#x}") };
        found.map(|(ty, l)| format!("variable {} ({ty}) is {value}", l.name)).collect()
    }
}

/// Describes the memory at an address.
fn address_words(addr: u32) -> &'static str {
    match addr {
        0..NULL_PAGE => ", a NULL pointer",
        0xA5A5_0000..=0xA5A5_FFFF => ", the fill of unused stack: an uninitialised variable",
        0xFEEF_0000..=0xFEEF_FFFF => ", the fill of freed memory: use after free",
        _ => match map::region_at(addr).map(|r| (r.kind(), r.exec)) {
            Some((RegionKind::FlashData, _)) => ", flash (read-only data)",
            Some((RegionKind::FlashCode, _)) => ", code in flash",
            Some((RegionKind::Psram, _)) => ", PSRAM",
            Some((RegionKind::Peripheral, _)) => ", a peripheral",
            Some((RegionKind::Rom, _)) => ", mask ROM",
            Some((RegionKind::Rtc, _)) => ", RTC memory",
            Some((RegionKind::Ram, false)) => ", data RAM",
            Some((RegionKind::Ram, true)) => ", instruction RAM",
            None => ", where nothing is",
        },
    }
}
