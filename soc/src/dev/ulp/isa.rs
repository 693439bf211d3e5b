//! The ULP's instructions: decoding, and text as Espressif's assembler writes it (TRM 30.4; ESP-IDF
//! `components/ulp/ulp_fsm/include/esp32/ulp.h`, union `ulp_insn`).

use std::fmt;

/// Operation of an ALU instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UlpAluOp {
    /// Addition; sets the overflow flag to the carry.
    Add,
    /// Subtraction; sets the overflow flag to the borrow.
    Sub,
    /// Bitwise AND.
    And,
    /// Bitwise OR.
    Or,
    /// Copies the second operand.
    Move,
    /// Shift left.
    Lsh,
    /// Logical shift right.
    Rsh,
}

/// Operations by the field `sel`.
const ALU_OPS: [UlpAluOp; 7] =
    [UlpAluOp::Add, UlpAluOp::Sub, UlpAluOp::And, UlpAluOp::Or, UlpAluOp::Move, UlpAluOp::Lsh, UlpAluOp::Rsh];
const ALU_NAMES: [&str; 7] = ["add", "sub", "and", "or", "move", "lsh", "rsh"];

/// Condition of an absolute jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UlpFlag {
    /// Always.
    Always,
    /// The last ALU result was zero.
    Zero,
    /// The last addition or subtraction overflowed.
    Overflow,
}

/// Condition of a relative jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UlpCompare {
    /// Less than.
    Lt,
    /// Greater than or equal.
    Ge,
    /// Less than or equal (stage counter only).
    Le,
}

/// Second operand of an ALU instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UlpOperand {
    /// Register 0..3.
    Reg(u8),
    /// Immediate.
    Imm(u16),
}

/// UlpTarget of an absolute jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UlpTarget {
    /// Register 0..3 with the address in words.
    Reg(u8),
    /// Address in words.
    Addr(u16),
}

/// Change of the stage counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UlpStageOp {
    /// Adds.
    Inc(u8),
    /// Subtracts.
    Dec(u8),
    /// Sets to 0.
    Rst,
}

/// Bits of a peripheral register. `addr` is in words from RTC_CNTL's base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UlpRegBits {
    /// Register address, 10 bits: peripheral in bits 9:8.
    pub addr: u16,
    /// Highest bit.
    pub high: u8,
    /// Lowest bit.
    pub low: u8,
}

/// A byte of an I2C slave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UlpI2cByte {
    /// Address inside the slave.
    pub sub: u8,
    /// Highest bit.
    pub high: u8,
    /// Lowest bit.
    pub low: u8,
    /// Index of the slave's address in SENS (`SENS_I2C_SLAVE_ADDRx`).
    pub slave: u8,
}

/// A decoded instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UlpInsn {
    /// REG_WR.
    RegWr(UlpRegBits, u8),
    /// REG_RD, into R0.
    RegRd(UlpRegBits),
    /// I2C_RD, into R0.
    I2cRd(UlpI2cByte),
    /// I2C_WR.
    I2cWr(UlpI2cByte, u8),
    /// WAIT; NOP is WAIT 0.
    Wait(u16),
    /// ADC: destination, converter (0: SAR ADC 1), channel plus 1.
    Adc(u8, u8, u8),
    /// ST: source, address register, offset in words.
    St(u8, u8, i16),
    /// LD: destination, address register, offset in words.
    Ld(u8, u8, i16),
    /// ADD, SUB, AND, OR, MOVE, LSH, RSH: operation, destination, first source, second operand. MOVE of a register has
    /// its source in the second operand.
    Alu(UlpAluOp, u8, u8, UlpOperand),
    /// STAGE_INC, STAGE_DEC, STAGE_RST.
    Stage(UlpStageOp),
    /// JUMP.
    Jump(UlpTarget, UlpFlag),
    /// JUMPR: distance in words, threshold for R0, condition.
    JumpR(i8, u16, UlpCompare),
    /// JUMPS: distance in words, threshold for the stage counter, condition.
    JumpS(i8, u8, UlpCompare),
    /// WAKE; false: the same instruction without its wake-up bit, which does nothing.
    Wake(bool),
    /// SLEEP: number of the sleep time.
    Sleep(u8),
    /// TSENS: destination, cycles.
    Tsens(u8, u16),
    /// HALT.
    Halt,
}

