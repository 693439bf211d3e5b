//! Registers and interrupts of a core.

use crate::dash::wire::{CpuSample, IrqSample};
use esplens_core::cpu::interrupt::LEVEL_MASK;
use esplens_soc::irq::{IrqSource, SOURCES};
use esplens_soc::machine::Machine;

pub fn registers(m: &Machine, core: usize) -> CpuSample {
    let c = m.cpu(core);
    CpuSample {
        ar: c.ar.to_vec(),
        windowbase: c.windowbase(),
        windowstart: c.windowstart,
        pc: c.pc,
        ps: c.ps,
        sar: c.sar,
        lbeg: c.lbeg,
        lend: c.lend,
        lcount: c.lcount,
        br: c.br,
        scompare1: c.scompare1,
        threadptr: c.threadptr,
        epc: c.epc.to_vec(),
        eps: c.eps.to_vec(),
        excsave: c.excsave.to_vec(),
        depc: c.depc,
        exccause: c.exccause,
        excvaddr: c.excvaddr,
        vecbase: c.vecbase,
        cpenable: c.cpenable,
        interrupt: c.interrupt(),
        intenable: c.intenable,
        ccount: c.ccount(),
        ccompare: c.ccompare.to_vec(),
        debugcause: c.debugcause,
        prid: c.prid,
        misc: c.misc.to_vec(),
        retired: c.retired,
        waiting: c.waiting,
    }
}

/// Returns the interrupts that are enabled or pending, by number.
pub fn interrupts(m: &Machine, core: usize) -> Vec<IrqSample> {
    let c = m.cpu(core);
    let (pending, enabled) = (c.interrupt(), c.intenable);
    (0..32u8)
        .filter(|n| (pending & enabled | enabled) >> n & 1 != 0 || pending >> n & 1 != 0)
        .map(|n| IrqSample {
            n,
            level: (1..8).find(|&l| LEVEL_MASK[l as usize] >> n & 1 != 0).unwrap_or(0),
            enabled: enabled >> n & 1 != 0,
            pending: pending >> n & 1 != 0,
            sources: sources(m, core, n),
        })
        .collect()
}

fn sources(m: &Machine, core: usize, n: u8) -> Vec<String> {
    // Interrupts internal to the core; the matrix routes nothing to them (IDF parks unused sources at 6 and 16).
    match n {
        6 | 15 | 16 => return vec!["timer".into()],
        7 | 29 => return vec!["software".into()],
        11 => return vec!["profiling".into()],
        _ => {}
    }
    let irq = &m.soc().sys.irq;
    (0..SOURCES)
        .filter(|&s| irq.mapping(core, s) == n)
        .map(|s| {
            let source = IrqSource::ALL[s];
            format!("{}{source:?}", if irq.level(source) { "*" } else { "" })
        })
        .collect()
}
