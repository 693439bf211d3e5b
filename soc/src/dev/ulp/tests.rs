//! Instructions one by one, written with ESP-IDF's macros of `ulp.h`, and the timer.

use super::isa::disassemble;
use super::*;
use crate::bus::Soc;
use crate::dev::{DevMsg, rtc_cntl, rtcio, sens};
use crate::machine::{Machine, MachineConfig};
use crate::map::RTC_SLOW;
use esplens_core::memory::Memory;
use esplens_core::time::TICKS_PER_US;
use rtc_cntl::spec as rtc;

/// `ulp.h`'s macros.
pub(super) mod op {
    pub fn wr_reg(addr: u32, low: u32, high: u32, data: u32) -> u32 {
        1 << 28 | high << 23 | low << 18 | data << 10 | addr
    }
    pub fn rd_reg(addr: u32, low: u32, high: u32) -> u32 {
        2 << 28 | high << 23 | low << 18 | addr
    }
    pub fn i2c(write: u32, sub: u32, data: u32, high: u32, low: u32, slave: u32) -> u32 {
        3 << 28 | write << 27 | slave << 22 | high << 19 | low << 16 | data << 8 | sub
    }
    pub fn delay(cycles: u32) -> u32 {
        4 << 28 | cycles
    }
    pub fn adc(dst: u32, sar: u32, mux: u32) -> u32 {
        5 << 28 | sar << 6 | mux << 2 | dst
    }
    pub fn st(value: u32, addr: u32, offset: i32) -> u32 {
        6 << 28 | 4 << 25 | (offset as u32 & 0x7FF) << 10 | addr << 2 | value
    }
    pub fn ld(dst: u32, addr: u32, offset: i32) -> u32 {
        13 << 28 | (offset as u32 & 0x7FF) << 10 | addr << 2 | dst
    }
    pub fn alu_r(sel: u32, dst: u32, a: u32, b: u32) -> u32 {
        7 << 28 | sel << 21 | b << 4 | a << 2 | dst
    }
    pub fn alu_i(sel: u32, dst: u32, a: u32, imm: u32) -> u32 {
        7 << 28 | 1 << 25 | sel << 21 | imm << 4 | a << 2 | dst
    }
    pub fn stage(sel: u32, imm: u32) -> u32 {
        7 << 28 | 2 << 25 | sel << 21 | imm << 4
    }
    pub fn movi(dst: u32, imm: u32) -> u32 {
        alu_i(4, dst, 0, imm)
    }
    pub fn bxi(addr: u32, kind: u32) -> u32 {
        8 << 28 | kind << 22 | addr << 2
    }
    pub fn bxr(reg: u32, kind: u32) -> u32 {
        8 << 28 | kind << 22 | 1 << 21 | reg
    }
    fn step(by: i32) -> u32 {
        u32::from(by < 0) << 24 | by.unsigned_abs() << 17
    }
    pub fn jumpr(by: i32, imm: u32, ge: u32) -> u32 {
        8 << 28 | 1 << 25 | step(by) | ge << 16 | imm
    }
    pub fn jumps(by: i32, imm: u32, cmp: u32) -> u32 {
        8 << 28 | 2 << 25 | step(by) | cmp << 15 | imm
    }
    pub const WAKE: u32 = 9 << 28 | 1;
    pub fn sleep(n: u32) -> u32 {
        9 << 28 | 1 << 25 | n
    }
    pub fn tsens(dst: u32, delay: u32) -> u32 {
        10 << 28 | delay << 2 | dst
    }
    pub const HALT: u32 = 11 << 28;
    /// I_END: clears ULP_CP_SLP_TIMER_EN.
    pub fn end() -> u32 {
        wr_reg(6, 24, 24, 0)
    }
}

/// Words of scratch memory in the tests.
pub(super) const DATA: u32 = 64;