/// Returns `width` bits of `word` from bit `low`.
const fn bits(word: u32, low: u32, width: u32) -> u32 {
    word >> low & ((1 << width) - 1)
}

fn reg(word: u32, low: u32) -> u8 {
    bits(word, low, 2) as u8
}

/// Returns the sign-extended offset of LD and ST, in words.
fn offset(word: u32) -> i16 {
    (bits(word, 10, 11) as i16) << 5 >> 5
}

/// Returns the distance of a relative jump, in words.
fn step(word: u32) -> i8 {
    let distance = bits(word, 17, 7) as i8;
    if bits(word, 24, 1) != 0 { -distance } else { distance }
}

fn reg_bits(word: u32) -> UlpRegBits {
    let (low, high) = (bits(word, 18, 5) as u8, bits(word, 23, 5) as u8);
    UlpRegBits { addr: bits(word, 0, 10) as u16, high, low }
}

impl UlpInsn {
    /// Decodes an instruction; `None` if the ULP does not define it.
    #[must_use]
    pub fn decode(word: u32) -> Option<Self> {
        Some(match word >> 28 {
            1 => Self::RegWr(reg_bits(word), bits(word, 10, 8) as u8),
            2 => Self::RegRd(reg_bits(word)),
            3 => i2c(word),
            4 => Self::Wait(word as u16),
            5 => Self::Adc(reg(word, 0), bits(word, 6, 1) as u8, bits(word, 2, 4) as u8),
            6 if bits(word, 25, 3) == 4 => Self::St(reg(word, 0), reg(word, 2), offset(word)),
            7 => return alu(word),
            8 => return branch(word),
            9 if bits(word, 25, 3) == 0 => Self::Wake(word & 1 != 0),
            9 if bits(word, 25, 3) == 1 && bits(word, 0, 4) < 5 => Self::Sleep(bits(word, 0, 4) as u8),
            10 => Self::Tsens(reg(word, 0), bits(word, 2, 14) as u16),
            11 => Self::Halt,
            13 => Self::Ld(reg(word, 0), reg(word, 2), offset(word)),
            _ => return None,
        })
    }
}

fn i2c(word: u32) -> UlpInsn {
    let byte = UlpI2cByte {
        sub: word as u8,
        low: bits(word, 16, 3) as u8,
        high: bits(word, 19, 3) as u8,
        slave: bits(word, 22, 4) as u8,
    };
    if bits(word, 27, 1) != 0 { UlpInsn::I2cWr(byte, bits(word, 8, 8) as u8) } else { UlpInsn::I2cRd(byte) }
}

fn alu(word: u32) -> Option<UlpInsn> {
    let (select, dst, src) = (bits(word, 21, 4), reg(word, 0), reg(word, 2));
    let op = ALU_OPS.get(select as usize).copied();
    Some(match bits(word, 25, 3) {
        // MOVE's source is the first one.
        0 if op == Some(UlpAluOp::Move) => UlpInsn::Alu(UlpAluOp::Move, dst, src, UlpOperand::Reg(src)),
        0 => UlpInsn::Alu(op?, dst, src, UlpOperand::Reg(reg(word, 4))),
        1 => UlpInsn::Alu(op?, dst, src, UlpOperand::Imm(bits(word, 4, 16) as u16)),
        2 => UlpInsn::Stage(match select {
            0 => UlpStageOp::Inc(bits(word, 4, 8) as u8),
            1 => UlpStageOp::Dec(bits(word, 4, 8) as u8),
            2 => UlpStageOp::Rst,
            _ => return None,
        }),
        _ => return None,
    })
}

