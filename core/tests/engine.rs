//! What the interpreter's block cache must never show: changed code, changed maps, break- and watchpoints, loops that
//! end anywhere, devices that meddle.

mod common;

use common::{ALIAS, Asm, CODE, DATA, NoBus, Rig, fib};
use esplens_core::cpu::exception::Cause;
use esplens_core::cpu::ps;
use esplens_core::debug::Stop;
use esplens_core::engine::{Engine, Exit};
use esplens_core::isa::{Insn, Op, sr};
use esplens_core::memory::{Access, Bus, Fault, Watch, WatchKind, WatchOwner, flag};

fn movi(t: u8, imm: i32) -> Insn {
    Insn::new(Op::Movi, 0, 0, t, imm)
}

fn nop() -> Insn {
    Insn::new(Op::Nop, 0, 0, 0, 0)
}

fn addi(t: u8, imm: i32) -> Insn {
    Insn::new(Op::Addi, 0, t, t, imm)
}

/// Runs until `n` cycles have passed, through exits for attention.
fn run_through(rig: &mut Rig, n: u64) {
    let end = rig.cpu.cycles + n;
    while rig.cpu.cycles < end {
        let left = end - rig.cpu.cycles;
        assert!(matches!(rig.run(left), Exit::Budget | Exit::Attention));
    }
}

#[test]
fn a_store_through_the_other_mapping_changes_the_running_block() {
    // The MOVI after the store is overwritten by it, byte by byte and as a word.
    let new = movi(4, 222).encode();
    for (store, size) in [(Op::S32i, 4), (Op::S16i, 2), (Op::S8i, 1)] {
        let mut rig = Rig::default();
        let at = rig.place(CODE, &[Insn::new(store, 0, 5, 6, 0), nop(), nop()]);
        assert_eq!(at, CODE + 9);
        rig.place(CODE + 9, &[movi(4, 111), nop()]);
        let offset = if size == 1 { 2 } else { 0 };
        // The constant's low byte is the word's third; the halves and bytes around stay what they are.
        let word = if size == 1 { new >> 16 } else { new | nop().encode() << 24 };
        if size == 2 {
            // Only the low half differs here: another register.
            rig.cpu.set_a(6, movi(7, 111).encode());
        } else {
            rig.cpu.set_a(6, word);
        }
        rig.cpu.set_a(5, ALIAS + 9 + offset);
        // First let the block be decoded and run, with the store going elsewhere.
        let target = rig.cpu.a(5);
        rig.cpu.set_a(5, DATA);
        run_through(&mut rig, 5);
        assert_eq!(rig.cpu.a(4), 111);
        (rig.cpu.pc, rig.cpu.ar[4]) = (CODE, 0);
        rig.cpu.set_a(5, target);
        run_through(&mut rig, 5);
        if size == 2 {
            assert_eq!((rig.cpu.a(4), rig.cpu.a(7)), (0, 111));
        } else {
            assert_eq!(rig.cpu.a(4), 222, "{store:?}");
        }
        assert_eq!(rig.cpu.pc, CODE + 15);
    }
}

#[test]
fn code_loaded_later_replaces_what_was_decoded() {
    let mut rig = Rig::default();
    for n in 0..50 {
        rig.cpu.pc = CODE;
        match n % 3 {
            0 => _ = rig.place(CODE, &[movi(4, n), nop()]),
            1 => {
                // As DMA or a loader writes it.
                let region = rig.code;
                rig.mem.write_region(region, 0, &movi(4, n).encode().to_le_bytes()[..3]);
            }
            _ => {
                let word = movi(4, n).encode() | nop().encode() << 24;
                let at = CODE;
                assert_eq!(rig.mem.poke(1, at, &word.to_le_bytes()), 4);
            }
        }
        run_through(&mut rig, 1);
        assert_eq!(rig.cpu.a(4), n as u32);
    }
}

