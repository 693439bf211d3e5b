//! Single words with known meaning.

use crate::isa::{Flow, Insn, Op, decode};

fn text(word: u32, pc: u32) -> String {
    decode(word).map_or_else(|| "none".into(), |insn| insn.disasm(pc).to_string())
}

#[test]
fn prints_as_objdump_does() {
    assert_eq!(text(0x004136, 0), "entry a1, 32");
    assert_eq!(text(0x012232, 0), "l32i a3, a2, 4");
    assert_eq!(text(0x341226, 15), "beqi a2, 1, 0x47");
    assert_eq!(text(0xf01d, 0), "retw.n");
    assert_eq!(text(0xb4fbb0, 0), "extui a15, a11, 11, 12");
    assert_eq!(text(0x0303f0, 0), "rsr a15, sar");
    assert_eq!(text(0x13e270, 0), "wsr a7, intset");
    assert_eq!(text(0xe32e70, 0), "rur a2, threadptr");
    assert_eq!(text(0x587174, 0), "mula.da.ll.lddec m3, a1, m1, a7");
    assert_eq!(text(0xfa6c30, 0), "const.s f6, 12");
    assert_eq!(text(0x0bce00, 0), "rf64r a0, 0");
    assert_eq!(text(0x0000fe, 0), "none");
}

#[test]
fn targets_follow_the_manual() {
    let target = |word, pc| decode(word).and_then(|insn| insn.target(pc));
    // L32R with displacement -4, the nearest literal, relative to (PC + 3) & !3.
    assert_eq!(target(0xffff21, 0x4000_0000), Some(0x3fff_fffc));
    assert_eq!(target(0xffff21, 0x4000_0003), Some(0x4000_0000));
    assert_eq!(target(0x000025, 0x4000_0003), Some(0x4000_0004));
    assert_eq!(target(0x000186, 0xc), Some(0x16));
    assert_eq!(target(0x108276, 0x12), Some(0x26));
    assert_eq!(target(0x0020f0, 0), None);
}

#[test]
fn window_quads_count_calls() {
    let quad = |insn: Insn| insn.window_quad();
    assert_eq!(quad(Insn::new(Op::Add, 3, 7, 2, 0)), 1);
    assert_eq!(quad(Insn::new(Op::AddS, 15, 15, 15, 0)), 0);
    assert_eq!(quad(Insn::new(Op::Call12, 0, 0, 0, 0)), 3);
    assert_eq!(quad(Insn::new(Op::Callx4, 0, 9, 0, 0)), 2);
    assert_eq!(quad(Insn::new(Op::Addi, 15, 1, 2, 1)), 0);
}

#[test]
fn immediates_mean_what_insn_promises() {
    let imm = |word| decode(word).map(|insn| insn.imm);
    assert_eq!(imm(0x006d0b), Some(-1), "addi.n");
    assert_eq!(imm(0x00257c), Some(-14), "movi.n");
    assert_eq!(imm(0x09c640), Some(-16), "l32e");
    assert_eq!(imm(0x408010 | 0xf0), Some(-1), "rotw");
    assert_eq!(imm(0x339f00 | 0xe0), Some(21), "clamps");
    assert_eq!(imm(0x004570), Some(0x57), "break");
    let taken = decode(0x7f7637).map(|insn| (insn.op, insn.imm, insn.disp));
    assert_eq!(taken, Some((Op::Bbci, 19, 127)));
}

#[test]
fn flows_part_blocks() {
    assert_eq!(Op::Beqz.flow(), Flow::Branch);
    assert_eq!(Op::Loopgtz.flow(), Flow::Loop);
    assert_eq!(Op::RetwN.flow(), Flow::Return);
    assert_eq!(Op::Entry.flow(), Flow::Barrier);
    assert_eq!(Op::Rsr.flow(), Flow::Plain);
    assert_eq!(Op::Movsp.flow(), Flow::Plain);
}

#[test]
fn registers_the_esp32_lacks_are_illegal() {
    assert_eq!(text(0x13eb00, 0), "none", "WSR to PRID");
    assert_eq!(text(0x61e200, 0), "none", "XSR of INTERRUPT");
    assert_eq!(text(0x035300, 0), "none", "RSR of PTEVADDR");
    assert_eq!(text(0x007042 | 0x20, 0), "none", "a cache instruction");
}
