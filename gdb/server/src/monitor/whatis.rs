//! `whatis`: describes an address, or shows a name or expression.

use super::frame::{FrameSymbols, SelectedStack};
use super::{Error, Result, number};
use clap::Args;
use esplens_debuginfo::symbols::{self, SymbolError, Symbols, Value, ValueFormat, ValuePlace};
use esplens_debuginfo::unwind::SourceView;
use esplens_supervisor::{Client, Handle, MachineMemory, Session, whatis};

/// Describes an address (variable, stack, heap block, register, flash, ROM), or shows an expression in the selected
/// frame (`frame`).
#[derive(Debug, Args)]
pub struct Whatis {
    /// An address (0x3ffb0010), a name, a register ($sp) or a C expression; /x before an expression shows integers in
    /// hexadecimal.
    #[arg(required = true, allow_hyphen_values = true)]
    what: Vec<String>,
}

impl Whatis {
    pub fn run(&self, handle: &Handle) -> Result {
        let letters = self.what[0].strip_prefix('/');
        let what = self.what[usize::from(letters.is_some())..].join(" ");
        let format = letters.map(format).transpose()?;
        let (known, by) = (FrameSymbols::of(handle), handle.client().clone());
        let text = handle.call(move |s| match number(what.trim_start_matches('*')) {
            Ok(addr) if format.is_none() => Ok(address(s, &known, addr)),
            _ => expression(s, &known, &by, &what, &format.unwrap_or_default()),
        })?;
        text.map_err(|e| Error::User(e.to_string()))
    }
}

/// Returns the format for GDB's format letters.
fn format(letters: &str) -> std::result::Result<ValueFormat, Error> {
    match letters {
        "x" | "z" => Ok(ValueFormat { hex: true, ..ValueFormat::default() }),
        "d" | "u" | "s" => Ok(ValueFormat::default()),
        other => Err(Error::User(format!("/{other}: the supported formats are /x (hexadecimal), /d and /s"))),
    }
}

fn address(s: &Session, known: &FrameSymbols, addr: u32) -> String {
    let lines = whatis::whatis(s.machine(), s.last_core(), known.rtos.as_deref(), &known.symbols, addr);
    format!("{addr:#010x}: {}\n", lines.join("\n            "))
}

/// Evaluates an expression in a frame; names are looked up in the selected level, then in the calls around it.
pub fn in_frame(
    symbols: &Symbols,
    what: &str,
    stack: &SelectedStack,
    mem: &MachineMemory,
) -> std::result::Result<Value, SymbolError> {
    let level = stack.level();
    let view = SourceView::of(&stack.trace.frames, level.frame, mem);
    let memory = symbols::FrameContext::memory(&view);
    let levels = symbols.frames_at(symbols::FrameContext::pc(&view)).len().max(level.inlined + 1);
    let mut values = (level.inlined..levels).map(|n| symbols.evaluate_in(what, memory, Some((&view, n))));
    let first = values.next().unwrap_or(Err(SymbolError::OptimizedOut));
    match first {
        Err(error @ SymbolError::NoSymbol(_)) => values.find_map(std::result::Result::ok).ok_or(error),
        known => known,
    }
}

fn expression(
    s: &Session,
    known: &FrameSymbols,
    by: &Client,
    what: &str,
    format: &ValueFormat,
) -> std::result::Result<String, SymbolError> {
    let core = s.last_core();
    let mem = MachineMemory { machine: s.machine(), core };
    let memory = |addr: u32, buf: &mut [u8]| s.machine().peek(core, addr, buf);
    let symbols = &known.symbols;
    let value = in_frame(symbols, what, &SelectedStack::of(s, known, by), &mem)?;
    if what.starts_with('$')
        && !format.hex
        && !what.contains(' ')
        && let ValuePlace::Register(_, word) = value.place
    {
        return Ok(format!("{what} = {}", address(s, known, word)));
    }
    let size = symbols.size_of(value.ty)?;
    let at = value.addr().map_or(String::new(), |a| format!(" at {a:#010x}"));
    let shown = symbols.format(&value, &memory, format);
    Ok(format!("{what}: {}, {size} bytes{at} = {shown}\n", symbols.type_name(value.ty)))
}