/// The devices of a machine, with a program in RTC slow memory.
pub(super) struct Rig {
    pub soc: Soc,
    pub mem: Memory,
    pub now: Ticks,
}

impl Rig {
    pub fn new(program: &[u32]) -> Self {
        let (soc, mem) = Machine::new(MachineConfig::new(Vec::new())).into_parts();
        let mut rig = Self { soc, mem, now: 0 };
        program.iter().enumerate().for_each(|(n, word)| rig.store(n as u32, *word));
        rig
    }

    pub fn store(&mut self, word: u32, value: u32) {
        let region = self.soc.sys.banks.rtc_slow.unwrap();
        self.mem.write_region(region, word as usize * 4, &value.to_le_bytes());
    }

    pub fn load(&self, word: u32) -> u32 {
        self.soc.peek(&self.mem, RTC_SLOW.start + word * 4).unwrap()
    }

    pub fn write(&mut self, id: DevId, offset: u32, value: u32) {
        self.soc.call(&mut self.mem, (0, 0), self.now, id, |d, cx| d.write(offset, value, cx));
    }

    pub fn read(&mut self, id: DevId, offset: u32) -> u32 {
        self.soc.call(&mut self.mem, (0, 0), self.now, id, |d, cx| d.read(offset, cx))
    }

    pub fn send(&mut self, id: DevId, msg: &DevMsg) {
        self.soc.call(&mut self.mem, (0, 0), self.now, id, |d, cx| d.message(msg, cx));
    }

    /// Starts the ULP as `ulp_run` does.
    pub fn run(&mut self, pc: u32) {
        let state = self.read(DevId::RtcCntl, rtc::STATE0);
        self.write(DevId::RtcCntl, rtc::STATE0, state & !rtc::state0::ULP_CP_SLP_TIMER_EN);
        let start = self.read(DevId::Sens, sens::spec::SAR_START_FORCE) & !(0x7FF << 11 | 1 << 8);
        self.write(DevId::Sens, sens::spec::SAR_START_FORCE, start | pc << 11);
        self.write(DevId::RtcCntl, rtc::STATE0, state | rtc::state0::ULP_CP_SLP_TIMER_EN);
    }

    pub fn advance(&mut self, us: u64) {
        let end = self.now + us * TICKS_PER_US;
        loop {
            let next = self.soc.sys.events.next();
            if next > end {
                break;
            }
            self.now = self.now.max(next);
            self.soc.run_events(&mut self.mem, self.now);
        }
        self.now = end;
    }

    pub fn ulp(&self) -> &Ulp {
        &self.soc.sys.ulp
    }
}

/// Runs a program to its HALT, without a second run, and returns the ULP.
fn ran(program: &[u32]) -> Rig {
    let mut rig = Rig::new(&[program, &[op::end(), op::HALT]].concat());
    rig.run(0);
    rig.advance(20_000);
    assert_eq!(rig.ulp().state, UlpState::Off, "{:?}", rig.ulp());
    rig
}

/// Returns registers and flags after a program: R0..R3, zero, overflow.
fn result(program: &[u32]) -> ([u16; 4], bool, bool) {
    let rig = ran(program);
    let ulp = rig.ulp();
    (ulp.r, ulp.zero, ulp.overflow)
}

#[test]
fn add_and_sub_set_zero_and_overflow() {
    let pair = |op: u32| [op::movi(1, 0xFFFF), op::movi(2, 1), op];
    assert_eq!(result(&pair(op::alu_r(0, 3, 1, 2))), ([0, 0xFFFF, 1, 0], true, true));
    assert_eq!(result(&pair(op::alu_r(0, 3, 2, 2))), ([0, 0xFFFF, 1, 2], false, false));
    assert_eq!(result(&pair(op::alu_r(1, 3, 2, 1))), ([0, 0xFFFF, 1, 2], false, true), "1 - 0xFFFF borrows");
    assert_eq!(result(&pair(op::alu_r(1, 3, 1, 1))), ([0, 0xFFFF, 1, 0], true, false));
    assert_eq!(result(&pair(op::alu_i(0, 0, 2, 0x1233))), ([0x1234, 0xFFFF, 1, 0], false, false));
    assert_eq!(result(&pair(op::alu_i(1, 0, 2, 2))), ([0xFFFF, 0xFFFF, 1, 0], false, true));
}