#[test]
fn the_other_core_sees_changed_code() {
    let mut rig = Rig::default();
    let mut other = Rig::default();
    rig.place(CODE, &[movi(4, 1)]);
    rig.run(1);
    // Core 1 on the same memory.
    let mut cpu1 = other.cpu.clone();
    cpu1.pc = CODE;
    other.engine.run(&mut cpu1, 1, &mut rig.mem, &mut NoBus, 1);
    assert_eq!((rig.cpu.a(4), cpu1.a(4)), (1, 1));
    // Core 0 overwrites it as data.
    let store = [Insn::new(Op::S32i, 0, 5, 6, 0)];
    rig.place(CODE + 0x100, &store);
    rig.cpu.pc = CODE + 0x100;
    rig.cpu.set_a(5, ALIAS);
    rig.cpu.set_a(6, movi(4, 2).encode());
    run_through(&mut rig, 1);
    cpu1.pc = CODE;
    other.engine.run(&mut cpu1, 1, &mut rig.mem, &mut NoBus, 1);
    assert_eq!(cpu1.a(4), 2);
}

#[test]
fn a_remapped_page_runs_its_new_code() {
    let mut rig = Rig::default();
    let extra = rig.mem.add(8192, 0);
    let phys = [rig.code.first, extra.first, extra.first + 1];
    rig.place(CODE, &[movi(4, 0), nop()]);
    for n in 1..3usize {
        let bytes: Vec<u8> =
            [movi(4, n as i32), nop()].iter().flat_map(|i| i.encode().to_le_bytes()[..3].to_vec()).collect();
        rig.mem.write_region(extra, (n - 1) * 4096, &bytes);
    }
    for n in [0usize, 1, 2, 1, 0, 0, 2] {
        rig.mem.map_page(0, CODE, phys[n], flag::EXEC | flag::READ);
        rig.cpu.pc = CODE;
        run_through(&mut rig, 2);
        assert_eq!(rig.cpu.a(4), n as u32);
    }
    // Unmapped, then without EXEC.
    for (to, perms) in [(u32::MAX, 0), (phys[1], flag::READ)] {
        rig.mem.map_page(0, CODE, to, perms);
        rig.cpu.pc = CODE;
        rig.cpu.set_ps(ps::WOE | ps::UM);
        run_through(&mut rig, 1);
        assert_eq!((rig.cpu.exccause, rig.cpu.epc[1]), (Cause::InstructionFetchError as u32, CODE));
        rig.cpu.exccause = 0;
    }
}

#[test]
fn an_instruction_across_pages_follows_its_second_page() {
    let at = CODE + 0xFFE;
    let mut rig = Rig::default();
    rig.place(at, &[movi(4, 5), nop()]);
    rig.cpu.pc = at;
    run_through(&mut rig, 2);
    assert_eq!(rig.cpu.a(4), 5);
    // Another second page: the constant's low byte is there.
    let extra = rig.mem.add(4096, 0);
    rig.mem.write_region(extra, 0, &[77]);
    rig.mem.write_region(extra, 1, &nop().encode().to_le_bytes()[..3]);
    rig.mem.map_page(0, CODE + 0x1000, extra.first, flag::EXEC | flag::READ);
    rig.cpu.pc = at;
    run_through(&mut rig, 2);
    assert_eq!(rig.cpu.a(4), 77);
    // And written to in place.
    rig.mem.write_region(extra, 0, &[78]);
    rig.cpu.pc = at;
    run_through(&mut rig, 1);
    assert_eq!(rig.cpu.a(4), 78);
    // Back, and without permission.
    rig.mem.map_page(0, CODE + 0x1000, rig.code.first + 1, flag::EXEC | flag::READ);
    rig.cpu.pc = at;
    run_through(&mut rig, 1);
    assert_eq!(rig.cpu.a(4), 5);
    rig.mem.map_page(0, CODE + 0x1000, rig.code.first + 1, flag::READ);
    rig.cpu.pc = at;
    run_through(&mut rig, 1);
    assert_eq!(rig.cpu.exccause, Cause::InstructionFetchError as u32);
}

/// A bus whose device rewrites code by DMA, or swaps the code page, when it is written to.
struct Meddler;

