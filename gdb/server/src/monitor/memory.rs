//! `x`, `xp`, `mdw`, `mww` and their sizes.

use super::core::CoreCommand;
use super::frame::{FrameSymbols, SelectedStack};
use super::{Error, Result, number, whatis};
use clap::Args;
use esplens_core::isa;
use esplens_debuginfo::symbols::Number;
use esplens_soc::machine::Machine;
use esplens_supervisor::{Handle, MachineMemory};

/// Maximum number of units shown by one command.
const MAX_UNITS: u32 = 65_536;

/// Maximum number of string bytes shown at a time.
const MAX_STRING: usize = 200;

/// Shows memory: `x/4xw ADDR`, `x/8i ADDR`.
#[derive(Debug, Args)]
pub struct X {
    /// /COUNT FORMAT SIZE as in GDB and QEMU (x d u o t c i s; b h w), then the address or an expression ($pc).
    #[arg(required = true, allow_hyphen_values = true)]
    words: Vec<String>,
    #[command(flatten)]
    core: CoreCommand,
}

struct Format {
    count: u32,
    letter: char,
    size: u32,
}

fn format(text: &str) -> Option<Format> {
    let text = text.strip_prefix('/')?;
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let count = if digits == 0 { 1 } else { text[..digits].parse().ok()? };
    let mut format = Format { count, letter: 'x', size: 4 };
    for letter in text[digits..].chars() {
        match letter {
            'b' => format.size = 1,
            'h' => format.size = 2,
            'w' => format.size = 4,
            'x' | 'd' | 'u' | 'o' | 't' | 'c' | 'i' | 's' => format.letter = letter,
            _ => return None,
        }
    }
    (format.count <= MAX_UNITS).then_some(format)
}

impl X {
    pub fn run(&self, handle: &Handle) -> Result {
        let bad = || Error::User("expected /COUNT FORMAT SIZE and an address".into());
        let (f, addr) = match self.words.as_slice() {
            [f, rest @ ..] if f.starts_with('/') && !rest.is_empty() => (format(f).ok_or_else(bad)?, rest),
            [f, ..] if f.starts_with('/') => return Err(bad()),
            words => (Format { count: 1, letter: 'x', size: 4 }, words),
        };
        let addr = address(handle, &addr.join(" "))?;
        let core = self.core.of(handle)?;
        Ok(handle.call(move |s| show(s.machine(), core, addr, &f))?)
    }
}

/// Parses an address, or evaluates an expression to an address: `$pc`, `&counters`, `frame->pc`.
fn address(handle: &Handle, text: &str) -> std::result::Result<u32, Error> {
    if let Ok(addr) = number(text) {
        return Ok(addr);
    }
    let (known, by, what) = (FrameSymbols::of(handle), handle.client().clone(), text.to_string());
    let found = handle.call(move |s| {
        let mem = MachineMemory { machine: s.machine(), core: s.last_core() };
        let value = whatis::in_frame(&known.symbols, &what, &SelectedStack::of(s, &known, &by), &mem)?;
        let memory = |addr: u32, buf: &mut [u8]| s.machine().peek(mem.core, addr, buf);
        // A function, an array or a struct stands for its address.
        known.symbols.number(&value, &memory).map(Number::to_u32).or_else(|e| value.addr().ok_or(e))
    })?;
    found.map_err(|e| Error::User(format!("{text:?} is not an address: {e}")))
}

fn show(m: &Machine, core: usize, addr: u32, f: &Format) -> String {
    match f.letter {
        'i' => return disassemble(m, core, addr, f.count),
        's' => return strings(m, core, addr, f.count),
        _ => {}
    }
    let mut bytes = vec![0; (f.count * f.size) as usize];
    let n = m.peek(core, addr, &mut bytes);
    let mut out = String::new();
    for (at, unit) in (0..).step_by(f.size as usize).zip(bytes[..n].chunks_exact(f.size as usize)) {
        if at % 16 == 0 {
            out.push_str(&format!("{}{:08x}:", if at == 0 { "" } else { "\n" }, addr.wrapping_add(at)));
        }
        let mut word = [0; 4];
        word[..unit.len()].copy_from_slice(unit);
        let value = u32::from_le_bytes(word);
        let digits = 2 * f.size as usize;
        out.push_str(&match f.letter {
            'd' => format!(" {}", (value as i32) << (32 - 8 * f.size) >> (32 - 8 * f.size)),
            'u' => format!(" {value}"),
            'o' => format!(" {value:#o}"),
            't' => format!(" {value:#b}"),
            'c' => format!(" {:?}", char::from(value as u8)),
            _ => format!(" 0x{value:0digits$x}"),
        });
    }
    if n < bytes.len() {
        out.push_str(&format!("\nnothing answers at {:#010x}", addr.wrapping_add(n as u32)));
    }
    out.push('\n');
    out
}

