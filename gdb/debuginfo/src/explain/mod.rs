//! Explains panics. Decodes the addresses that a crashing firmware prints to functions and lines, and gives the reason
//! as a sentence. Works line by line on UART output, live or from a file, and on core files.

mod begin;
mod cause;
mod code;
mod core;
mod panic;
#[cfg(test)]
mod tests;
mod watch;
mod wrapped;

pub use self::core::explain_core;
pub use code::CodeBytes;
pub use watch::{OutputWatcher, Seen};
pub use wrapped::unwrapped;

use crate::symbols::Symbols;
use panic::PanicFacts;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

pub use cause::has_address;

/// Returns the name of an EXCCAUSE as ESP-IDF prints it, or its number where it has none.
#[must_use]
pub fn cause_name(cause: u32) -> Cow<'static, str> {
    cause::by_number(cause).map_or_else(|| format!("exception {cause}").into(), |(name, _)| name.into())
}

/// Longest line that is parsed; a longer line is not part of a panic.
const MAX_LINE: usize = 8192;
/// Most addresses decoded in one line.
const MAX_ADDRESSES: usize = 128;

/// Function that returns facts about a core that the text does not contain: its running task, locks. It returns nothing
/// if the text does not come from a live machine.
pub type LiveFacts<'a> = &'a dyn Fn(usize) -> Vec<String>;

/// Line-by-line explainer of a firmware's output.
pub struct Explainer {
    symbols: Arc<Symbols>,
    code: CodeBytes,
    panic: Option<PanicFacts>,
    /// SHA-256 of the application's ELF file in hexadecimal, and the file's name. Computed at the first line that
    /// prints a hash; `None` once a mismatch has been reported.
    hash: OnceCell<Option<(String, String)>>,
}

/// Removes the colour sequences of ESP-IDF's log from a line.
fn uncoloured(line: &str) -> Cow<'_, str> {
    if !line.contains("\x1b[") {
        return line.into();
    }
    let mut parts = line.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_string();
    parts
        .fold(first, |all, part| {
            all + part.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).get(1..).unwrap_or("")
        })
        .into()
}

impl Explainer {
    /// Creates an explainer with these symbols.
    #[must_use]
    pub fn new(symbols: Arc<Symbols>) -> Self {
        let code = CodeBytes::of(&symbols);
        Self { symbols, code, panic: None, hash: OnceCell::new() }
    }

    /// Returns true if it uses these symbols.
    #[must_use]
    pub fn is_of(&self, symbols: &Arc<Symbols>) -> bool {
        Arc::ptr_eq(&self.symbols, symbols)
    }

    /// Returns the lines to print after a line of output; each begins with `--- `, as in `idf.py monitor`.
    pub fn line(&mut self, line: &str, live: LiveFacts) -> Vec<String> {
        if line.len() > MAX_LINE {
            return Vec::new();
        }
        let line = &*uncoloured(line.trim_end());
        if let Some(begun) = PanicFacts::begin(line) {
            // A further first line, such as a register dump's, belongs to the same panic until that has been explained.
            match &mut self.panic {
                Some(panic) if panic.is_fresh() => panic.merge(begun),
                panic => *panic = Some(begun),
            }
        }
        let mut out = Vec::new();
        let mismatch = self.mismatch(line);
        let Some(panic) = &mut self.panic else {
            return if line.contains("Backtrace:") { self.places(line) } else { mismatch };
        };
        panic.take(line);
        let (is_trace, is_end) = (line.contains("Backtrace:"), PanicFacts::is_end(line));
        if (is_trace || is_end) && panic.tell() {
            out.extend(panic.reason(&self.symbols, &self.code));
            out.extend(live(panic.core()));
        }
        if is_end {
            self.panic = None;
        }
        if let Some(panic) = self.panic.as_ref().filter(|_| is_trace) {
            out.extend(panic.waits(&self.calls(line)));
        }
        let mut lines = self.places(line);
        lines.extend(out.into_iter().map(|l| format!("--- {l}")));
        lines.extend(mismatch);
        lines
    }

    /// Reports once that the firmware was built from another ELF file.
    fn mismatch(&mut self, line: &str) -> Vec<String> {
        let Some(said) = begin::between(line, "ELF file SHA256:", "") else { return Vec::new() };
        let said = said.trim_start().split(|c: char| !c.is_ascii_hexdigit()).next().unwrap_or_default();
        // An image without a hash prints zeros, which is not a mismatch.
        if said.bytes().all(|b| b == b'0') {
            return Vec::new();
        }
        self.hash.get_or_init(|| hash(&self.symbols));
        let known = self.hash.get_mut().and_then(|known| {
            known.take_if(|(hash, _)| said.len() >= 8 && !hash.starts_with(&said.to_lowercase()))
        });
        let tell = |(hash, name): (String, String)| {
            let hash = &hash[..said.len().min(16)];
            format!(
                "--- {name} ({hash}...) is not what this firmware was built from ({said}): functions and lines may be wrong"
            )
        };
        known.map(tell).into_iter().collect()
    }

    /// Decodes the code addresses in a line.
    fn places(&self, line: &str) -> Vec<String> {
        addresses(line).flat_map(|pc| places(&self.symbols, pc)).collect()
    }

    /// Returns the functions at the code addresses in a line, innermost first.
    fn calls(&self, line: &str) -> Vec<String> {
        addresses(line).flat_map(|pc| self.symbols.frames_at(pc)).filter_map(|f| f.function).collect()
    }
}

/// Returns the code addresses in a line.
fn addresses(line: &str) -> impl Iterator<Item = u32> {
    line.match_indices("0x4").take(MAX_ADDRESSES).filter_map(|(at, _)| {
        let digits = line.get(at + 2..at + 10)?;
        let ends = line[at..].chars().nth(10).is_none_or(|c| !c.is_ascii_hexdigit());
        u32::from_str_radix(digits, 16).ok().filter(|_| ends)
    })
}

/// Returns the SHA-256 and the name of the ELF file that contains the application.
fn hash(symbols: &Symbols) -> Option<(String, String)> {
    let app = symbols.symbol("app_main")?.elf;
    let elf = symbols.elfs().iter().rev().find(|e| e.name() == app)?;
    elf.path()?;
    let hex = Sha256::digest(elf.bytes()).iter().map(|b| format!("{b:02x}")).collect();
    Some((hex, app))
}

/// Returns `--- 0x400d1234: function at file:line`, with one more line per inlined call. Returns nothing for an unknown
/// address.
fn places(symbols: &Symbols, pc: u32) -> Vec<String> {
    let frames = symbols.frames_at(pc);
    let lines = frames.iter().filter_map(|f| {
        let place = f.file.as_ref().zip(f.line).map_or(String::new(), |(f, l)| format!(" at {f}:{l}"));
        Some(format!("{}{place}", f.function.as_ref()?))
    });
    let head = |n: usize| if n == 0 { format!("--- {pc:#010x}: ") } else { "---  (inlined by) ".into() };
    lines.enumerate().map(|(n, l)| head(n) + &l).collect()
}
