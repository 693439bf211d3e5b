//! `flash`: OpenOCD's commands for the flash chip that need no host files.

use super::{Error, Result, number};
use clap::Args;
use esplens_soc::boot::{ota, partition};
use esplens_soc::machine::Machine;
use esplens_supervisor::Handle;

/// Size of a sector, in bytes.
const SECTOR: usize = 0x1000;
/// Maximum number of words shown or written by one command.
const MAX_WORDS: u32 = 65_536;

/// Runs OpenOCD's flash commands.
#[derive(Debug, Args)]
pub struct Flash {
    /// banks, list, probe 0, info 0, erase_check 0, mdw OFFSET [N], fillw OFFSET WORD N, erase_sector 0 FIRST LAST|last.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

const KNOWN: &str = "known: banks, list, probe 0, info 0, erase_check 0, mdw|mdh|mdb OFFSET [COUNT],\n\
    fillw|fillh|fillb OFFSET VALUE COUNT, erase_sector 0 FIRST LAST|last\n";
const FILES: &str =
    "the monitor opens no files on the host: use GDB's load and compare-sections, or esplens run IMAGE";

impl Flash {
    pub fn run(&self, handle: &Handle) -> Result {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        let rest = words.get(1..).unwrap_or_default();
        match words.first().copied().unwrap_or_default() {
            "banks" | "list" | "probe" => Ok(handle.call(|s| bank(s.machine()))?),
            "info" => Ok(handle.call(|s| info(s.machine()))?),
            "erase_check" => Ok(handle.call(|s| erase_check(s.machine()))?),
            "erase_sector" => erase(handle, rest),
            name @ ("mdw" | "mdh" | "mdb") => show(handle, rest, super::memory::size_of(name).into()),
            name @ ("fillw" | "fillh" | "fillb") => fill(handle, rest, super::memory::size_of(name).into()),
            name @ ("read_bank" | "write_bank" | "verify_bank" | "write_image" | "verify_image") => {
                Err(Error::User(format!("flash {name}: {FILES}")))
            }
            "protect" => Ok("flash protect: nothing to do here\n".into()),
            _ => Ok(KNOWN.into()),
        }
    }
}

fn bank(m: &Machine) -> String {
    let bytes = m.flash_size();
    format!(
        "#0 : esp32.flash (esp32) at 0x00000000, size 0x{bytes:08x}, {} sectors of 4 KiB\n",
        bytes / SECTOR
    )
}

/// Describes the chip and its partitions; a star marks the application that the bootloader starts.
fn info(m: &Machine) -> String {
    let (flash, mut out) = (m.flash_bytes(), bank(m));
    let selected = ota::selected(&flash).ok();
    match partition::find(&flash) {
        Ok(Some(table)) => {
            for p in &table.partitions {
                let mark = if selected.as_ref() == Some(p) { '*' } else { ' ' };
                out.push_str(&format!(
                    "{mark} {:#010x} {:#010x} {:16} {}\n",
                    p.offset,
                    p.size,
                    p.label,
                    p.kind_name()
                ));
            }
        }
        Ok(None) => out.push_str("no partition table\n"),
        Err(error) => out.push_str(&format!("{error}\n")),
    }
    out
}

/// Lists the runs of erased and of other sectors.
fn erase_check(m: &Machine) -> String {
    let flash = m.flash_bytes();
    let erased: Vec<bool> = flash.chunks(SECTOR).map(|s| s.iter().all(|b| *b == 0xFF)).collect();
    let mut out = String::new();
    let mut first = 0;
    for run in erased.chunk_by(|a, b| a == b) {
        let last = first + run.len() - 1;
        let state = if run[0] { "erased" } else { "not erased" };
        out.push_str(&format!("sectors {first} to {last} ({:#x} bytes): {state}\n", run.len() * SECTOR));
        first = last + 1;
    }
    out
}

fn numbers(words: &[&str]) -> std::result::Result<Vec<u32>, Error> {
    words.iter().map(|w| number(w)).collect::<std::result::Result<_, _>>().map_err(Error::User)
}

fn usage<T>() -> std::result::Result<T, Error> {
    Err(Error::User(KNOWN.trim_end().into()))
}

fn show(handle: &Handle, words: &[&str], size: usize) -> Result {
    let (at, count) = match *numbers(words)? {
        [at] => (at as usize, 1),
        [at, count] => (at as usize, count.min(MAX_WORDS) as usize),
        _ => return usage(),
    };
    let flash = handle.call(|s| s.machine().flash_bytes())?;
    let end = at.saturating_add(count * size).min(flash.len());
    let bytes = flash.get(at..end).unwrap_or_default();
    let mut out = String::new();
    for (n, line) in bytes.chunks(16).enumerate() {
        out.push_str(&format!("{:08x}:", at + 16 * n));
        for unit in line.chunks_exact(size) {
            let hex: String = unit.iter().rev().map(|b| format!("{b:02x}")).collect();
            out.push_str(&format!(" 0x{hex}"));
        }
        out.push('\n');
    }
    if bytes.is_empty() { Err(Error::User(format!("flash ends at {:#x}", flash.len()))) } else { Ok(out) }
}

fn write(handle: &Handle, at: usize, bytes: Vec<u8>) -> Result {
    let len = bytes.len();
    let fits = handle.call(move |s| {
        let fits = at.saturating_add(bytes.len()) <= s.machine().flash_size();
        if fits {
            s.machine_mut().write_flash(at as u32, &bytes);
        }
        fits
    })?;
    if fits {
        Ok(format!("{len} bytes at {at:#x}\n"))
    } else {
        Err(Error::User("past the end of flash".into()))
    }
}

fn fill(handle: &Handle, words: &[&str], size: usize) -> Result {
    let [at, value, count] = *numbers(words)? else { return usage() };
    let bytes = value.to_le_bytes()[..size].repeat(count.min(MAX_WORDS) as usize);
    write(handle, at as usize, bytes)
}

fn erase(handle: &Handle, words: &[&str]) -> Result {
    let [_bank, first, last] = *words else { return usage() };
    let sectors = handle.call(|s| s.machine().flash_size() / SECTOR)?;
    let first = number(first).map_err(Error::User)? as usize;
    let last = match last {
        "last" => sectors.saturating_sub(1),
        last => number(last).map_err(Error::User)? as usize,
    };
    if first > last || last >= sectors {
        return Err(Error::User(format!("sectors are 0 to {}", sectors.saturating_sub(1))));
    }
    write(handle, first * SECTOR, vec![0xFF; (last - first + 1) * SECTOR])
}