impl Bus for Meddler {
    fn read(&mut self, _a: &mut Access, _addr: u32, _size: u8) -> Result<u32, Fault> {
        Ok(0)
    }
    fn write(&mut self, a: &mut Access, _addr: u32, _size: u8, value: u32) -> Result<(), Fault> {
        if value == 0 {
            a.mem.poke(0, CODE + 9, &movi(4, 2).encode().to_le_bytes()[..3]);
        } else {
            a.mem.map_page(0, CODE, value, flag::EXEC | flag::READ);
        }
        Ok(())
    }
}

#[test]
fn a_device_that_changes_the_running_code_is_noticed() {
    for remap in [false, true] {
        let mut rig = Rig::default();
        rig.place(CODE, &[Insn::new(Op::S32i, 0, 5, 6, 0), nop(), nop(), movi(4, 1), nop()]);
        rig.cpu.set_a(5, DATA);
        rig.run(5);
        assert_eq!(rig.cpu.a(4), 1);
        let mut value = 0;
        if remap {
            let extra = rig.mem.add(4096, 0);
            rig.mem.write_region(extra, 9, &movi(4, 2).encode().to_le_bytes()[..3]);
            value = extra.first;
        }
        rig.cpu.pc = CODE;
        rig.cpu.set_a(5, 0x3FF4_0000 + 0x1_0000);
        rig.cpu.set_a(6, value);
        let mut left = 4;
        while left > 0 {
            let before = rig.cpu.cycles;
            rig.engine.run(&mut rig.cpu, 0, &mut rig.mem, &mut Meddler, left);
            left -= rig.cpu.cycles - before;
            if remap && rig.cpu.pc < CODE + 9 {
                // NOPs of the old page are zeros in the new one: skip them.
                left -= u64::from((CODE + 9 - rig.cpu.pc) / 3);
                rig.cpu.pc = CODE + 9;
            }
        }
        assert_eq!(rig.cpu.a(4), 2, "remap {remap}");
    }
}

#[test]
fn thousands_of_breakpoints() {
    let mut rig = Rig::default();
    for n in 0..5000u32 {
        rig.engine.set_breakpoint(CODE + 0x4000 + n * 3, true);
    }
    let mut a = Asm::at(CODE + 0x4000);
    for _ in 0..5000 {
        a.insn(nop());
    }
    let (region, bytes) = (rig.code, a.bytes);
    rig.mem.write_region(region, 0x4000, &bytes);
    rig.cpu.pc = CODE + 0x4000;
    for n in 0..5000u32 {
        assert_eq!(rig.run(100), Exit::Stop(Stop::Breakpoint));
        assert_eq!((rig.cpu.pc, rig.cpu.cycles), (CODE + 0x4000 + n * 3, u64::from(n)));
        assert_eq!(rig.run(100), Exit::Stop(Stop::Breakpoint), "and stays");
        if n % 100 == 0 {
            rig.engine.set_breakpoint(CODE + 0x4000 + n * 3, false);
            assert_eq!(rig.run(1), Exit::Budget);
        } else {
            rig.engine.step_over();
            assert_eq!(rig.run(1), Exit::Budget);
        }
    }
}

#[test]
fn a_breakpoint_in_a_decoded_block_is_met() {
    let mut rig = Rig::default();
    rig.place(CODE, &[nop(), nop(), movi(4, 1), nop()]);
    rig.run(4);
    (rig.cpu.pc, rig.cpu.ar[4]) = (CODE, 0);
    rig.engine.set_breakpoint(CODE + 6, true);
    // Also when a budget ended in the block before.
    assert_eq!(rig.run(1), Exit::Budget);
    assert_eq!(rig.run(9), Exit::Stop(Stop::Breakpoint));
    assert_eq!((rig.cpu.pc, rig.cpu.a(4)), (CODE + 6, 0));
    rig.engine.set_breakpoint(CODE + 6, false);
    assert_eq!(rig.run(2), Exit::Budget);
    assert_eq!(rig.cpu.a(4), 1);
}