#[test]
fn logic_move_and_shifts_set_zero_and_keep_overflow() {
    let with = |op: u32| [op::movi(1, 0xF0F0), op::movi(2, 4), op::alu_i(1, 3, 3, 1), op];
    assert_eq!(result(&with(op::alu_r(2, 0, 1, 2))), ([0, 0xF0F0, 4, 0xFFFF], true, true), "and");
    assert_eq!(result(&with(op::alu_i(2, 0, 1, 0xFF))).0[0], 0xF0, "and");
    assert_eq!(result(&with(op::alu_r(3, 0, 1, 2))), ([0xF0F4, 0xF0F0, 4, 0xFFFF], false, true), "or");
    assert_eq!(result(&with(op::alu_i(3, 0, 1, 0xF))).0[0], 0xF0FF, "or");
    assert_eq!(result(&with(op::alu_r(4, 0, 1, 0))), ([0xF0F0, 0xF0F0, 4, 0xFFFF], false, true), "move");
    assert_eq!(result(&with(op::movi(0, 0))), ([0, 0xF0F0, 4, 0xFFFF], true, true), "move");
    assert_eq!(result(&with(op::alu_r(5, 0, 1, 2))).0[0], 0x0F00, "lsh");
    assert_eq!(result(&with(op::alu_i(5, 0, 1, 1))).0[0], 0xE1E0, "lsh");
    assert_eq!(result(&with(op::alu_r(6, 0, 1, 2))).0[0], 0x0F0F, "rsh");
    assert_eq!(result(&with(op::alu_i(6, 0, 1, 15))).0[0], 1, "rsh");
    assert_eq!(result(&with(op::alu_i(6, 0, 1, 16))).0[0], 0, "all bits are shifted out");
}

#[test]
fn the_stage_counter_has_eight_bits() {
    assert_eq!(ran(&[op::stage(0, 200), op::stage(0, 60)]).ulp().stage, 4);
    assert_eq!(ran(&[op::stage(0, 3), op::stage(1, 5)]).ulp().stage, 254);
    assert_eq!(ran(&[op::stage(0, 3), op::stage(2, 0)]).ulp().stage, 0);
}

/// ESP-IDF's "ULP FSM addition test".
#[test]
fn ld_and_st_move_the_lower_half() {
    let mut rig = Rig::new(&[
        op::movi(3, 16),
        op::ld(0, 3, 0),
        op::ld(1, 3, 1),
        op::alu_r(0, 2, 0, 1),
        op::st(2, 3, 2),
        op::ld(0, 3, -15),
        op::HALT,
    ]);
    rig.store(16, 0xABCD_000A);
    rig.store(17, 11);
    rig.run(0);
    rig.advance(1000);
    assert_eq!(rig.load(18), 4 << 21 | 3 << 16 | 21, "the PC, the number of the address register, the value");
    assert_eq!(u32::from(rig.ulp().r[0]), op::ld(0, 3, 0) & 0xFFFF, "a negative offset");
}

/// ESP-IDF's "ULP FSM subtraction and branch test".
#[test]
fn jumpr_loops() {
    let mut rig = Rig::new(&[
        op::movi(0, 34),
        op::movi(1, 32),
        op::ld(1, 1, 0),
        op::movi(2, 33),
        op::ld(2, 2, 0),
        op::alu_r(1, 3, 1, 2),
        op::st(3, 0, 0),
        op::alu_i(0, 0, 0, 1),
        op::jumpr(-7, 64, 0),
        op::HALT,
    ]);
    rig.store(32, 42);
    rig.store(33, 18);
    rig.run(0);
    rig.advance(1000);
    assert!((34..64).all(|word| rig.load(word) & 0xFFFF == 24), "{:?}", rig.ulp());
    assert_eq!(rig.load(64), 0);
}

