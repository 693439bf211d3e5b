//! Region protection: one entry per 512 MiB region in each TLB (ISA 4.6.3).

use super::{Table, compute};
use crate::engine::{Ctx, DecOp, Done};
use crate::isa::Op;

pub(super) const TABLE: Table = &[
    (Op::Witlb, witlb),
    (Op::Wdtlb, wdtlb),
    (Op::Ritlb0, region_base),
    (Op::Rdtlb0, region_base),
    (Op::Ritlb1, ritlb1),
    (Op::Rdtlb1, rdtlb1),
    (Op::Pitlb, probe),
    (Op::Pdtlb, probe),
    (Op::Iitlb, invalidate),
    (Op::Idtlb, invalidate),
];

/// Regions that the page tables cover: 1 (0x2000_0000) and 2 (0x4000_0000).
const MAPPED: std::ops::RangeInclusive<u32> = 1..=2;
/// The cache attribute that permits nothing.
const ILLEGAL: u8 = 15;

fn region(addr: u32) -> u32 {
    addr >> 29
}

fn witlb(c: &mut Ctx, o: &DecOp) -> Done {
    let n = region(c.a(o.s));
    c.cpu.itlb[n as usize] = (c.a(o.t) & 15) as u8;
    // Code that engines have cached may no longer be fetchable.
    c.mem.map_generation += 1;
    Done::Exit
}

fn wdtlb(c: &mut Ctx, o: &DecOp) -> Done {
    let n = region(c.a(o.s));
    let attr = (c.a(o.t) & 15) as u8;
    c.cpu.dtlb[n as usize] = attr;
    if MAPPED.contains(&n) {
        c.mem.guard_region(c.core, n, attr == ILLEGAL);
    }
    Done::Exit
}

compute! {
    // Without translation, the virtual and the physical page are the region's own address.
    region_base: t = |c, o| region(c.a(o.s)) << 29;
    ritlb1: t = |c, o| region(c.a(o.s)) << 29 | u32::from(c.cpu.itlb[region(c.a(o.s)) as usize]);
    rdtlb1: t = |c, o| region(c.a(o.s)) << 29 | u32::from(c.cpu.dtlb[region(c.a(o.s)) as usize]);
    // Bit 0: the probe always hits (one way, all entries valid).
    probe: t = |c, o| region(c.a(o.s)) << 29 | 1;
}

/// Executes invalidation as a no-op: entries of the region protection option are always valid.
fn invalidate(_c: &mut Ctx, _o: &DecOp) -> Done {
    Done::Exit
}

#[cfg(test)]
mod tests {
    use crate::cpu::exception::Cause;
    use crate::cpu::insn::testing::{CODE, DATA, InsnBench};
    use crate::isa::{Insn, Op};

    #[test]
    fn attributes_are_read_back() {
        let b = InsnBench::new().with(5, 0x8000_1234).with(6, 0x14);
        let b = b.run(Op::Wdtlb, 0, 5, 6, 0).run(Op::Rdtlb1, 0, 5, 7, 0).run(Op::Rdtlb0, 0, 5, 8, 0);
        assert_eq!((b.reg(7), b.reg(8)), (0x8000_0004, 0x8000_0000));
        let b = b.run(Op::Ritlb1, 0, 5, 7, 0).run(Op::Pdtlb, 0, 5, 8, 0);
        assert_eq!((b.reg(7), b.reg(8)), (0x8000_0002, 0x8000_0001));
    }

    #[test]
    fn plain_memory_can_be_guarded_and_freed() {
        let b = InsnBench::new().with(5, DATA).with(6, 15).with(7, 2);
        let b = b.run(Op::Wdtlb, 0, 5, 6, 0).run(Op::L32i, 0, 5, 4, 0);
        assert_eq!((b.cpu.exccause, b.cpu.excvaddr), (Cause::LoadProhibited as u32, DATA));
        let b = b.set(|c| (c.pc, c.exccause) = (CODE + 0x100, 0)).run(Op::Wdtlb, 0, 5, 7, 0);
        let b = b.run(Op::L32i, 0, 5, 4, 0);
        assert_eq!(b.cpu.exccause, 0);
    }

    #[test]
    fn fetching_from_an_illegal_region_is_prohibited() {
        let b = InsnBench::new().with(5, 0x4000_0000).with(6, 15).run(Op::Witlb, 0, 5, 6, 0).steps(1);
        assert_eq!((b.cpu.exccause, b.cpu.excvaddr), (Cause::InstFetchProhibited as u32, CODE + 3));
        // The same for code that has already run.
        let insns = [Insn::new(Op::Witlb, 0, 5, 6, 0), Insn::new(Op::J, 0, 0, 0, -7)];
        let b = InsnBench::new().with(5, 0x4000_0000).with(6, 2).place(CODE, &insns).steps(6);
        let b = b.with(6, 15).steps(2);
        assert_eq!((b.cpu.exccause, b.cpu.excvaddr), (Cause::InstFetchProhibited as u32, CODE + 3));
    }
}
