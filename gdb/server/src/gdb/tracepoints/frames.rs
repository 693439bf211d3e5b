//! Registers and memory while a trace frame is selected: collected data and read-only memory.

use crate::gdb::target::{EFAULT, GdbTarget};
use crate::gdb::xtensa::{GRegisters, table};
use esplens_soc::map;
use esplens_supervisor::tracepoints::{TraceBlock, TraceFrame};
use gdbstub::target::{TargetError, TargetResult};
use std::ops::Range;
use std::sync::Arc;

impl GdbTarget {
    /// Returns the selected trace frame.
    pub fn frame(&self) -> Option<Arc<TraceFrame>> {
        self.tracing.frame.as_ref().map(|(_, f)| f.clone())
    }

    /// Reads memory of a trace frame starting at `addr`; returns the number of bytes read.
    pub fn frame_memory(&self, frame: &TraceFrame, addr: u32, out: &mut [u8]) -> TargetResult<usize, Self> {
        let mut n = frame.memory(addr, out);
        if n == 0 {
            let (core, len) = (frame.core, out.len());
            let live = self.ask(move |s| {
                let end = unchanging(s.traces().read_only(), addr)?;
                let mut bytes = vec![0; len.min((end - addr) as usize)];
                let n = s.machine().peek(core, addr, &mut bytes);
                bytes.truncate(n);
                Some(bytes)
            })?;
            let live = live.unwrap_or_default();
            n = live.len();
            out[..n].copy_from_slice(&live);
        }
        if n == 0 && !out.is_empty() { Err(TargetError::Errno(EFAULT)) } else { Ok(n) }
    }
}

/// Fills the registers of a `g` packet.
pub fn registers(frame: &TraceFrame, regs: &mut GRegisters) {
    let all = (0..table::IN_G).map(|n| frame.register(n).unwrap_or(0) as u32);
    regs.0.iter_mut().zip(all).for_each(|(reg, value)| *reg = value);
}

/// Returns the end of the read-only range that contains `addr`: flash, ROM, and ranges set by the client.
fn unchanging(told: &[Range<u32>], addr: u32) -> Option<u32> {
    let fixed = map::ranges(|r| Some(r.kind()).filter(|kind| kind.gdb_type() != "ram"));
    let mut all = fixed.into_iter().map(|(range, _)| range).chain(told.iter().cloned());
    all.find(|r| r.contains(&addr)).map(|r| r.end)
}

/// Returns the document of `qXfer:traceframe-info`: the memory and variables in a frame.
pub fn info(frame: &TraceFrame) -> String {
    let mut xml = String::from("<?xml version=\"1.0\"?>\n<traceframe-info>\n");
    for block in frame.blocks() {
        xml.push_str(&match block {
            TraceBlock::Memory { addr, bytes } => {
                format!("<memory start=\"{addr:#x}\" length=\"{:#x}\"/>\n", bytes.len())
            }
            TraceBlock::Variable { number, .. } => format!("<tvar id=\"{number}\"/>\n"),
        });
    }
    xml.push_str("</traceframe-info>\n");
    xml
}
