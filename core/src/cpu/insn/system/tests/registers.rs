//! RSR, WSR, XSR, RUR, WUR, RER, WER and the output wires.

use super::{CODE, Cause, InsnBench, op, took};
use crate::cpu::exception::vector;
use crate::cpu::{CONFIG_ID, PRID, ps};
use crate::engine::{Engine, Exit, interp::Interp};
use crate::isa::{Insn, Op, special, sr, ur};
use crate::memory::{Access, Bus, Fault};

const ONES: u32 = u32::MAX;

/// Registers that hold the written value: number and implemented bits.
const STORED: &[(u8, u32)] = &[
    (sr::LBEG, ONES),
    (sr::LEND, ONES),
    (sr::LCOUNT, ONES),
    (sr::SAR, 0x3F),
    (sr::BR, 0xFFFF),
    (sr::SCOMPARE1, ONES),
    (sr::ACCLO, ONES),
    (sr::ACCHI, 0xFF),
    (sr::M0, ONES),
    (sr::M1, ONES),
    (sr::M2, ONES),
    (sr::M3, ONES),
    (sr::WINDOWSTART, 0xFFFF),
    (sr::IBREAKENABLE, 3),
    (sr::MEMCTL, 1),
    (sr::ATOMCTL, 0x3F),
    (sr::DDR, ONES),
    (sr::IBREAKA0, ONES),
    (sr::IBREAKA1, ONES),
    (sr::DBREAKA0, ONES),
    (sr::DBREAKA1, ONES),
    (sr::DBREAKC0, 0xC000_003F),
    (sr::DBREAKC1, 0xC000_003F),
    (sr::EPC1, ONES),
    (sr::EPC2, ONES),
    (sr::EPC3, ONES),
    (sr::EPC4, ONES),
    (sr::EPC5, ONES),
    (sr::EPC6, ONES),
    (sr::EPC7, ONES),
    (sr::DEPC, ONES),
    (sr::EPS2, 0x7_0F3F),
    (sr::EPS3, 0x7_0F3F),
    (sr::EPS4, 0x7_0F3F),
    (sr::EPS5, 0x7_0F3F),
    (sr::EPS6, 0x7_0F3F),
    (sr::EPS7, 0x7_0F3F),
    (sr::EXCSAVE1, ONES),
    (sr::EXCSAVE2, ONES),
    (sr::EXCSAVE3, ONES),
    (sr::EXCSAVE4, ONES),
    (sr::EXCSAVE5, ONES),
    (sr::EXCSAVE6, ONES),
    (sr::EXCSAVE7, ONES),
    (sr::CPENABLE, 0xFF),
    (sr::INTENABLE, ONES),
    (sr::PS, 0x7_0F3F),
    (sr::VECBASE, !0x3FF),
    (sr::EXCCAUSE, 0x3F),
    (sr::DEBUGCAUSE, 0xFFF),
    (sr::ICOUNT, ONES),
    (sr::ICOUNTLEVEL, 15),
    (sr::EXCVADDR, ONES),
    (sr::CCOMPARE0, ONES),
    (sr::CCOMPARE1, ONES),
    (sr::CCOMPARE2, ONES),
    (sr::MISC0, ONES),
    (sr::MISC1, ONES),
    (sr::MISC2, ONES),
    (sr::MISC3, ONES),
];

/// Registers that are not in [`STORED`]; they have their own tests below.
const SPECIAL: &[u8] = &[
    sr::LITBASE,
    sr::WINDOWBASE,
    sr::MMID,
    sr::CONFIGID0,
    sr::CONFIGID1,
    sr::INTERRUPT,
    sr::INTCLEAR,
    sr::CCOUNT,
    sr::PRID,
];

/// Words to write: all ones, zero, a pattern, its complement.
const WORDS: [u32; 4] = [ONES, 0, 0xA5C3_96F0, 0x5A3C_690F];

#[test]
fn every_register_of_the_table_is_tested_here() {
    for n in 0..=255u8 {
        let exists = [Op::Rsr, Op::Wsr, Op::Xsr].iter().any(|&o| special::name(o, n).is_some());
        let tested = STORED.iter().any(|s| s.0 == n) || SPECIAL.contains(&n);
        assert_eq!(exists, tested, "{n}");
    }
}

