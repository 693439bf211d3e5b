//! Decoding of instruction words.

use std::sync::LazyLock;

use super::format as f;
use super::insn::Insn;
use super::op::Op;
use super::operand::Operand;
use super::special;
use super::table::{ROWS, Row};

/// Number of tables, each of 256 slots: one per major opcode, and one for the many instructions with op0, op1
/// and op2 all zero.
const TABLES: usize = 17;
const CROWDED: usize = 16;

/// Rows by table and slot; each slot has few enough rows to try in turn.
struct Index {
    /// Index of each slot's first row in `rows`, and the end of the last.
    starts: Vec<u16>,
    rows: Vec<&'static Row>,
}

static INDEX: LazyLock<Index> = LazyLock::new(Index::build);

/// Returns the table of a word, and the bits that select the slot.
///
/// Words of major opcodes 0 and 4 are distinguished by op1 and op2, the others by r and t.
#[inline]
fn slot(word: u32) -> (usize, u32) {
    match f::OP0.get(word) {
        0 if f::IMM8.get(word) == 0 => (CROWDED, f::R.mask() | f::T.mask()),
        op0 @ (0 | 4) => (op0 as usize, f::IMM8.mask()),
        op0 => (op0 as usize, f::R.mask() | f::T.mask()),
    }
}

/// Returns the index of a word's slot.
#[inline]
fn position(word: u32) -> usize {
    let (table, by) = slot(word);
    let key = if by == f::IMM8.mask() { f::IMM8.get(word) } else { f::T.get(word) << 4 | f::R.get(word) };
    table << 8 | key as usize
}

impl Index {
    fn build() -> Index {
        let mut slots: Vec<Vec<&'static Row>> = vec![Vec::new(); TABLES << 8];
        for row in ROWS {
            // Every combination of the row's free key bits.
            let free = !row.mask & (f::IMM8.mask() | f::R.mask() | f::T.mask());
            let mut set = free;
            loop {
                let rows = &mut slots[position(row.bits | set)];
                if rows.last().is_none_or(|last| last.op != row.op) {
                    rows.push(row);
                }
                if set == 0 {
                    break;
                }
                set = (set - 1) & free;
            }
        }
        let mut index = Index { starts: vec![0], rows: Vec::new() };
        for rows in slots {
            index.rows.extend(rows);
            index.starts.push(index.rows.len() as u16);
        }
        index
    }

    #[inline]
    fn find(&self, word: u32) -> Option<&'static Row> {
        let at = position(word);
        let rows = &self.rows[self.starts[at] as usize..self.starts[at + 1] as usize];
        rows.iter().copied().find(|row| word & row.mask == row.bits)
    }
}

/// Decodes the instruction in the low 24 bits of `word`, or the low 16 of a density instruction.
///
/// `None` means that the word raises the illegal instruction exception on the ESP32. An access to a special
/// or user register that the configuration lacks is `None` as well. ILL itself does decode.
#[inline]
pub fn decode(word: u32) -> Option<Insn> {
    let word = if f::OP0.get(word) < 8 { word & 0xff_ffff } else { word & 0xffff };
    let row = INDEX.find(word)?;
    let imm = row.imm.map_or(0, |imm| imm.extract(word));
    if matches!(row.op, Op::Rsr | Op::Wsr | Op::Xsr | Op::Rur | Op::Wur) {
        special::name(row.op, imm as u8)?;
    }
    let disp = match row.operands.last() {
        Some(Operand::DispExtra) => f::IMM8.get_signed(word) as i8,
        _ => 0,
    };
    Some(Insn {
        op: row.op,
        len: row.format.bytes(),
        r: f::R.get(word) as u8,
        s: f::S.get(word) as u8,
        t: f::T.get(word) as u8,
        disp,
        imm,
    })
}
