//! One panic: what its text says, and what that means.

use super::cause;
use super::code::Code;
use super::places;
use crate::rtos::{Rtos, Task};
use crate::symbols::{Place, Symbols};
use crate::unwind::{Bytes, Frame, Kind, MachineMemory, Memory, SourceView, Words, is_code};
use esplens_core::isa;
use esplens_soc::machine::Machine;
use std::collections::BTreeMap;

/// Below this an address is a NULL pointer with an offset.
const NULL_PAGE: u32 = 0x1000;
/// Locks that kernels have: ESP-IDF's of all versions, the SMP kernels', the demo's.
const LOCKS: [&str; 7] = [
    "xKernelLock",
    "xTaskQueueMutex",
    "xISRLock",
    "xTaskLock",
    "xStateLock",
    "port_task_lock",
    "port_isr_lock",
];

/// What is known so far.
#[derive(Debug, Default)]
pub struct Panic {
    core: usize,
    /// The cause's name, as printed.
    name: Option<String>,
    /// A whole sentence, for what is no exception.
    sentence: Option<String>,
    task: Option<String>,
    regs: BTreeMap<String, u32>,
    told: bool,
}

/// The text between two marks.
fn between<'a>(line: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = &line[line.find(before)? + before.len()..];
    Some(if after.is_empty() { rest } else { &rest[..rest.find(after)?] })
}

fn number_after(line: &str, mark: &str) -> Option<u32> {
    let rest = line[line.find(mark)? + mark.len()..].trim_start();
    match rest.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex.split(|c: char| !c.is_ascii_hexdigit()).next()?, 16).ok(),
        None => rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok(),
    }
}

impl Panic {
    /// A panic that begins with this line.
    pub fn begin(line: &str) -> Option<Self> {
        let mut out = Self::default();
        if line.contains("Guru Meditation Error: Core") {
            // Core  0 panic'ed (StoreProhibited). Exception was unhandled.
            out.core = number_after(line, "Error: Core").unwrap_or(0) as usize & 1;
            out.name = between(line, "panic'ed (", ")").map(Into::into);
        } else if line.contains("Guru Meditation: core") {
            // The demo: core 0, StoreProhibited (cause 29) at PC 0x400d1234, address 0x00000000
            out.core = number_after(line, "Meditation: core").unwrap_or(0) as usize & 1;
            out.name = between(line, ", ", " at PC").map(|n| n.split(" (cause").next().unwrap_or(n).into());
            for (mark, reg) in [("(cause", "EXCCAUSE"), ("at PC", "PC"), ("address", "EXCVADDR")] {
                out.regs.extend(number_after(line, mark).map(|v| (reg.to_string(), v)));
            }
        } else if line.contains("abort() was called at PC") {
            out.core = number_after(line, "on core").unwrap_or(0) as usize & 1;
            out.sentence = Some("the firmware called abort() itself".into());
        } else if let Some(what) = line.find("assert failed:") {
            out.sentence = Some(format!("an assertion does not hold: {}", line[what + 14..].trim()));
        } else if let Some(task) = between(line, "stack overflow in task ", " has been detected") {
            out.sentence = Some(format!("task {task} overflowed its stack: give it a larger one"));
            out.task = Some(task.into());
        } else if line.contains("Stack smashing protect failure") {
            out.sentence = Some("a function wrote over the end of an array on its stack".into());
        } else if line.contains("CORRUPT HEAP") {
            out.sentence =
                Some("the heap is damaged: something wrote outside its block, or freed it twice".into());
        } else if line.contains("Task watchdog got triggered") {
            out.sentence = Some("the task watchdog bit: the tasks below did not get to reset it, the running ones kept the cores".into());
        } else {
            return None;
        }
        Some(out)
    }

    /// True while nothing was told of it.
    pub fn is_fresh(&self) -> bool {
        !self.told
    }

    /// Takes in what a further introduction says.
    pub fn merge(&mut self, other: Self) {
        self.name = other.name.or(self.name.take());
        self.sentence = self.sentence.take().or(other.sentence);
        self.task = self.task.take().or(other.task);
        self.core = other.core;
        self.regs.extend(other.regs);
    }

    /// True for a line after which nothing of the panic follows.
    pub fn is_end(line: &str) -> bool {
        line.contains("Rebooting...") || line.contains("ELF file SHA256") || line.contains("CPU halted")
    }