/// Shows `count` zero-terminated strings starting at `addr`; longer ones are split, as in GDB.
fn strings(m: &Machine, core: usize, addr: u32, count: u32) -> String {
    let (mut out, mut at) = (String::new(), addr);
    for _ in 0..count {
        let mut bytes = [0; MAX_STRING];
        let n = m.peek(core, at, &mut bytes);
        let Some(end) = bytes[..n].iter().position(|b| *b == 0).or((n == MAX_STRING).then_some(n)) else {
            return out + &format!("nothing answers at {:#010x}\n", at.wrapping_add(n as u32));
        };
        let (text, more) = (bytes[..end].escape_ascii(), if end == n { "..." } else { "" });
        out.push_str(&format!("{at:08x}: \"{text}\"{more}\n"));
        at = at.wrapping_add(end as u32 + u32::from(end < n));
    }
    out
}

/// Disassembles `count` instructions starting at `addr`.
pub fn disassemble(m: &Machine, core: usize, addr: u32, count: u32) -> String {
    let mut out = String::new();
    let mut at = addr;
    for _ in 0..count {
        let mut bytes = [0; 4];
        let n = m.peek(core, at, &mut bytes);
        let insn = isa::decode(u32::from_le_bytes(bytes)).filter(|i| usize::from(i.len) <= n);
        match insn {
            Some(insn) => {
                let hex: String =
                    bytes[..usize::from(insn.len)].iter().rev().map(|b| format!("{b:02x}")).collect();
                out.push_str(&format!("{at:08x}: {hex:<6}  {}\n", insn.disasm(at)));
                at = at.wrapping_add(insn.len.into());
            }
            None if n == 0 => return out + &format!("nothing answers at {at:#010x}\n"),
            None => {
                out.push_str(&format!("{at:08x}: {:02x}      .byte {:#04x}\n", bytes[0], bytes[0]));
                at = at.wrapping_add(1);
            }
        }
    }
    out
}

/// Returns the size named by a command's last letter, in bytes.
pub fn size_of(name: &str) -> u8 {
    match name.chars().last() {
        Some('b') => 1,
        Some('h') => 2,
        _ => 4,
    }
}

/// Shows memory, without side effects by default.
#[derive(Debug, Args)]
pub struct Mdw {
    /// Address of the first unit.
    #[arg(value_parser = number)]
    addr: u32,
    /// Number of units.
    #[arg(default_value = "1", value_parser = number)]
    count: u32,
    /// Access the memory as a core does, with the side effects of registers.
    #[arg(long)]
    real: bool,
}

impl Mdw {
    pub fn run(&self, handle: &Handle, size: u8) -> Result {
        let (addr, count) = (self.addr, self.count.min(MAX_UNITS));
        if !self.real {
            let f = Format { count, letter: 'x', size: size.into() };
            return Ok(handle.call(move |s| show(s.machine(), 0, addr, &f))?);
        }
        let read = handle.call(move |s| {
            (0..count)
                .map(|n| s.machine_mut().read_real(0, addr.wrapping_add(n * u32::from(size)), size))
                .collect()
        })?;
        let values: std::result::Result<Vec<u32>, _> = read;
        let values = values.map_err(|fault| Error::User(fault.to_string()))?;
        Ok(values.iter().map(|v| format!("{v:#x}\n")).collect())
    }
}

/// Writes memory with all side effects of a store.
#[derive(Debug, Args)]
pub struct Mww {
    /// Address.
    #[arg(value_parser = number)]
    addr: u32,
    /// Value.
    #[arg(value_parser = number)]
    value: u32,
}

impl Mww {
    pub fn run(&self, handle: &Handle, size: u8) -> Result {
        let (addr, value) = (self.addr, self.value);
        let done = handle.call(move |s| {
            let bytes = value.to_le_bytes();
            s.machine_mut().write_memory(0, addr, &bytes[..usize::from(size)])
        })?;
        if done == usize::from(size) {
            Ok(String::new())
        } else if handle.call(move |s| s.machine().is_read_only(0, addr))? {
            Err(Error::User(format!("{addr:#010x} is read only; for flash use monitor flash fillw")))
        } else {
            Err(Error::User(format!("nothing answers at {addr:#010x}")))
        }
    }
}