#[test]
fn stored_registers_keep_the_bits_that_exist() {
    for &(n, mask) in STORED {
        for word in WORDS {
            // The remaining state stays inactive: a written PS or ICOUNTLEVEL must not disturb the reading.
            let b = InsnBench::new().with(4, word).run(Op::Wsr, 0, 0, 4, n.into());
            assert_eq!(b.cpu.read_special(n), Some(word & mask), "WSR {n} {word:#x}");
            let mut b = b;
            (b.cpu.icountlevel, b.cpu.ibreakenable) = (0, 0);
            let expect = b.cpu.read_special(n);
            b.cpu.set_ps(if n == sr::PS { word & mask & !ps::WOE } else { ps::EXCM });
            let b = b.run(Op::Rsr, 0, 0, 5, n.into());
            let woe = if n == sr::PS { word & ps::WOE } else { 0 };
            match n {
                sr::ICOUNTLEVEL | sr::IBREAKENABLE => assert_eq!(b.reg(5), 0),
                _ => assert_eq!(Some(b.reg(5) | woe), expect, "RSR {n} {word:#x}"),
            }
        }
    }
}

#[test]
fn exchanges_swap_old_and_new() {
    for &(n, mask) in STORED {
        let first = if n == sr::PS { ps::UM | ps::WOE } else { 0x0005_0301 & mask };
        let mut b = InsnBench::new().with(4, 0xFFFF_0C02).set(|c| c.set_ps(ps::WOE | ps::UM | ps::EXCM));
        let mem = &mut b.mem;
        b.cpu.write_special(n, first, 0, mem).expect("writable");
        let b = b.run(Op::Xsr, 0, 0, 4, n.into());
        assert_eq!(b.reg(4), first, "XSR {n}");
        assert_eq!(b.cpu.read_special(n), Some(0xFFFF_0C02 & mask), "XSR {n}");
    }
}

#[test]
fn windowbase_moves_the_registers() {
    let b = InsnBench::new().with(4, 0xFFFF_FFF2).run(Op::Wsr, 0, 0, 4, sr::WINDOWBASE.into());
    assert_eq!(b.cpu.windowbase(), 2);
    assert_eq!(b.run(Op::Rsr, 0, 0, 7, sr::WINDOWBASE.into()).reg(7), 2);
    // The exchange uses the window that it was fetched with.
    let b = InsnBench::new().set(|c| (c.wb4, c.windowstart) = (12, 8)).with(5, 6);
    let b = b.run(Op::Xsr, 0, 0, 5, sr::WINDOWBASE.into());
    assert_eq!((b.cpu.windowbase(), b.cpu.ar[12 + 5], b.cpu.ar[24 + 5]), (6, 3, 0));
    // The window wraps at the end of the register file.
    let b = InsnBench::new().set(|c| (c.wb4, c.windowstart) = (60, 1 << 15)).with(9, 1);
    let b = b.set(|c| c.ps |= ps::EXCM).run(Op::Xsr, 0, 0, 9, sr::WINDOWBASE.into());
    assert_eq!((b.cpu.windowbase(), b.cpu.ar[5]), (1, 15));
}

#[test]
fn writing_windowstart_changes_the_window_check_at_once() {
    let insns = [op(Op::Wsr, 0, 2, sr::WINDOWSTART.into()), op(Op::MovN, 2, 4, 0)];
    let b = InsnBench::new().with(2, 0b11).place(CODE, &insns).steps(2);
    assert_eq!((b.cpu.pc, b.cpu.epc[1]), (CODE + vector::OVERFLOW12, CODE + 3));
}

#[test]
fn identification_registers_only_read() {
    let read = |n: u8| InsnBench::new().run(Op::Rsr, 0, 0, 4, n.into()).reg(4);
    assert_eq!(
        (read(sr::CONFIGID0), read(sr::CONFIGID1), read(sr::PRID)),
        (CONFIG_ID.0, CONFIG_ID.1, PRID[0])
    );
    let b = InsnBench::new().with(4, 1).run(Op::Wsr, 0, 0, 4, sr::CONFIGID0.into());
    assert_eq!((b.cpu.configid0, b.cpu.pc), (CONFIG_ID.0, CODE + 3));
    let b = InsnBench::new().with(4, 77).run(Op::Wsr, 0, 0, 4, sr::MMID.into());
    assert_eq!((b.cpu.mmid, b.cpu.pc), (77, CODE + 3));
}

#[test]
fn accesses_that_the_configuration_lacks_are_illegal() {
    let mut illegal = 0;
    for n in 0..=255u8 {
        for o in [Op::Rsr, Op::Wsr, Op::Xsr, Op::Rur, Op::Wur] {
            let refused =
                special::name(o, n).is_none() || n == sr::LITBASE && !matches!(o, Op::Rur | Op::Wur);
            let b = InsnBench::new().set(|c| c.exccause = 63).with(4, 0);
            // n is the register number. The address register is in t, for RUR in r.
            let b = b.run(o, 4, 0, 4, n.into());
            let raised = b.cpu.exccause == 0 && took(&b, Cause::IllegalInstruction, CODE, vector::USER);
            assert_eq!(raised, refused, "{o:?} {n}");
            illegal += u32::from(raised);
        }
    }
    assert!(illegal > 900);
}