    /// Takes a line in: registers, the task.
    pub fn take(&mut self, line: &str) {
        if let Some(task) = line.strip_prefix("Task: ") {
            self.task = Some(task.trim().into());
        }
        let spaced = line.replace(':', " ");
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

    /// True the first time, when there is something to tell.
    pub fn tell(&mut self) -> bool {
        let tell = !self.told && (self.name.is_some() || self.sentence.is_some());
        self.told |= tell;
        tell
    }

    /// The core that panicked.
    pub fn core(&self) -> usize {
        self.core
    }

    fn reg(&self, name: &str) -> Option<u32> {
        self.regs.get(name).copied()
    }

    /// The reason, line by line.
    pub fn reason(&self, symbols: &Symbols, code: &Code) -> Vec<String> {
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
        if let Some(pc) = self.reg("PC") {
            if is_code(pc) {
                out.extend(
                    places(symbols, pc).into_iter().map(|l| format!("at {}", l.trim_start_matches("--- "))),
                );
            }
            out.extend(self.access(pc, symbols, code));
        }
        out.extend(self.task.as_ref().map(|t| format!("in task {t}")));
        out
    }

    /// Which pointer was wrong.
    fn access(&self, pc: u32, symbols: &Symbols, code: &Code) -> Vec<String> {
        let Some(addr) = self.reg("EXCVADDR") else { return Vec::new() };
        let cause = self.reg("EXCCAUSE");
        if matches!(cause, Some(2 | 20)) || !is_code(pc) {
            let from = self.reg("A0").map(|a0| a0 & 0x3FFF_FFFF | 0x4000_0000).filter(|a| is_code(*a));
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

impl Panic {
    /// The variables of the function at `pc` that are the pointer in a(`reg`), or constants of its value.
    fn pointers(&self, pc: u32, reg: u8, value: u32, symbols: &Symbols, code: &Code) -> Vec<String> {
        let a = std::array::from_fn(|n| self.reg(&format!("A{n}")).unwrap_or(0));
        let known = (0..16).fold(0, |k, n| k | u16::from(self.reg(&format!("A{n}")).is_some()) << n);
        let frame = Frame { pc, a, known, ps: 0, kind: Kind::Newest };
        let view = SourceView { frame: &frame, caller: None, memory: Bytes(code) };
        let is_it = |place: &Place| match place {
            Place::Register(n, _) => *n == u16::from(reg),
            Place::Value(bytes) => bytes.iter().copied().eq(value.to_le_bytes().map(Some)),
            Place::Memory(_) => false,
        };
        let locals = symbols.locals_at(pc, 0).into_iter().take(64).map(|l| (symbols.type_name(l.ty), l));
        let found = locals
            .filter(|(ty, l)| ty.contains('*') && symbols.locate(l, &view).is_ok_and(|place| is_it(&place)));
        let value = if value == 0 { "NULL".into() } else { format!("{value:#x}") };
        found.map(|(ty, l)| format!("variable {} ({ty}) is {value}", l.name)).collect()
    }
}

/// What an address is.
fn address_words(addr: u32) -> &'static str {
    match addr {
        0..NULL_PAGE => ", a NULL pointer",
        0x3F40_0000..0x3F80_0000 => ", flash (read-only data)",
        0x3F80_0000..0x3FC0_0000 => ", PSRAM",
        0x3FF0_0000..0x3FF8_0000 => ", a peripheral",
        0x3FF8_0000..0x4000_0000 => ", data RAM",
        0x4000_0000..0x4007_0000 => ", mask ROM",
        0x4007_0000..0x400C_0000 => ", instruction RAM",
        0x400D_0000..0x4140_0000 => ", code in flash",
        0xA5A5_0000..=0xA5A5_FFFF => ", the fill of unused stack: an uninitialised variable",
        0xFEEF_0000..=0xFEEF_FFFF => ", the fill of freed memory: use after free",
        _ => ", where nothing is",
    }
}

/// What the machine says about a core that panics: its task, how full the stack is, who holds the locks.
#[must_use]
pub fn live(m: &Machine, rtos: Option<&Rtos>, core: usize) -> Vec<String> {
    let Some(rtos) = rtos else { return Vec::new() };
    let mem = MachineMemory { machine: m, core };
    let tasks = rtos.snapshot(&mem, std::array::from_fn(|c| Some(m.cpu(c).a(1))));
    let mut out: Vec<String> = tasks.tasks.iter().filter_map(running).collect();
    out.sort_by_key(|l| !l.contains(&format!("on core {core}")));
    if !tasks.started && !rtos.layout.boots(&mem, 0) {
        out.push("the scheduler does not run yet".into());
    }
    out.extend(LOCKS.iter().filter_map(|name| held(rtos, &mem, name)));
    out
}

fn running(t: &Task) -> Option<String> {
    let core = t.core()?;
    let stack = match (t.stack.size(), t.stack.never_used) {
        (Some(size), Some(0)) => format!("its stack of {size} bytes was full at least once"),
        (Some(size), Some(free)) => {
            format!("{} of {size} bytes of its stack were ever used", size.saturating_sub(free))
        }
        _ => "stack unknown".into(),
    };
    Some(format!("task {} on core {core}: {stack}", t.name))
}

/// A spinlock that is taken: by PRID in IDF, by core number plus 1 in the demo.
fn held(rtos: &Rtos, mem: &dyn Memory, name: &str) -> Option<String> {
    let (at, _) = rtos.source.symbol(name)?;
    let core = match mem.u32(at)? {
        0xCDCD | 1 => 0,
        0xABAB | 2 => 1,
        _ => return None,
    };
    Some(format!("lock {name} is held by core {core}"))
}
