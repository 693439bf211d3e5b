//! Disassembly around an address.

use crate::dash::wire::{CodeLine, CodeQuery, CodeSample};
use esplens_core::isa::{self, Flow};
use esplens_debuginfo::symbols::Symbols;
use esplens_soc::machine::Machine;

/// Maximum number of lines on either side.
const MAX_ROWS: usize = 500;

/// A machine's code, with the symbols that mark where functions begin.
struct Code<'a> {
    m: &'a Machine,
    symbols: Option<&'a Symbols>,
}

impl Code<'_> {
    /// Returns true if a function begins inside these bytes after the first: then they are data in front of it.
    fn begins_inside(&self, at: u32, len: u8) -> bool {
        let begins = |n: u32| {
            let addr = at.wrapping_add(n);
            self.symbols.and_then(|s| s.function_at(addr)).is_some_and(|f| f.addr == addr)
        };
        (1..u32::from(len)).any(begins)
    }
}

/// Returns the instructions before and after the requested address.
pub fn around(m: &Machine, want: &CodeQuery, symbols: Option<&Symbols>) -> CodeSample {
    let m = &Code { m, symbols };
    let core = want.core & 1;
    let at = want.at.unwrap_or(m.m.cpu(core).pc);
    let mut lines = before(m, core, at, want.before.min(MAX_ROWS));
    let anchor = lines.len();
    lines.extend(forward(m, core, at, want.rows.min(MAX_ROWS)));
    CodeSample { core, lines, anchor, ..CodeSample::default() }
}

/// Returns the `count` instructions that end at `at`. Instructions have 2 or 3 bytes: uses the farthest start from
/// which decoding arrives exactly at `at`.
fn before(m: &Code, core: usize, at: u32, count: usize) -> Vec<CodeLine> {
    let far = (count as u32 * 3 + 3).min(at);
    for back in (1..=far).rev() {
        let mut lines = forward_to(m, core, at - back, at);
        if lines.last().is_some_and(|l| l.addr + l.bytes.len() as u32 == at) {
            let skip = lines.len().saturating_sub(count);
            lines.drain(..skip);
            return lines;
        }
    }
    Vec::new()
}

fn forward_to(m: &Code, core: usize, from: u32, end: u32) -> Vec<CodeLine> {
    let mut lines = Vec::new();
    let mut at = from;
    while at < end {
        match line(m, core, at) {
            Some(line) if !line.text.starts_with('.') => {
                at += line.bytes.len() as u32;
                lines.push(line);
            }
            _ => return Vec::new(),
        }
    }
    lines
}

fn forward(m: &Code, core: usize, from: u32, count: usize) -> Vec<CodeLine> {
    let mut at = Some(from);
    let mut lines = Vec::new();
    while let Some(line) = at.filter(|_| lines.len() < count).and_then(|at| line(m, core, at)) {
        at = line.addr.checked_add(line.bytes.len() as u32);
        lines.push(line);
    }
    lines
}

/// Returns the instruction at `at`, or `.byte` for an invalid one. `None`: nothing is mapped there.
fn line(m: &Code, core: usize, at: u32) -> Option<CodeLine> {
    let mut bytes = [0; 4];
    let n = m.m.peek(core, at, &mut bytes);
    let insn = isa::decode(u32::from_le_bytes(bytes)).filter(|i| usize::from(i.len) <= n);
    let Some(insn) = insn.filter(|i| !m.begins_inside(at, i.len)) else {
        let text = format!(".byte {:#04x}", bytes[0]);
        return (n > 0).then(|| CodeLine { addr: at, bytes: vec![bytes[0]], text, ..CodeLine::default() });
    };
    Some(CodeLine {
        addr: at,
        bytes: bytes[..usize::from(insn.len)].to_vec(),
        text: insn.disasm(at).to_string(),
        target: literal(m, core, &insn, at).map(|v| format!("{v:#x}")),
        to: literal(m, core, &insn, at).or_else(|| insn.target(at).filter(|_| insn.op.flow() != Flow::Plain)),
        ..CodeLine::default()
    })
}

/// Returns the word that L32R loads.
fn literal(m: &Code, core: usize, insn: &isa::Insn, at: u32) -> Option<u32> {
    if insn.op != isa::Op::L32r {
        return None;
    }
    let mut word = [0; 4];
    let n = m.m.peek(core, insn.target(at)?, &mut word);
    (n == 4).then(|| u32::from_le_bytes(word))
}
