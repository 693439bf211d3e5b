//! Round trip of every word through decoder and encoder.

use proptest::prelude::*;

use crate::isa::table::{ROWS, row};
use crate::isa::{Insn, Op, decode};

/// Iterates over every 24-bit word, then every density word.
fn words() -> impl Iterator<Item = u32> {
    let wide = (0..1 << 24).filter(|word| word & 15 < 8);
    wide.chain((0..1 << 16).filter(|word| word & 15 >= 8))
}

#[test]
fn every_word_that_decodes_encodes_to_itself() {
    for word in words() {
        if let Some(insn) = decode(word) {
            assert_eq!(insn.encode(), word, "{insn:?}");
        }
    }
}

#[test]
fn lookup_agrees_with_a_scan_of_the_table() {
    // The multiplier is coprime to 2^24, so the words reach every combination of opcode fields.
    for word in (0..1u32 << 18).map(|i| i.wrapping_mul(0x9e37_79b1) & 0xff_ffff) {
        let word = if word & 15 < 8 { word } else { word & 0xffff };
        let found = ROWS.iter().find(|row| word & row.mask == row.bits).map(|row| row.op);
        match decode(word) {
            Some(insn) => assert_eq!(Some(insn.op), found, "{word:#08x}"),
            None => assert!(
                matches!(found, None | Some(Op::Rsr | Op::Wsr | Op::Xsr | Op::Rur | Op::Wur)),
                "{word:#08x} is {found:?}"
            ),
        }
    }
}

#[test]
fn no_word_fits_two_rows() {
    for (i, a) in ROWS.iter().enumerate() {
        assert_eq!(a.bits & !a.mask, 0, "{}", a.mnemonic);
        assert_eq!(a.op as usize, i);
        assert_eq!(a.format.bytes() == 2, a.bits & 15 >= 8, "{}", a.mnemonic);
        for b in &ROWS[i + 1..] {
            let both = a.mask & b.mask;
            assert_ne!(a.bits & both, b.bits & both, "{} and {}", a.mnemonic, b.mnemonic);
        }
    }
}

#[test]
fn operands_fill_the_free_bits() {
    for row in ROWS {
        let operands = row.operands.iter().fold(0, |bits, operand| bits | operand.mask());
        let all = if row.format.bytes() == 2 { 0xffff } else { 0xff_ffff };
        // r, s and t keep the bits that no operand holds.
        assert_eq!(all & !row.mask & !operands & !0xfff0, 0, "{}", row.mnemonic);
    }
}

#[test]
fn words_beyond_the_instruction_do_not_count() {
    assert_eq!(decode(0xff00_20f0), decode(0x0020f0));
    assert_eq!(decode(0xabcd_f01d), decode(0xf01d));
    assert!((0..1 << 12).all(|high| decode(high << 4 | 14).is_none() && decode(high << 4 | 15).is_none()));
}

proptest! {
    #[test]
    fn fields_survive(op in 0..Op::ALL.len(), word: u32) {
        let row = row(Op::ALL[op]);
        let word = word & !row.mask & if row.format.bytes() == 2 { 0xffff } else { 0xff_ffff } | row.bits;
        let Some(insn) = decode(word) else { return Ok(()) };
        prop_assert_eq!(decode(insn.encode()), Some(insn));
        let built = Insn::new(insn.op, insn.r, insn.s, insn.t, insn.imm).with_disp(insn.disp);
        prop_assert_eq!(built, insn);
    }
}
