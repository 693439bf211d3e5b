//! Calls, returns and the windowed option's instructions (ISA 4.3.2, 4.7.1).

use super::{Table, illegal};
use crate::cpu::exception::Cause;
use crate::cpu::{WindowResult, ps};
use crate::engine::{Ctx, DecOp, Done};
use crate::isa::Op;

pub(super) const TABLE: Table = &[
    (Op::Call0, call0),
    (Op::Call4, call::<1>),
    (Op::Call8, call::<2>),
    (Op::Call12, call::<3>),
    (Op::Callx0, callx0),
    (Op::Callx4, callx::<1>),
    (Op::Callx8, callx::<2>),
    (Op::Callx12, callx::<3>),
    (Op::Ret, ret),
    (Op::RetN, ret),
    (Op::Retw, retw),
    (Op::RetwN, retw),
    (Op::Entry, entry),
    (Op::Movsp, movsp),
    (Op::Rotw, rotw),
    (Op::Rfwo, rfwo),
    (Op::Rfwu, rfwu),
];

fn call0(c: &mut Ctx, o: &DecOp) -> Done {
    c.set(0, o.next());
    c.cpu.pc = o.imm;
    Done::Jump
}

fn callx0(c: &mut Ctx, o: &DecOp) -> Done {
    let target = c.a(o.s);
    c.set(0, o.next());
    c.cpu.pc = target;
    Done::Jump
}

/// Implements the common part of CALLn and CALLXn: PS.CALLINC, and the return address with n / 4 in its two
/// top bits.
#[inline(always)]
fn windowed_call<const INC: u32>(c: &mut Ctx, o: &DecOp, target: u32) -> Done {
    if c.cpu.ps & ps::WOE == 0 {
        return illegal(c, o);
    }
    c.cpu.ps = c.cpu.ps & !ps::CALLINC | INC << ps::CALLINC_SHIFT;
    c.set((INC * 4) as u8, INC << 30 | o.next() & 0x3FFF_FFFF);
    c.cpu.pc = target;
    Done::Jump
}

fn call<const INC: u32>(c: &mut Ctx, o: &DecOp) -> Done {
    windowed_call::<INC>(c, o, o.imm)
}

fn callx<const INC: u32>(c: &mut Ctx, o: &DecOp) -> Done {
    let target = c.a(o.s);
    windowed_call::<INC>(c, o, target)
}

fn ret(c: &mut Ctx, _o: &DecOp) -> Done {
    c.cpu.pc = c.a(0);
    Done::Jump
}

#[inline(always)]
fn windowed(c: &mut Ctx, o: &DecOp, done: WindowResult) -> Done {
    match done {
        WindowResult::Done => Done::Jump,
        WindowResult::Exception => {
            if c.report_traps {
                c.on_trap(c.cycle_of(o));
            }
            Done::Jump
        }
        WindowResult::Illegal => illegal(c, o),
    }
}

fn retw(c: &mut Ctx, o: &DecOp) -> Done {
    let done = c.cpu.retw(o.pc);
    windowed(c, o, done)
}

fn entry(c: &mut Ctx, o: &DecOp) -> Done {
    let done = c.cpu.entry(o.pc, o.s, o.imm, o.next());
    windowed(c, o, done)
}

fn movsp(c: &mut Ctx, o: &DecOp) -> Done {
    if c.cpu.movsp_must_spill() {
        return c.raise(o, Cause::Alloca);
    }
    let v = c.a(o.s);
    c.set(o.t, v);
    Done::Next
}

fn rotw(c: &mut Ctx, o: &DecOp) -> Done {
    c.cpu.rotate(o.imm);
    c.cpu.sync_window();
    Done::Exit
}

fn rfwo(c: &mut Ctx, o: &DecOp) -> Done {
    window_return(c, o, false)
}

fn rfwu(c: &mut Ctx, o: &DecOp) -> Done {
    window_return(c, o, true)
}

fn window_return(c: &mut Ctx, _o: &DecOp, underflow: bool) -> Done {
    c.cpu.window_return(underflow);
    Done::ExitJump
}

#[cfg(test)]
mod tests {
    use crate::cpu::exception::{Cause, vector};
    use crate::cpu::insn::testing::{CODE, DATA, InsnBench};
    use crate::cpu::ps;
    use crate::isa::{Insn, Op};

    fn op(op: Op, s: u8, imm: i32) -> Insn {
        Insn::new(op, 0, s, 0, imm)
    }

    #[test]
    fn plain_calls_put_the_return_address_in_a0() {
        let b = InsnBench::new().run(Op::Call0, 0, 0, 0, 0x100);
        assert_eq!((b.reg(0), b.cpu.pc), (CODE + 3, CODE + 0x104));
        let b = InsnBench::new().with(0, CODE + 0x200).run(Op::Callx0, 0, 0, 0, 0);
        assert_eq!((b.reg(0), b.cpu.pc), (CODE + 3, CODE + 0x200));
        assert_eq!(InsnBench::new().with(0, CODE + 9).run(Op::RetN, 0, 0, 0, 0).cpu.pc, CODE + 9);
    }

    #[test]
    fn windowed_calls_mark_the_increment() {
        for (n, plain, indirect) in
            [(1, Op::Call4, Op::Callx4), (2, Op::Call8, Op::Callx8), (3, Op::Call12, Op::Callx12)]
        {
            let ra = n << 30 | (CODE + 3) & 0x3FFF_FFFF;
            let b = InsnBench::new().run(plain, 0, 0, 0, 0x40);
            assert_eq!((b.reg(n as u8 * 4), b.cpu.callinc(), b.cpu.pc), (ra, n, CODE + 0x44));
            let b = InsnBench::new().with(3, CODE + 0x80).run(indirect, 0, 3, 0, 0);
            assert_eq!((b.reg(n as u8 * 4), b.cpu.callinc(), b.cpu.pc), (ra, n, CODE + 0x80));
        }
    }