#[test]
fn a_breakpoint_on_a_loops_first_and_last_instruction() {
    let mut rig = Rig::default();
    rig.place(CODE, &[Insn::new(Op::Loop, 0, 5, 0, 8), addi(4, 1), nop(), nop(), nop()]);
    rig.cpu.set_a(5, 4);
    rig.engine.set_breakpoint(CODE + 3, true);
    rig.engine.set_breakpoint(CODE + 9, true);
    let mut stops = Vec::new();
    while rig.run(50) == Exit::Stop(Stop::Breakpoint) {
        stops.push(rig.cpu.pc - CODE);
        rig.engine.step_over();
        if stops.len() == 8 {
            break;
        }
    }
    assert_eq!(stops, [3, 9, 3, 9, 3, 9, 3, 9]);
    assert_eq!(rig.cpu.a(4), 4);
}

fn watch(kind: WatchKind, addr: u32, len: u32) -> Watch {
    Watch { addr, len, kind, owner: WatchOwner::Debugger }
}

#[test]
fn watchpoints_stop_before_the_access_and_step_over_passes() {
    for (op, store, kind) in [
        (Op::S32i, true, WatchKind::Write),
        (Op::L32i, false, WatchKind::Read),
        (Op::S8i, true, WatchKind::Access),
    ] {
        let mut rig = Rig::default();
        rig.place(CODE, &[nop(), Insn::new(op, 0, 5, 4, 0), addi(7, 1), nop()]);
        rig.cpu.set_a(5, DATA + 0x10);
        rig.cpu.set_a(4, 0x55);
        rig.mem.poke(0, DATA + 0x10, &[9, 0, 0, 0]);
        rig.run(3);
        rig.mem.poke(0, DATA + 0x10, &[9, 0, 0, 0]);
        rig.cpu.set_a(4, 0x55);
        rig.cpu.pc = CODE;
        rig.mem.set_watch(3, watch(kind, DATA + 0x10, 1));
        let before = rig.cpu.cycles;
        let Exit::Stop(Stop::Watchpoint { id: 3, store: s, .. }) = rig.run(10) else { panic!("no stop") };
        assert_eq!((s, rig.cpu.pc, rig.cpu.cycles - before), (store, CODE + 3, 1), "{op:?}");
        assert_eq!((rig.cpu.a(4), rig.word(DATA + 0x10)), (0x55, 9), "{op:?}: nothing happened yet");
        // It stays until stepped over, and stands again afterwards.
        assert!(matches!(rig.run(10), Exit::Stop(Stop::Watchpoint { .. })));
        rig.engine.step_over();
        assert_eq!(rig.run(2), Exit::Budget);
        assert_eq!((rig.cpu.a(4), rig.word(DATA + 0x10)), if store { (0x55, 0x55) } else { (9, 9) });
        rig.cpu.pc = CODE + 3;
        assert!(matches!(rig.run(1), Exit::Stop(Stop::Watchpoint { .. })));
        // The other kind of access and neighbours pass; so does everything when it is gone.
        let pass = if store { Op::L8ui } else { Op::S8i };
        if kind != WatchKind::Access {
            rig.place(CODE + 0x100, &[Insn::new(pass, 0, 5, 6, 0)]);
            rig.cpu.pc = CODE + 0x100;
            assert_eq!(rig.run(1), Exit::Budget);
        }
        rig.mem.clear_watch(3);
        rig.cpu.pc = CODE + 3;
        assert_eq!(rig.run(1), Exit::Budget);
    }
}

#[test]
fn a_watchpoint_on_a_device_register_too() {
    let mut rig = Rig::default();
    rig.place(CODE, &[Insn::new(Op::L32i, 0, 5, 4, 0)]);
    rig.cpu.set_a(5, 0x6000_0040);
    rig.mem.set_watch(0, watch(WatchKind::Read, 0x6000_0040, 4));
    let exit = rig.engine.run(&mut rig.cpu, 0, &mut rig.mem, &mut Meddler, 1);
    assert!(matches!(exit, Exit::Stop(Stop::Watchpoint { id: 0, .. })));
    rig.engine.step_over();
    assert_eq!(rig.engine.run(&mut rig.cpu, 0, &mut rig.mem, &mut Meddler, 1), Exit::Budget);
    assert_eq!(rig.cpu.pc, CODE + 3);
}