#[test]
fn user_registers() {
    for (n, mask) in [
        (ur::EXPSTATE, ONES),
        (ur::THREADPTR, ONES),
        (ur::FCR, 0x7F),
        (ur::FSR, 0xF80),
        (ur::F64R_LO, ONES),
        (ur::F64R_HI, ONES),
        (ur::F64S, ONES),
    ] {
        let b =
            InsnBench::new().with(4, ONES).run(Op::Wur, 0, 0, 4, n.into()).run(Op::Rur, 5, 0, 0, n.into());
        assert_eq!(b.reg(5), mask, "{n}");
        let b = InsnBench::new().set(|c| c.cpenable = 0).with(4, ONES).run(Op::Wur, 0, 0, 4, n.into());
        let fp = matches!(n, ur::FCR | ur::FSR);
        assert_eq!(b.cpu.exccause == Cause::Coprocessor0Disabled as u32, fp, "{n}");
        let b = InsnBench::new().set(|c| c.cpenable = 0).run(Op::Rur, 5, 0, 0, n.into());
        assert_eq!(b.cpu.exccause == Cause::Coprocessor0Disabled as u32, fp, "{n}");
    }
}

#[test]
fn output_wires() {
    let b = InsnBench::new().run(Op::SetbExpstate, 0, 0, 0, 31).run(Op::SetbExpstate, 0, 0, 0, 4);
    assert_eq!(b.cpu.expstate, 0x8000_0010);
    assert_eq!(b.run(Op::ClrbExpstate, 0, 0, 0, 31).cpu.expstate, 0x10);
    let b = InsnBench::new().set(|c| c.expstate = 0xFF00).with(5, 0x1234).with(6, 0xF0F0);
    assert_eq!(b.run(Op::WrmskExpstate, 0, 5, 6, 0).cpu.expstate, 0x1F30);
    assert_eq!(InsnBench::new().with(4, 9).run(Op::ReadImpwire, 0, 0, 4, 0).reg(4), 0);
}

/// External registers that echo: a read returns the address plus one, a write is recorded with its cycle.
#[derive(Default)]
struct Echo {
    written: Vec<(u32, u32, u64, u32)>,
}

impl Bus for Echo {
    fn read(&mut self, _a: &mut Access, addr: u32, _size: u8) -> Result<u32, Fault> {
        Err(Fault::Bus(addr))
    }
    fn write(&mut self, _a: &mut Access, addr: u32, _size: u8, _value: u32) -> Result<(), Fault> {
        Err(Fault::Bus(addr))
    }
    fn rer(&mut self, _a: &mut Access, addr: u32) -> u32 {
        addr + 1
    }
    fn wer(&mut self, a: &mut Access, addr: u32, value: u32) {
        a.request_exit = value == 2;
        self.written.push((addr, value, a.cycle, a.pc));
    }
}

#[test]
fn external_registers_reach_the_bus() {
    let insns = [op(Op::Rer, 5, 6, 0), op(Op::Wer, 5, 7, 0), op(Op::Wer, 5, 8, 0), op(Op::Wer, 5, 7, 0)];
    let mut b = InsnBench::new().with(5, 0x0010_3000).with(7, 1).with(8, 2).place(CODE, &insns);
    let mut bus = Echo::default();
    let exit = Interp::default().run(&mut b.cpu, 0, &mut b.mem, &mut bus, 10);
    assert_eq!((exit, b.cpu.pc, b.reg(6)), (Exit::Service, CODE + 9, 0x0010_3001));
    assert_eq!(bus.written, [(0x0010_3000, 1, 1, CODE + 3), (0x0010_3000, 2, 2, CODE + 6)]);
}

#[test]
fn synchronisation_does_nothing_visible() {
    for o in [Op::Isync, Op::Rsync, Op::Esync, Op::Dsync, Op::Excw, Op::Memw, Op::Extw] {
        let before = InsnBench::new().cpu;
        let after = InsnBench::new().run_insn(Insn::new(o, 0, 0, 0, 0)).cpu;
        assert_eq!((after.pc, after.cycles, after.ar), (CODE + 3, 1, before.ar), "{o:?}");
    }
}
