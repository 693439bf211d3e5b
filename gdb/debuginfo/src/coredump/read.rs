//! Reads core files of esplens and of ESP-IDF.

use super::{AR0, CoreFileError, GREGS_BYTES, MACHINE, NT_PRSTATUS, STATUS_BYTES};
use crate::unwind::{Context, ReadMemory};
use esplens_soc::machine::reg;

/// Name of the note with the tasks' names, one line per task: handle and name.
pub const NAMES: &str = "ESPLENS_TASKS";
/// Type of that note; no debugger uses this number for anything else.
pub const NAMES_TYPE: u32 = 0x4553_504C;
/// Most threads and segments that are read.
const MAX_PARTS: usize = 1024;

/// A thread of a core file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// Task handle, or core number plus 1 for a core.
    pub id: u32,
    /// Name, if the file has one.
    pub name: Option<String>,
    /// Registers.
    pub context: Context,
}

/// A core file's contents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoreFile {
    /// Threads; the first one is the one that stopped or crashed.
    pub threads: Vec<Thread>,
    /// Memory: address and bytes.
    pub memory: Vec<(u32, Vec<u8>)>,
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at.checked_add(2)?).map(|b| u16::from_le_bytes([b[0], b[1]]))
}

impl CoreFile {
    /// Parses the bytes of a core file.
    ///
    /// # Errors
    /// [`CoreFileError::Format`] if it is not an Xtensa core file.
    pub fn parse(bytes: &[u8]) -> Result<Self, CoreFileError> {
        let bad = |why: &str| CoreFileError::Format(why.into());
        if !bytes.starts_with(b"\x7fELF\x01\x01") || half(bytes, 16) != Some(4) {
            return Err(bad("not an ELF core file"));
        }
        if half(bytes, 18) != Some(MACHINE) {
            return Err(bad("not for Xtensa"));
        }
        let headers = word(bytes, 28).ok_or_else(|| bad("truncated"))? as usize;
        let (size, count) = (half(bytes, 42).unwrap_or(0), half(bytes, 44).unwrap_or(0));
        let mut core = Self::default();
        for n in 0..usize::from(count).min(MAX_PARTS) {
            let at = headers.saturating_add(n * usize::from(size));
            let field = |o: usize| word(bytes, at.saturating_add(o));
            let (Some(kind), Some(offset), Some(addr), Some(len)) = (field(0), field(4), field(8), field(16))
            else {
                return Err(bad("its program headers are truncated"));
            };
            let data =
                bytes.get(offset as usize..).map(|d| &d[..d.len().min(len as usize)]).unwrap_or_default();
            match kind {
                1 if !data.is_empty() => core.memory.push((addr, data.to_vec())),
                4 => core.notes(data),
                _ => {}
            }
        }
        if core.threads.is_empty() { Err(bad("it has no threads")) } else { Ok(core) }
    }

    fn notes(&mut self, data: &[u8]) {
        let mut at = 0;
        while let (Some(name_len), Some(len), Some(kind)) =
            (word(data, at), word(data, at + 4), word(data, at + 8))
        {
            let name_at = at + 12;
            let start = name_at.saturating_add((name_len as usize).next_multiple_of(4));
            let end = start.saturating_add(len as usize);
            let Some(body) = data.get(start..end) else { return };
            let name = data.get(name_at..name_at.saturating_add(name_len as usize)).unwrap_or_default();
            let name = String::from_utf8_lossy(name).trim_end_matches('\0').to_string();
            if name == "CORE" && kind == NT_PRSTATUS && self.threads.len() < MAX_PARTS {
                self.threads.extend(thread(body));
            } else if name == NAMES {
                self.names(&String::from_utf8_lossy(body));
            }
            at = end.next_multiple_of(4);
        }
    }

    fn names(&mut self, text: &str) {
        for (id, name) in text.lines().filter_map(|l| l.split_once(' ')) {
            let id = u32::from_str_radix(id, 16).ok();
            let thread = self.threads.iter_mut().find(|t| Some(t.id) == id);
            thread.into_iter().for_each(|t| t.name = Some(name.into()));
        }
    }
}

/// Reads a thread from NT_PRSTATUS.
fn thread(body: &[u8]) -> Option<Thread> {
    let regs = body.get(STATUS_BYTES..STATUS_BYTES + GREGS_BYTES)?;
    let mut context = Context::of_window(word(regs, 0)?, word(regs, 4)?, &[0; 16]);
    for (n, reg) in context.ar.iter_mut().enumerate() {
        *reg = word(regs, AR0 + 4 * n)?;
    }
    for n in 0..4u16 {
        context.others.insert(reg::SR + n, word(regs, 8 + 4 * usize::from(n))?);
    }
    let start = word(regs, 24)? & 0xFFFF;
    (context.windowstart, context.windowbase) = (start, word(regs, 28)? & 15);
    // ESP-IDF's files have 0 in both and the current window in ar0..ar15.
    if start == 0 {
        context.windowstart = 1 << context.windowbase;
    }
    Some(Thread { id: word(body, 24)?, name: None, context })
}

impl ReadMemory for CoreFile {
    fn peek(&self, addr: u32, out: &mut [u8]) -> usize {
        let mut n = 0;
        while n < out.len() {
            let Some(at) = addr.checked_add(n as u32) else { break };
            let inside = |m: &&(u32, Vec<u8>)| at >= m.0 && ((at - m.0) as usize) < m.1.len();
            let Some((start, bytes)) = self.memory.iter().find(inside) else { break };
            let from = &bytes[(at - start) as usize..];
            let take = from.len().min(out.len() - n);
            out[n..n + take].copy_from_slice(&from[..take]);
            n += take;
        }
        n
    }
}
