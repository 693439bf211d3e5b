//! Code and maps that change after blocks were decoded.

use crate::common::{ALIAS, CODE, DATA, NoBus, Rig};
use crate::{Meddler, movi, nop, run_through};
use esplens_core::cpu::exception::Cause;
use esplens_core::cpu::ps;
use esplens_core::engine::Engine;
use esplens_core::isa::{Insn, Op};
use esplens_core::memory::flag;

#[test]
fn a_store_through_the_other_mapping_changes_the_running_block() {
    // The store overwrites the MOVI after it, byte by byte and as a word.
    let new = movi(4, 222).encode();
    for (store, size) in [(Op::S32i, 4), (Op::S16i, 2), (Op::S8i, 1)] {
        let mut rig = Rig::default();
        let at = rig.place(CODE, &[Insn::new(store, 0, 5, 6, 0), nop(), nop()]);
        assert_eq!(at, CODE + 9);
        rig.place(CODE + 9, &[movi(4, 111), nop()]);
        let offset = if size == 1 { 2 } else { 0 };
        // The constant's low byte is the word's third byte. The adjacent halves and bytes keep their values.
        let word = if size == 1 { new >> 16 } else { new | nop().encode() << 24 };
        if size == 2 {
            // Only the low half differs here: another register.
            rig.cpu.set_a(6, movi(7, 111).encode());
        } else {
            rig.cpu.set_a(6, word);
        }
        rig.cpu.set_a(5, ALIAS + 9 + offset);
        // First decode and run the block, with the store going elsewhere.
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
                // Write as DMA or a loader does.
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
    // Core 1 runs on the same memory.
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
    // Another second page with another low byte of the constant.
    let extra = rig.mem.add(4096, 0);
    rig.mem.write_region(extra, 0, &[77]);
    rig.mem.write_region(extra, 1, &nop().encode().to_le_bytes()[..3]);
    rig.mem.map_page(0, CODE + 0x1000, extra.first, flag::EXEC | flag::READ);
    rig.cpu.pc = at;
    run_through(&mut rig, 2);
    assert_eq!(rig.cpu.a(4), 77);
    // Then the byte is written in place.
    rig.mem.write_region(extra, 0, &[78]);
    rig.cpu.pc = at;
    run_through(&mut rig, 1);
    assert_eq!(rig.cpu.a(4), 78);
    // Back to the first page, and then without permission.
    rig.mem.map_page(0, CODE + 0x1000, rig.code.first + 1, flag::EXEC | flag::READ);
    rig.cpu.pc = at;
    run_through(&mut rig, 1);
    assert_eq!(rig.cpu.a(4), 5);
    rig.mem.map_page(0, CODE + 0x1000, rig.code.first + 1, flag::READ);
    rig.cpu.pc = at;
    run_through(&mut rig, 1);
    assert_eq!(rig.cpu.exccause, Cause::InstructionFetchError as u32);
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