#[test]
fn jumps_and_jumpr_compare() {
    let taken = |program: &[u32]| result(&[program, &[op::movi(3, 1)]].concat()).0[3] == 0;
    let r0 = |value: u32, threshold: u32, ge: u32| taken(&[op::movi(0, value), op::jumpr(2, threshold, ge)]);
    assert!(r0(4, 5, 0) && !r0(5, 5, 0) && !r0(6, 5, 0));
    assert!(!r0(4, 5, 1) && r0(5, 5, 1) && r0(0xFFFF, 0x8000, 1));
    let stage =
        |value: u32, threshold: u32, cmp: u32| taken(&[op::stage(0, value), op::jumps(2, threshold, cmp)]);
    assert!(stage(4, 5, 0) && !stage(5, 5, 0));
    assert!(stage(5, 5, 1) && !stage(4, 5, 1));
    assert!(stage(5, 5, 2) && stage(4, 5, 2) && !stage(6, 5, 2));
}

#[test]
fn jump_goes_to_registers_and_addresses_by_flag() {
    let skips = |set: u32, jump: u32| {
        let program = [set, op::movi(1, 4), jump, op::alu_i(3, 2, 2, 1), op::alu_r(3, 0, 0, 0)];
        // MOVE changes the zero flag, so that the tested one comes last.
        let program = [program[1], program[0], program[2], program[3], program[4]];
        result(&program).0[2] == 0
    };
    let (zero, one, carry) = (op::movi(0, 0), op::movi(0, 1), op::alu_i(1, 0, 0, 1));
    for kind in [op::bxi(4, 0), op::bxr(1, 0)] {
        assert!(skips(zero, kind) && skips(one, kind));
    }
    for kind in [op::bxi(4, 1), op::bxr(1, 1)] {
        assert!(skips(zero, kind) && !skips(one, kind));
    }
    for kind in [op::bxi(4, 2), op::bxr(1, 2)] {
        assert!(skips(carry, kind) && !skips(one, kind));
    }
}

/// ESP-IDF's "ULP FSM can write and read peripheral registers".
#[test]
fn reg_rd_and_reg_wr_reach_the_rtcs_registers() {
    let (store0, store1) = (rtc::STORE0 / 4, rtc::STORE1 / 4);
    let mut rig = Rig::new(&[
        op::movi(1, DATA),
        op::rd_reg(store1, 0, 15),
        op::st(0, 1, 0),
        op::rd_reg(store1, 4, 11),
        op::st(0, 1, 1),
        op::rd_reg(store1, 16, 31),
        op::st(0, 1, 2),
        op::rd_reg(store1, 20, 27),
        op::st(0, 1, 3),
        op::wr_reg(store0, 0, 7, 0x89),
        op::wr_reg(store0, 8, 15, 0xAB),
        op::wr_reg(store0, 16, 23, 0xCD),
        op::wr_reg(store0, 24, 31, 0xEF),
        op::ld(0, 1, 4),
        op::alu_i(0, 0, 0, 1),
        op::st(0, 1, 4),
        op::end(),
        op::HALT,
    ]);
    rig.write(DevId::RtcCntl, rtc::STORE1, 0x89AB_CDEF);
    rig.run(0);
    rig.advance(100_000);
    assert_eq!(rig.read(DevId::RtcCntl, rtc::STORE0), 0xEFCD_AB89);
    let read: Vec<u32> = (0..5).map(|n| rig.load(DATA + n) & 0xFFFF).collect();
    assert_eq!(read, [0xCDEF, 0xDE, 0x89AB, 0x9A, 1], "and it ran once");
}

