//! `whatis`: what is at an address, or what a name or expression is.

use super::{Error, Result, number};
use crate::rtos::{self, Rtos};
use crate::supervisor::{Handle, RunState, Session};
use crate::symbols::{self, Error as SymbolError, Format, Memory, Place, Symbols, Value};
use crate::unwind::{Bytes, Context, MachineMemory, SourceView};
use crate::whatis;
use clap::Args;

/// Tells about an address (variable, stack, heap block, register, flash, ROM), or shows an expression in the frame of the
/// core that stopped last.
#[derive(Debug, Args)]
pub struct Whatis {
    /// An address (0x3ffb0010), a name, a register ($sp) or an expression of C's; /x before an expression shows integers
    /// in hexadecimal.
    #[arg(required = true, allow_hyphen_values = true)]
    what: Vec<String>,
}

impl Whatis {
    pub fn run(&self, handle: &Handle) -> Result {
        let letters = self.what[0].strip_prefix('/');
        let what = self.what[usize::from(letters.is_some())..].join(" ");
        let format = letters.map(format).transpose()?;
        let (symbols, rtos) = (handle.symbols().current(), handle.rtos());
        let text = handle.call(move |s| match number(what.trim_start_matches('*')) {
            Ok(addr) if format.is_none() => Ok(address(s, rtos.as_deref(), &symbols, addr)),
            _ => expression(s, rtos.as_deref(), &symbols, &what, &format.unwrap_or_default()),
        })?;
        text.map_err(|e| Error::User(e.to_string()))
    }
}

/// The format that GDB's letters stand for.
fn format(letters: &str) -> std::result::Result<Format, Error> {
    match letters {
        "x" | "z" => Ok(Format { hex: true, ..Format::default() }),
        "d" | "u" | "s" => Ok(Format::default()),
        other => Err(Error::User(format!("/{other}: /x (hexadecimal), /d and /s are the formats here"))),
    }
}

/// The core whose eyes and frame count: the one that stopped last.
fn core(s: &Session) -> usize {
    if let RunState::Stopped(stopped) = s.status().state { stopped.core } else { 0 }
}

fn address(s: &Session, rtos: Option<&Rtos>, symbols: &Symbols, addr: u32) -> String {
    let lines = whatis::whatis(s.machine(), core(s), rtos, symbols, addr);
    format!("{addr:#010x}: {}\n", lines.join("\n            "))
}

/// The value of an expression; names are those of the innermost inlined call, then those of the calls around it.
fn in_frame(
    symbols: &Symbols,
    what: &str,
    memory: &dyn Memory,
    view: &SourceView,
) -> std::result::Result<Value, SymbolError> {
    let levels = symbols.frames_at(symbols::Frame::pc(view)).len().max(1);
    let mut values = (0..levels).map(|level| symbols.evaluate_in(what, memory, Some((view, level))));
    let first = values.next().unwrap_or(Err(SymbolError::OptimizedOut));
    match first {
        Err(error @ SymbolError::NoSymbol(_)) => values.find_map(std::result::Result::ok).ok_or(error),
        known => known,
    }
}

fn expression(
    s: &Session,
    rtos: Option<&Rtos>,
    symbols: &Symbols,
    what: &str,
    format: &Format,
) -> std::result::Result<String, SymbolError> {
    let core = core(s);
    let mem = MachineMemory { machine: s.machine(), core };
    let trace = rtos::core_backtrace(rtos, &mem, symbols, &Context::of_core(s.machine().cpu(core), core));
    let memory = |addr: u32, buf: &mut [u8]| s.machine().peek(core, addr, buf);
    let view = SourceView { frame: &trace.frames[0], caller: trace.frames.get(1), memory: Bytes(&mem) };
    let value = in_frame(symbols, what, &memory, &view)?;
    if what.starts_with('$')
        && !format.hex
        && !what.contains(' ')
        && let Place::Register(_, word) = value.place
    {
        return Ok(format!("{what} = {}", address(s, rtos, symbols, word)));
    }
    let size = symbols.size_of(value.ty)?;
    let at = value.addr().map_or(String::new(), |a| format!(" at {a:#010x}"));
    let shown = symbols.format(&value, &memory, format);
    Ok(format!("{what}: {}, {size} bytes{at} = {shown}\n", symbols.type_name(value.ty)))
}
