//! Disassembly of decoded instructions.

use std::fmt::{self, Display};

use super::insn::Insn;
use super::operand::Operand;
use super::special;
use super::table::row;

/// Instruction at an address, ready to print.
struct Disasm {
    insn: Insn,
    pc: u32,
}

impl Insn {
    /// Returns the instruction at `pc` in objdump's format, with targets as absolute addresses.
    pub fn disasm(&self, pc: u32) -> impl Display {
        Disasm { insn: *self, pc }
    }
}

impl Display for Disasm {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = row(self.insn.op);
        out.write_str(row.mnemonic)?;
        let mut separator = " ";
        for &operand in row.operands {
            out.write_str(separator)?;
            self.operand(operand, out)?;
            separator = ", ";
        }
        Ok(())
    }
}

impl Disasm {
    fn operand(&self, operand: Operand, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Operand::*;
        let Insn { op, r, s, t, imm, .. } = self.insn;
        match operand {
            Ar => write!(out, "a{r}"),
            As => write!(out, "a{s}"),
            At => write!(out, "a{t}"),
            Fr => write!(out, "f{r}"),
            Fs => write!(out, "f{s}"),
            Ft => write!(out, "f{t}"),
            Br => write!(out, "b{r}"),
            Bs | Bs4 | Bs8 => write!(out, "b{s}"),
            Bt => write!(out, "b{t}"),
            Mw => write!(out, "m{}", r & 3),
            Mx => write!(out, "m{}", r >> 2 & 1),
            My => write!(out, "m{}", 2 + (t >> 2 & 1)),
            ImmSr | ImmUrR | ImmUrW => match special::name(op, imm as u8) {
                Some(name) => out.write_str(name),
                None => write!(out, "{imm}"),
            },
            ImmBreak => write!(out, "{}, {}", imm >> 4, imm & 15),
            pair if pair.is_pair() => write!(out, "{}, {}", imm & 255, imm >> 8),
            label if label.is_label() => {
                write!(out, "{:#x}", self.insn.target(self.pc).unwrap_or(self.pc))
            }
            _ => write!(out, "{imm}"),
        }
    }
}