/// ESP-IDF's "ULP FSM I_WR_REG instruction test".
#[test]
fn reg_wr_changes_only_its_bits() {
    for (low, width) in [0, 3, 15, 16, 18, 24].into_iter().flat_map(|low| (1..=8).map(move |w| (low, w))) {
        let mask = ((1u64 << width) - 1) << low;
        let mut rig = Rig::new(&[
            op::wr_reg(rtc::STORE0 / 4, low, low + width - 1, 0),
            op::wr_reg(rtc::STORE1 / 4, low, low + width - 1, 0xFF & ((1 << width) - 1)),
            op::end(),
            op::HALT,
        ]);
        rig.write(DevId::RtcCntl, rtc::STORE0, u32::MAX);
        rig.write(DevId::RtcCntl, rtc::STORE1, 0);
        rig.run(0);
        rig.advance(50_000);
        assert_eq!(rig.read(DevId::RtcCntl, rtc::STORE0), !(mask as u32));
        assert_eq!(rig.read(DevId::RtcCntl, rtc::STORE1), mask as u32);
    }
}

#[test]
fn registers_of_all_four_peripherals_are_reached() {
    let rig = ran(&[
        op::wr_reg(0x100 | (rtcio::spec::RTC_GPIO_ENABLE_W1TS / 4), 24, 24, 1),
        op::wr_reg(0x200 | (sens::spec::ULP_CP_SLEEP_CYC4 / 4), 0, 7, 77),
        op::wr_reg(0x300 | (crate::dev::rtc_i2c::spec::SLAVE_ADDR / 4), 0, 7, 33),
        op::rd_reg(0x200 | (sens::spec::ULP_CP_SLEEP_CYC4 / 4), 0, 15),
    ]);
    assert_eq!(rig.ulp().r[0], 77);
    let peek = |id: DevId, offset| rig.soc.peek(&rig.mem, id.range().0 + offset).unwrap();
    assert_eq!(peek(DevId::RtcIo, rtcio::spec::RTC_GPIO_ENABLE), 1 << 24);
    assert_eq!(peek(DevId::RtcI2c, crate::dev::rtc_i2c::spec::SLAVE_ADDR), 33);
}

#[test]
fn instructions_take_the_documented_cycles() {
    // The cycles of a program end before its HALT.
    let cycles = |insn: u32| {
        let mut rig = Rig::new(&[insn, op::HALT]);
        rig.run(0);
        rig.advance(20_000);
        rig.ulp().cycles
    };
    assert_eq!(cycles(op::alu_i(0, 0, 0, 1)), 2 + 4);
    assert_eq!(cycles(op::stage(0, 1)), 2 + 4);
    assert_eq!(cycles(op::delay(0)), 2 + 4);
    assert_eq!(cycles(op::delay(1000)), 2 + 1000 + 4);
    assert_eq!(cycles(op::st(0, 1, 20)), 4 + 4);
    assert_eq!(cycles(op::ld(0, 1, 0)), 4 + 4);
    assert_eq!(cycles(op::bxi(1, 0)), 2 + 2);
    assert_eq!(cycles(op::jumpr(1, 0, 0)), 2 + 2);
    assert_eq!(cycles(op::jumps(1, 0, 1)), 2 + 2);
    assert_eq!(cycles(op::rd_reg(0, 0, 0)), 4 + 4);
    assert_eq!(cycles(op::wr_reg(rtc::STORE0 / 4, 0, 0, 0)), 8 + 4);
    assert_eq!(cycles(op::WAKE), 2 + 4);
    assert_eq!(cycles(op::sleep(1)), 2 + 4);
    assert_eq!(cycles(op::tsens(0, 100)), 2 + 100 + 3 * 6 + 4);
    // Waits of 10 cycles; 9 sample cycles; 12 bits.
    assert_eq!(cycles(op::adc(0, 0, 1)), 23 + 3 * 10 + 9 + 12 + 4);
}