#[test]
fn breakpoints_hold_while_the_guest_counts_instructions() {
    let mut rig = Rig::default();
    rig.place(CODE, &[nop(), nop(), nop(), nop()]);
    rig.cpu.icountlevel = 3;
    rig.engine.set_breakpoint(CODE + 6, true);
    assert_eq!(rig.run(10), Exit::Stop(Stop::Breakpoint));
    assert_eq!((rig.cpu.pc, rig.cpu.icount), (CODE + 6, 2));
    rig.engine.step_over();
    assert_eq!(rig.run(1), Exit::Budget);
    assert_eq!((rig.cpu.pc, rig.cpu.icount), (CODE + 9, 3));
}

/// Twelve `addi a4, a4, 1`, with loops set up by hand.
fn adders() -> Rig {
    let mut rig = Rig::default();
    rig.place(CODE, &[addi(4, 1); 12]);
    rig
}

#[test]
fn a_loop_may_end_in_the_middle_of_a_decoded_block() {
    for lend in 1..12u32 {
        let mut rig = adders();
        rig.run(12);
        rig.cpu.set_a(4, 0);
        rig.cpu.pc = CODE;
        (rig.cpu.lbeg, rig.cpu.lend, rig.cpu.lcount) = (CODE, CODE + 3 * lend, 2);
        let passes = u64::from(3 * lend);
        assert_eq!(rig.run(passes), Exit::Budget);
        assert_eq!((rig.cpu.a(4), rig.cpu.pc, rig.cpu.lcount), (3 * lend, CODE + 3 * lend, 0), "{lend}");
        // Then straight on.
        rig.run(u64::from(12 - lend));
        assert_eq!(rig.cpu.pc, CODE + 36);
    }
}

#[test]
fn lend_inside_an_instruction_never_ends_the_loop() {
    let mut rig = adders();
    (rig.cpu.lbeg, rig.cpu.lend, rig.cpu.lcount) = (CODE, CODE + 7, 5);
    assert_eq!(rig.run(12), Exit::Budget);
    assert_eq!((rig.cpu.pc, rig.cpu.lcount), (CODE + 36, 5));
}

#[test]
fn lend_at_the_blocks_start_or_at_the_ends_of_the_address_space() {
    for lend in [CODE, CODE - 1, 0, u32::MAX, CODE + 36] {
        let mut rig = adders();
        (rig.cpu.lbeg, rig.cpu.lend, rig.cpu.lcount) = (CODE + 3, lend, 1);
        rig.run(12);
        let back = lend == CODE + 36;
        assert_eq!(
            (rig.cpu.pc, rig.cpu.lcount),
            if back { (CODE + 3, 0) } else { (CODE + 36, 1) },
            "{lend:#x}"
        );
    }
}

#[test]
fn two_loops_that_share_code_but_not_their_end() {
    let mut rig = adders();
    for round in 0..6u32 {
        let lend = CODE + if round % 2 == 0 { 9 } else { 15 };
        rig.cpu.pc = CODE;
        rig.cpu.set_a(4, 0);
        (rig.cpu.lbeg, rig.cpu.lend, rig.cpu.lcount) = (CODE, lend, 3);
        let body = (lend - CODE) / 3;
        rig.run(u64::from(4 * body));
        assert_eq!((rig.cpu.a(4), rig.cpu.pc, rig.cpu.lcount), (4 * body, lend, 0));
    }
}

#[test]
fn a_loop_body_across_a_page() {
    for shift in 0..9u32 {
        let mut rig = Rig::default();
        let at = CODE + 0x1000 - 3 - shift;
        rig.place(
            at,
            &[Insn::new(Op::Loop, 0, 5, 0, 11), addi(4, 1), addi(4, 2), addi(4, 4), addi(4, 8), nop()],
        );
        rig.cpu.pc = at;
        rig.cpu.set_a(5, 10);
        run_through(&mut rig, 41);
        assert_eq!((rig.cpu.a(4), rig.cpu.pc), (150, at + 15), "{shift}");
    }
}