fn branch(word: u32) -> Option<UlpInsn> {
    Some(match bits(word, 25, 3) {
        0 => {
            let flag = match bits(word, 22, 3) {
                0 => UlpFlag::Always,
                1 => UlpFlag::Zero,
                2 => UlpFlag::Overflow,
                _ => return None,
            };
            let direct = UlpTarget::Addr(bits(word, 2, 11) as u16);
            UlpInsn::Jump(if bits(word, 21, 1) != 0 { UlpTarget::Reg(reg(word, 0)) } else { direct }, flag)
        }
        1 => {
            let compare = if bits(word, 16, 1) != 0 { UlpCompare::Ge } else { UlpCompare::Lt };
            UlpInsn::JumpR(step(word), word as u16, compare)
        }
        2 => {
            let compare = match bits(word, 15, 2) {
                0 => UlpCompare::Lt,
                1 => UlpCompare::Ge,
                _ => UlpCompare::Le,
            };
            UlpInsn::JumpS(step(word), word as u8, compare)
        }
        _ => return None,
    })
}

impl fmt::Display for UlpOperand {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Reg(n) => write!(f, "r{n}"),
            Self::Imm(value) => write!(f, "{value}"),
        }
    }
}

impl UlpCompare {
    const fn name(self) -> &'static str {
        match self {
            Self::Lt => "lt",
            Self::Ge => "ge",
            Self::Le => "le",
        }
    }
}

/// Text as the assembler accepts it: offsets and addresses in bytes.
impl fmt::Display for UlpInsn {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match *self {
            Self::RegWr(r, data) => write!(f, "reg_wr {:#x}, {}, {}, {data:#x}", r.addr, r.high, r.low),
            Self::RegRd(r) => write!(f, "reg_rd {:#x}, {}, {}", r.addr, r.high, r.low),
            Self::I2cRd(b) => write!(f, "i2c_rd {:#x}, {}, {}, {}", b.sub, b.high, b.low, b.slave),
            Self::I2cWr(b, data) => {
                write!(f, "i2c_wr {:#x}, {data:#x}, {}, {}, {}", b.sub, b.high, b.low, b.slave)
            }
            Self::Wait(0) => write!(f, "nop"),
            Self::Wait(cycles) => write!(f, "wait {cycles}"),
            Self::Adc(dst, sar, mux) => write!(f, "adc r{dst}, {sar}, {mux}"),
            Self::St(src, addr, offset) => write!(f, "st r{src}, r{addr}, {}", offset * 4),
            Self::Ld(dst, addr, offset) => write!(f, "ld r{dst}, r{addr}, {}", offset * 4),
            Self::Alu(UlpAluOp::Move, dst, _, operand) => write!(f, "move r{dst}, {operand}"),
            Self::Alu(op, dst, src, operand) => {
                write!(f, "{} r{dst}, r{src}, {operand}", ALU_NAMES[op as usize])
            }
            Self::Stage(UlpStageOp::Inc(n)) => write!(f, "stage_inc {n}"),
            Self::Stage(UlpStageOp::Dec(n)) => write!(f, "stage_dec {n}"),
            Self::Stage(UlpStageOp::Rst) => write!(f, "stage_rst"),
            Self::Jump(target, flag) => {
                match target {
                    UlpTarget::Reg(n) => write!(f, "jump r{n}")?,
                    UlpTarget::Addr(addr) => write!(f, "jump {:#x}", addr * 4)?,
                }
                f.write_str(match flag {
                    UlpFlag::Always => "",
                    UlpFlag::Zero => ", eq",
                    UlpFlag::Overflow => ", ov",
                })
            }
            Self::JumpR(step, threshold, compare) => {
                write!(f, "jumpr {}, {threshold}, {}", i32::from(step) * 4, compare.name())
            }
            Self::JumpS(step, threshold, compare) => {
                write!(f, "jumps {}, {threshold}, {}", i32::from(step) * 4, compare.name())
            }
            Self::Wake(true) => write!(f, "wake"),
            Self::Wake(false) => write!(f, ".long 0x90000000"),
            Self::Sleep(n) => write!(f, "sleep {n}"),
            Self::Tsens(dst, cycles) => write!(f, "tsens r{dst}, {cycles}"),
            Self::Halt => write!(f, "halt"),
        }
    }
}

/// Disassembles a word; one that is no instruction as `.long`.
#[must_use]
pub fn disassemble(word: u32) -> String {
    UlpInsn::decode(word).map_or_else(|| format!(".long {word:#010x}"), |insn| insn.to_string())
}