#[test]
fn adc_and_tsens_measure() {
    let mut rig = Rig::new(&[op::adc(1, 0, 7), op::adc(2, 1, 1), op::tsens(3, 8), op::HALT]);
    let invert = |rig: &mut Rig, offset, bit| {
        let ctrl = rig.read(DevId::Sens, offset);
        rig.write(DevId::Sens, offset, ctrl | bit);
    };
    invert(&mut rig, sens::spec::SAR_READ_CTRL, sens::spec::read_ctrl::SAR1_DATA_INV);
    invert(&mut rig, sens::spec::SAR_READ_CTRL2, sens::spec::read_ctrl::SAR2_DATA_INV);
    rig.send(DevId::Sens, &DevMsg::Analog(34, Some(sens::AnalogLevel::Raw(1234))));
    rig.send(DevId::Sens, &DevMsg::Analog(4, Some(sens::AnalogLevel::Millivolt(1500))));
    rig.run(0);
    rig.advance(1000);
    // 1500 mV at 11 dB by ESP-IDF's line: (1500 - 128) * 65536 / 52950.
    assert_eq!(rig.ulp().r, [0, 1234, 1698, 128]);
}

#[test]
fn i2c_without_slaves_reads_ones_and_takes_its_time() {
    let mut rig = Rig::new(&[op::i2c(0, 0x10, 0, 7, 0, 0), op::i2c(1, 0x20, 0x33, 7, 0, 1), op::HALT]);
    rig.write(DevId::RtcI2c, crate::dev::rtc_i2c::spec::SCL_LOW_PERIOD, 40);
    rig.write(DevId::RtcI2c, crate::dev::rtc_i2c::spec::SCL_HIGH_PERIOD, 40);
    rig.run(0);
    rig.advance(1_400);
    assert_eq!(rig.ulp().r[0], 0xFF);
    assert_eq!(rig.ulp().cycles, (2 + 36 * 80 + 4) + (2 + 27 * 80 + 4));
}

#[test]
fn disassembly_is_espressifs_syntax() {
    for (word, text) in [
        (op::wr_reg(6, 24, 24, 0), "reg_wr 0x6, 24, 24, 0x0"),
        (op::rd_reg(0x109, 14, 29), "reg_rd 0x109, 29, 14"),
        (op::i2c(0, 0x10, 0, 7, 0, 0), "i2c_rd 0x10, 7, 0, 0"),
        (op::i2c(1, 0x20, 0x33, 7, 0, 1), "i2c_wr 0x20, 0x33, 7, 0, 1"),
        (op::delay(0), "nop"),
        (op::delay(10), "wait 10"),
        (op::adc(1, 0, 7), "adc r1, 0, 7"),
        (op::st(1, 2, 4), "st r1, r2, 16"),
        (op::ld(1, 2, -1), "ld r1, r2, -4"),
        (op::alu_r(0, 1, 2, 3), "add r1, r2, r3"),
        (op::alu_i(1, 1, 2, 20), "sub r1, r2, 20"),
        (op::alu_r(4, 1, 2, 0), "move r1, r2"),
        (op::movi(1, 3), "move r1, 3"),
        (op::alu_i(6, 0, 0, 2), "rsh r0, r0, 2"),
        (op::stage(0, 1), "stage_inc 1"),
        (op::stage(1, 1), "stage_dec 1"),
        (op::stage(2, 0), "stage_rst"),
        (op::bxi(0x48, 1), "jump 0x120, eq"),
        (op::bxr(1, 2), "jump r1, ov"),
        (op::jumpr(-2, 16, 1), "jumpr -8, 16, ge"),
        (op::jumps(4, 20, 2), "jumps 16, 20, le"),
        (op::WAKE, "wake"),
        (op::sleep(4), "sleep 4"),
        (op::tsens(1, 1000), "tsens r1, 1000"),
        (op::HALT, "halt"),
        (0, ".long 0x00000000"),
    ] {
        assert_eq!(disassemble(word), text);
    }
}