    #[test]
    fn entry_and_retw_rotate_and_come_back() {
        let b = InsnBench::new()
            .with(10, 42)
            .place(CODE, &[op(Op::Call8, 0, 0x3C)])
            .place(CODE + 0x40, &[op(Op::Entry, 1, 32)])
            .place(CODE + 0x43, &[op(Op::Retw, 0, 0)])
            .steps(2);
        assert_eq!((b.cpu.windowbase(), b.cpu.windowstart), (2, 0b101));
        assert_eq!((b.reg(1), b.reg(2)), (DATA + 0x1000 - 32, 42));
        let b = b.steps(1);
        assert_eq!((b.cpu.windowbase(), b.cpu.windowstart, b.cpu.pc), (0, 1, CODE + 3));
    }

    #[test]
    fn naming_a_live_frame_overflows_into_its_handler() {
        for (starts, vector, moved) in [
            (0b0000_0000_0000_0111u32, vector::OVERFLOW4, 1),
            (0b0000_0000_0000_1011, vector::OVERFLOW8, 1),
            (0b0000_0000_0001_0011, vector::OVERFLOW12, 1),
            (0b0000_0000_0000_1101, vector::OVERFLOW4, 2),
        ] {
            let b = InsnBench::new().set(|c| c.windowstart = starts).run(Op::MovN, 0, 2, 11, 0);
            assert_eq!(b.cpu.pc, CODE + vector, "{starts:b}");
            assert_eq!((b.cpu.windowbase(), b.cpu.epc[1]), (moved, CODE));
            assert_eq!(b.cpu.ps & (ps::OWB | ps::EXCM), ps::EXCM);
        }
        // a4 is free: nothing happens when only the second frame above is live.
        let b = InsnBench::new().set(|c| c.windowstart = 0b101).with(2, 6).run(Op::MovN, 0, 2, 4, 0);
        assert_eq!((b.reg(4), b.cpu.pc), (6, CODE + 2));
    }

    #[test]
    fn retw_without_a_live_frame_underflows() {
        for (n, vector) in [(1, vector::UNDERFLOW4), (2, vector::UNDERFLOW8), (3, vector::UNDERFLOW12)] {
            let b = InsnBench::new()
                .set(|c| (c.wb4, c.windowstart) = (20, 1 << 5))
                .with(0, n << 30 | 0x80000)
                .run(Op::Retw, 0, 0, 0, 0);
            assert_eq!((b.cpu.pc, b.cpu.windowbase(), b.cpu.epc[1]), (CODE + vector, 5 - n, CODE));
            assert_eq!(b.cpu.ps & ps::OWB, 5 << ps::OWB_SHIFT);
        }
    }

    #[test]
    fn window_handlers_return_where_they_came_from() {
        let b = InsnBench::new()
            .set(|c| {
                (c.wb4, c.windowstart) = (8, 0b101);
                c.ps |= ps::EXCM;
                c.epc[1] = CODE + 0x10;
            })
            .run(Op::Rfwo, 0, 0, 0, 0);
        assert_eq!((b.cpu.windowbase(), b.cpu.windowstart, b.cpu.pc), (0, 1, CODE + 0x10));
        assert_eq!(b.cpu.ps & ps::EXCM, 0);
        let b = InsnBench::new()
            .set(|c| {
                (c.wb4, c.windowstart) = (8, 1);
                c.ps |= ps::EXCM | 3 << ps::OWB_SHIFT;
            })
            .run(Op::Rfwu, 0, 0, 0, 0);
        assert_eq!((b.cpu.windowbase(), b.cpu.windowstart), (3, 0b101));
    }

    #[test]
    fn what_the_manual_calls_undefined_is_illegal() {
        let ill = |b: InsnBench| b.cpu.exccause == Cause::IllegalInstruction as u32 && b.cpu.epc[1] == CODE;
        let no_windows = || InsnBench::new().set(|c| c.ps &= !ps::WOE).set(|c| c.exccause = 63);
        assert!(ill(no_windows().run(Op::Entry, 0, 1, 0, 16)));
        assert!(ill(no_windows().run(Op::Call8, 0, 0, 0, 0)));
        assert!(ill(no_windows().with(0, 1 << 30).run(Op::Retw, 0, 0, 0, 0)));
        // a0 has the increment of CALL4, but the live frame is two quads below.
        let b = InsnBench::new().set(|c| (c.wb4, c.windowstart, c.exccause) = (8, 0b101, 63));
        assert!(ill(b.with(0, 1 << 30).run(Op::Retw, 0, 0, 0, 0)));
    }

    #[test]
    fn movsp_raises_alloca_when_the_caller_is_spilled() {
        let b = InsnBench::new().set(|c| (c.wb4, c.windowstart) = (20, 1 << 5)).with(2, 5).run(
            Op::Movsp,
            0,
            2,
            1,
            0,
        );
        assert_eq!((b.cpu.exccause, b.cpu.pc), (Cause::Alloca as u32, CODE + vector::USER));
        let b = InsnBench::new().set(|c| (c.wb4, c.windowstart) = (20, 1 << 5 | 1 << 3));
        assert_eq!(b.with(2, 5).run(Op::Movsp, 0, 2, 1, 0).reg(1), 5);
    }

    #[test]
    fn rotw_moves_both_ways() {
        assert_eq!(InsnBench::new().run(Op::Rotw, 0, 0, 0, -1).cpu.windowbase(), 15);
        assert_eq!(InsnBench::new().run(Op::Rotw, 0, 0, 0, 7).cpu.windowbase(), 7);
    }
}