#[test]
fn lcount_written_in_the_loop_takes_effect() {
    // loop a5 { addi a4; wsr.lcount a6; addi a7 }: the count starts anew each time until a6 is 0.
    let mut rig = Rig::default();
    let body = [
        Insn::new(Op::Loop, 0, 5, 0, 11),
        addi(4, 1),
        Insn::new(Op::Wsr, 0, 0, 6, sr::LCOUNT.into()),
        addi(6, -1),
        nop(),
        nop(),
    ];
    rig.place(CODE, &body);
    rig.cpu.set_a(5, 1);
    rig.cpu.set_a(6, 5);
    rig.run(1 + 6 * 4);
    assert_eq!((rig.cpu.a(4), rig.cpu.pc, rig.cpu.lcount), (6, CODE + 15, 0));
}

#[test]
fn a_branch_to_lend_leaves_and_a_branch_not_taken_loops() {
    // loop a5 { addi a4, 1; beqz a4, LEND; nop }, LEND: nop
    let mut rig = Rig::default();
    let insns =
        [Insn::new(Op::Loop, 0, 5, 0, 8), addi(4, 1), Insn::new(Op::Beqz, 0, 4, 0, 2), nop(), nop(), nop()];
    rig.place(CODE, &insns);
    rig.cpu.set_a(5, 9);
    rig.cpu.set_a(4, -3i32 as u32);
    run_through(&mut rig, 1 + 3 + 3 + 2);
    assert_eq!((rig.cpu.pc, rig.cpu.lcount, rig.cpu.a(4)), (CODE + 12, 6, 0));
    // A branch not taken that stands last goes back.
    let mut rig = Rig::default();
    rig.place(CODE, &[Insn::new(Op::Loop, 0, 5, 0, 5), addi(4, 1), Insn::new(Op::Beqz, 0, 5, 0, 9), nop()]);
    rig.cpu.set_a(5, 4);
    run_through(&mut rig, 9);
    assert_eq!((rig.cpu.pc, rig.cpu.a(4)), (CODE + 9, 4));
}

#[test]
fn an_exception_in_the_last_instruction_comes_back_and_loops() {
    let mut rig = Rig::default();
    rig.place(CODE, &[Insn::new(Op::Loop, 0, 5, 0, 5), addi(4, 1), Insn::new(Op::L32i, 0, 8, 9, 0), nop()]);
    // The handler lets a8 point to memory and returns.
    let user = rig.cpu.vecbase + 0x340;
    rig.place(user, &[Insn::new(Op::MovN, 0, 10, 8, 0), Insn::new(Op::Rfe, 0, 0, 0, 0)]);
    rig.cpu.set_a(5, 3);
    rig.cpu.set_a(8, 0x6000_0000);
    rig.cpu.set_a(10, DATA);
    run_through(&mut rig, 1 + 2 + 2 + 1 + 4);
    assert_eq!((rig.cpu.pc, rig.cpu.a(4), rig.cpu.lcount), (CODE + 9, 3, 0));
}

#[test]
fn windows_spill_and_come_back_through_deep_recursion() {
    let (code, start) = fib(15);
    let mut rig = Rig::with_program(&code, start);
    rig.engine.set_breakpoint(start + 6, true);
    assert_eq!(rig.run(1_000_000), Exit::Stop(Stop::Breakpoint));
    assert_eq!(rig.cpu.a(10), 610);
    assert_eq!((rig.cpu.windowbase(), rig.cpu.windowstart & 1), (0, 1));
}

#[test]
fn flush_forgets_decoded_code_but_not_breakpoints() {
    let mut rig = Rig::default();
    rig.place(CODE, &[nop(), nop()]);
    rig.run(1);
    rig.engine.set_breakpoint(CODE + 3, true);
    rig.engine.flush();
    assert_eq!(rig.run(1), Exit::Stop(Stop::Breakpoint));
}

#[test]
fn blocks_longer_than_the_cache_takes_go_on() {
    let mut rig = Rig::default();
    rig.place(CODE, &[addi(4, 1); 500]);
    rig.run(500);
    assert_eq!((rig.cpu.a(4), rig.cpu.pc), (500, CODE + 1500));
}
