//! Snapshots of storage: copy-on-write, so that a saved state never changes.

mod common;

use common::{ALIAS, CODE, DATA, Rig};
use esplens_core::engine::{Engine, Exit};
use esplens_core::isa::{Insn, Op};
use esplens_core::memory::{Memory, flag};

/// Creates a rig with `addi a4, a4, 1; s32i a4, a5, 0; j`: a counter in memory.
fn counter() -> Rig {
    let mut rig = Rig::default();
    let insns =
        [Insn::new(Op::Addi, 0, 4, 4, 1), Insn::new(Op::S32i, 0, 5, 4, 0), Insn::new(Op::J, 0, 0, 0, -10)];
    rig.place(CODE, &insns);
    rig.cpu.set_a(5, DATA + 0x40);
    rig
}

#[test]
fn a_saved_state_does_not_see_later_stores() {
    let mut rig = counter();
    assert_eq!(rig.run(30), Exit::Budget);
    let (first, cpu) = (rig.mem.save(), rig.cpu.clone());
    let again = rig.mem.save();
    assert!(first == again, "saving changes nothing");
    rig.run(30);
    let second = rig.mem.save();
    assert!(first != second && first == again);
    assert_eq!(rig.word(DATA + 0x40), 20);
    // Restore, rerun, and reach the same state again.
    rig.mem.restore(&first);
    rig.cpu = cpu.clone();
    rig.engine.flush();
    assert_eq!(rig.word(DATA + 0x40), 10);
    assert!(rig.mem.save() == first);
    rig.run(30);
    assert!(rig.mem.save() == second);
    assert!(first == again, "restored states are not written either");
}

#[test]
fn every_way_to_write_copies_first() {
    let mut rig = counter();
    let base = rig.mem.save();
    let writes: [&dyn Fn(&mut Rig); 4] = [
        &|r| assert_eq!(r.run(2), Exit::Budget),
        &|r| assert_eq!(r.mem.poke(1, DATA + 0x1000, &[1, 2, 3]), 3),
        &|r| r.mem.write_region(r.data, 0x1_0000 - 2, &[5; 4]),
        &|r| assert_eq!(r.mem.poke(0, ALIAS + 0x4000, &[9]), 1),
    ];
    for write in writes {
        rig.mem.restore(&base);
        rig.cpu.pc = CODE;
        let before = rig.mem.save();
        write(&mut rig);
        assert!(rig.mem.save() != before && before == base);
    }
}

#[test]
fn code_is_decoded_anew_after_a_restore() {
    let mut rig = Rig::default();
    let movi = |n| Insn::new(Op::Movi, 0, 0, 4, n);
    rig.place(CODE, &[movi(1)]);
    let one = rig.mem.save();
    rig.run(1);
    rig.place(CODE, &[movi(2)]);
    let two = rig.mem.save();
    for (state, n) in [(&one, 1), (&two, 2), (&one, 1), (&one, 1), (&two, 2)] {
        rig.mem.restore(state);
        rig.cpu.pc = CODE;
        rig.run(1);
        assert_eq!(rig.cpu.a(4), n);
    }
}

#[test]
fn pages_given_away_are_not_written_through() {
    let mut rig = counter();
    rig.run(30);
    let pages = rig.mem.region_pages(rig.data).to_vec();
    let mut other = Memory::default();
    let shared = other.add_shared(&pages);
    other.map_region(0, DATA, shared, flag::READ | flag::WRITE);
    rig.run(30);
    let mut bytes = [0; 4];
    other.peek(0, DATA + 0x40, &mut bytes);
    assert_eq!((u32::from_le_bytes(bytes), rig.word(DATA + 0x40)), (10, 20));
    // Nor in the other direction.
    assert_eq!(other.poke(0, DATA + 0x40, &[99]), 1);
    assert_eq!(rig.word(DATA + 0x40), 20);
}

#[test]
fn regions_end_where_they_end() {
    let mut mem = Memory::default();
    let a = mem.add(100, 0xFF);
    let b = mem.add(4096, 0x11);
    assert_eq!((a.bytes(), b.first), (4096, a.first + 1));
    mem.write_region(a, 4094, &[1, 2, 3, 4]);
    mem.write_region(a, 5000, &[7]);
    let mut out = [0; 4];
    mem.read_region(a, 4094, &mut out);
    assert_eq!(out, [1, 2, 0xFF, 0xFF], "past the end reads erased");
    mem.read_region(b, 0, &mut out);
    assert_eq!(out, [0x11; 4], "and writes nothing");
}

#[test]
fn two_views_of_one_page_agree_after_copying() {
    let mut rig = Rig::default();
    for n in 0..4u8 {
        let state = rig.mem.save();
        assert_eq!(rig.mem.poke(0, CODE + 0x800, &[n; 4]), 4);
        assert_eq!(rig.word(ALIAS + 0x800), u32::from_le_bytes([n; 4]));
        assert!(rig.mem.save() != state || n == 0);
    }
}

#[test]
fn a_store_across_a_page_that_faults_in_its_second_half_writes_nothing() {
    let mut rig = Rig::default();
    // The page after the last data page is not mapped.
    let end = DATA + common::DATA_BYTES as u32;
    rig.place(CODE, &[Insn::new(Op::S32i, 0, 5, 4, 0)]);
    rig.cpu.set_a(5, end - 2);
    rig.cpu.set_a(4, u32::MAX);
    rig.run(1);
    assert_eq!(rig.cpu.exccause, 3);
    let mut bytes = [7; 2];
    rig.mem.peek(0, end - 2, &mut bytes);
    assert_eq!(bytes, [0, 0]);
}
