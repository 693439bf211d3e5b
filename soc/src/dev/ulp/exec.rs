//! Execution of the ULP's instructions.

use super::isa::{UlpAluOp, UlpCompare, UlpFlag, UlpInsn, UlpOperand, UlpRegBits, UlpStageOp, UlpTarget};
use super::{SWITCH_PERIODS, Ulp, UlpState, WORDS, fast_hz, slot};
use crate::bus::Soc;
use crate::dev::rtc_cntl::{self, WAKE_ULP};
use crate::dev::sens::{self, TSENS_RAW};
use crate::dev::{DevId, DevMsg, rtc_i2c};
use crate::trace::{TraceEvent, TraceLine};
use esplens_core::memory::Memory;
use esplens_core::time::{Ticks, periods_to_ticks};

/// Host work of an instruction.
const INSN_WORK: u64 = 50;
/// Limit of instructions in one event. None of them accesses memory or registers, so nothing outside the ULP can see
/// that they are executed ahead of their time.
const AHEAD: u32 = 64;
/// Cycles to fetch an instruction, and to fetch the one after a branch (ESP-IDF "ULP Coprocessor Instruction Set").
const FETCH: u64 = 4;
const FETCH_AFTER_BRANCH: u64 = 2;
/// Mask of a word address.
const ADDR: u16 = WORDS - 1;

/// Returns true for an instruction that reads or changes something outside the ULP.
fn reaches_out(insn: &UlpInsn) -> bool {
    !matches!(
        insn,
        UlpInsn::Wait(_)
            | UlpInsn::Alu(..)
            | UlpInsn::Stage(_)
            | UlpInsn::Jump(..)
            | UlpInsn::JumpR(..)
            | UlpInsn::JumpS(..)
            | UlpInsn::Sleep(_)
            | UlpInsn::Wake(false)
    )
}

impl Ulp {
    /// Executes an ALU instruction: sets the destination and the flags (TRM 30.4.1).
    fn alu(&mut self, op: UlpAluOp, dst: u8, src: u8, operand: UlpOperand) {
        let a = self.r[usize::from(src)];
        let b = match operand {
            UlpOperand::Reg(n) => self.r[usize::from(n)],
            UlpOperand::Imm(value) => value,
        };
        let (value, overflow) = match op {
            UlpAluOp::Add => a.overflowing_add(b),
            UlpAluOp::Sub => a.overflowing_sub(b),
            UlpAluOp::And => (a & b, self.overflow),
            UlpAluOp::Or => (a | b, self.overflow),
            UlpAluOp::Move => (b, self.overflow),
            // Shifts by more than 15 bits are undefined; here all bits are shifted out.
            UlpAluOp::Lsh => (a.checked_shl(b.into()).unwrap_or(0), self.overflow),
            UlpAluOp::Rsh => (a.checked_shr(b.into()).unwrap_or(0), self.overflow),
        };
        (self.zero, self.overflow) = (value == 0, overflow);
        self.r[usize::from(dst)] = value;
    }

    fn count(&mut self, op: UlpStageOp) {
        self.stage = match op {
            UlpStageOp::Inc(n) => self.stage.wrapping_add(n),
            UlpStageOp::Dec(n) => self.stage.wrapping_sub(n),
            UlpStageOp::Rst => 0,
        };
    }

    /// Returns the address of the next instruction after an absolute jump.
    fn jump(&self, target: UlpTarget, flag: UlpFlag) -> u16 {
        let taken = match flag {
            UlpFlag::Always => true,
            UlpFlag::Zero => self.zero,
            UlpFlag::Overflow => self.overflow,
        };
        match target {
            _ if !taken => self.pc + 1,
            UlpTarget::Reg(n) => self.r[usize::from(n)],
            UlpTarget::Addr(addr) => addr,
        }
    }

    /// Returns the address of the next instruction after a relative jump.
    fn branch(&self, step: i8, value: u16, threshold: u16, compare: UlpCompare) -> u16 {
        let taken = match compare {
            UlpCompare::Lt => value < threshold,
            UlpCompare::Ge => value >= threshold,
            UlpCompare::Le => value <= threshold,
        };
        if taken { self.pc.wrapping_add_signed(step.into()) } else { self.pc + 1 }
    }

    /// Executes an instruction that only changes the ULP itself. Returns its cycles with those to fetch the next one.
    fn execute(&mut self, insn: UlpInsn) -> u64 {
        let mut next = self.pc + 1;
        let mut fetch = FETCH;
        let mut cycles = 2;
        match insn {
            UlpInsn::Wait(n) => cycles += u64::from(n),
            UlpInsn::Alu(op, dst, src, operand) => self.alu(op, dst, src, operand),
            UlpInsn::Stage(op) => self.count(op),
            UlpInsn::Sleep(n) => self.sleep_time = n,
            UlpInsn::Jump(target, flag) => (next, fetch) = (self.jump(target, flag), FETCH_AFTER_BRANCH),
            UlpInsn::JumpR(step, threshold, compare) => {
                (next, fetch) = (self.branch(step, self.r[0], threshold, compare), FETCH_AFTER_BRANCH);
            }
            UlpInsn::JumpS(step, threshold, compare) => {
                let stage = self.stage.into();
                (next, fetch) = (self.branch(step, stage, threshold.into(), compare), FETCH_AFTER_BRANCH);
            }
            _ => {}
        }
        self.pc = next & ADDR;
        cycles + fetch
    }
}

impl Soc {
    /// Returns a word of RTC slow memory as the ULP reads it.
    fn ulp_word(&self, mem: &Memory, addr: u16) -> u32 {
        self.rtc_word(mem, usize::from(addr & ADDR) * 4)
    }

    fn ulp_hz(&self, mem: &Memory) -> u64 {
        let conf = self.sens_or_rtc(mem, DevId::RtcCntl, rtc_cntl::spec::CLK_CONF);
        fast_hz(conf & rtc_cntl::spec::clk_conf::FAST_CLK_RTC_SEL == 0)
    }

    fn sens_or_rtc(&self, mem: &Memory, id: DevId, offset: u32) -> u32 {
        self.peek(mem, id.range().0 + offset).unwrap_or(0)
    }

    /// Handles the ULP's event: starts it, or executes instructions up to the next one whose time has not come.
    pub(crate) fn run_ulp(&mut self, mem: &mut Memory, at: Ticks) {
        self.sys.latest = self.sys.latest.max(at);
        if self.sys.ulp.state == UlpState::Sleeping {
            self.begin_ulp(mem, at);
        }
        let hz = self.ulp_hz(mem);
        self.sys.ulp.set_clock(hz);
        let mut left = AHEAD;
        while self.sys.ulp.state == UlpState::Running {
            let next = self.sys.ulp.next_at();
            let word = self.ulp_word(mem, self.sys.ulp.pc);
            let insn = UlpInsn::decode(word);
            let pure = insn.is_some_and(|i| !reaches_out(&i)) && self.sys.ulp.debug.is_idle();
            if next > at && !(pure && left > 0) {
                self.sys.events.schedule(slot(), next);
                return;
            }
            left = left.saturating_sub(1);
            if self.ulp_stops() {
                // Continued at the same time when the machine runs again.
                self.sys.events.schedule(slot(), next.max(at));
                return;
            }
            mem.work.charge(INSN_WORK);
            self.trace_ulp_insn(mem, next.max(at), word);
            self.sys.ulp.instructions += 1;
            match insn {
                None => self.undefined(mem, at, word),
                Some(insn) if pure || !reaches_out(&insn) => {
                    let cycles = self.sys.ulp.execute(insn);
                    self.sys.ulp.cycles += cycles;
                }
                Some(insn) => self.reach_out(mem, at, insn),
            }
        }
    }

    /// Returns true if a debugger stops before the next instruction.
    fn ulp_stops(&mut self) -> bool {
        let ulp = &mut self.sys.ulp;
        if ulp.debug.is_idle() || ulp.debug.passed == Some(ulp.instructions) {
            return false;
        }
        if !ulp.debug.step && !ulp.debug.breaks.contains(&ulp.pc) {
            return false;
        }
        ulp.debug.step = false;
        ulp.debug.hit = Some(ulp.pc);
        ulp.debug.passed = Some(ulp.instructions);
        true
    }

    fn trace_ulp(&mut self, mem: &Memory, event: TraceEvent, at: Ticks, text: impl FnOnce(&Self) -> String) {
        if self.sys.trace.on(event) {
            let text = text(self);
            self.sys.trace_line(mem, TraceLine::new(event, at, (0, 0), text));
        }
    }

    fn trace_ulp_insn(&mut self, mem: &Memory, at: Ticks, word: u32) {
        self.trace_ulp(mem, TraceEvent::UlpInsn, at, |soc| {
            let ulp = &soc.sys.ulp;
            let r = ulp.r;
            format!(
                "{:#05x} {:28} r0 {:04x} r1 {:04x} r2 {:04x} r3 {:04x} stage {}{}{}",
                ulp.pc * 4,
                super::isa::disassemble(word),
                r[0],
                r[1],
                r[2],
                r[3],
                ulp.stage,
                if ulp.zero { " Z" } else { "" },
                if ulp.overflow { " OV" } else { "" },
            )
        });
    }

    /// Starts the program that the timer waits for.
    fn begin_ulp(&mut self, mem: &Memory, at: Ticks) {
        let start = self.sens_or_rtc(mem, DevId::Sens, sens::spec::SAR_START_FORCE);
        if start & sens::spec::start_force::ULP_CP_FORCE_START_TOP != 0 {
            // Starts by software are selected, so that the timer does not start it.
            self.sys.ulp.state = UlpState::Off;
            return;
        }
        let pc = sens::spec::start_force::pc_init(start);
        self.sys.ulp.start(pc, at);
        self.trace_ulp(mem, TraceEvent::UlpStart, at, |_| format!("at {:#05x}", pc * 4));
    }

    fn undefined(&mut self, mem: &mut Memory, at: Ticks, word: u32) {
        let pc = self.sys.ulp.pc;
        self.sys
            .warn(format!("ULP: {word:#010x} at {:#05x} is no instruction; the program is halted", pc * 4));
        self.halt(mem, at);
    }

    /// Executes HALT: the timer starts the program again, if it is enabled.
    fn halt(&mut self, mem: &mut Memory, at: Ticks) {
        let timer = self.sens_or_rtc(mem, DevId::RtcCntl, rtc_cntl::spec::STATE0)
            & rtc_cntl::spec::state0::ULP_CP_SLP_TIMER_EN
            != 0;
        let cycles = self.sys.ulp.cycles;
        if !timer {
            self.sys.ulp.state = UlpState::Off;
            self.sys.events.cancel(slot());
            self.trace_ulp(mem, TraceEvent::UlpHalt, at, |_| format!("after {cycles} cycles, timer off"));
            return;
        }
        let register = sens::spec::ULP_CP_SLEEP_CYC0 + 4 * u32::from(self.sys.ulp.sleep_time);
        let sleep = u64::from(self.sens_or_rtc(mem, DevId::Sens, register));
        let wait =
            rtc_cntl::spec::timer2::start_wait(self.sens_or_rtc(mem, DevId::RtcCntl, rtc_cntl::spec::TIMER2));
        let slow = u64::from(self.sys.clocks.rtc_slow_hz());
        let next = at.saturating_add(periods_to_ticks(sleep + wait + SWITCH_PERIODS, slow));
        self.sys.ulp.state = UlpState::Sleeping;
        self.sys.events.schedule(slot(), next);
        self.trace_ulp(mem, TraceEvent::UlpHalt, at, |_| {
            format!(
                "after {cycles} cycles, {} slow clock periods to the next start",
                sleep + wait + SWITCH_PERIODS
            )
        });
    }

    /// Executes an instruction that accesses memory or a peripheral, at its time.
    fn reach_out(&mut self, mem: &mut Memory, at: Ticks, insn: UlpInsn) {
        let cycles = match insn {
            UlpInsn::St(src, addr, offset) => self.store(mem, src, addr, offset),
            UlpInsn::Ld(dst, addr, offset) => {
                let word = self.ulp_word(mem, self.sys.ulp.r[usize::from(addr)].wrapping_add_signed(offset));
                self.sys.ulp.r[usize::from(dst)] = word as u16;
                4
            }
            UlpInsn::RegRd(r) => self.read_reg(mem, at, r),
            UlpInsn::RegWr(r, data) => self.write_reg(mem, at, r, data),
            UlpInsn::Adc(dst, sar, mux) => self.convert(mem, dst, sar, mux),
            UlpInsn::Tsens(dst, wait) => {
                self.sys.ulp.r[usize::from(dst)] = TSENS_RAW as u16;
                let ctrl = self.sens_or_rtc(mem, DevId::Sens, sens::spec::SAR_TSENS_CTRL);
                2 + u64::from(wait) + 3 * u64::from(sens::spec::tsens::clk_div(ctrl))
            }
            UlpInsn::I2cRd(byte) => {
                // Nothing answers on the bus: SDA stays high.
                let width = byte.high.saturating_sub(byte.low) + 1;
                let range = byte.high >= byte.low;
                self.sys.ulp.r[0] = if range { 0xFF >> (8 - width) } else { 0 };
                self.i2c_cycles(mem, rtc_i2c::READ_BITS)
            }
            UlpInsn::I2cWr(..) => self.i2c_cycles(mem, rtc_i2c::WRITE_BITS),
            UlpInsn::Wake(_) => {
                self.trace_ulp(mem, TraceEvent::UlpWake, at, |_| "wake".into());
                self.call(mem, (0, 0), at, DevId::RtcCntl, |d, cx| {
                    d.message(&DevMsg::WakeCause(WAKE_ULP), cx)
                });
                2
            }
            _ => return self.halt(mem, at),
        };
        let ulp = &mut self.sys.ulp;
        ulp.pc = (ulp.pc + 1) & ADDR;
        ulp.cycles += cycles + FETCH;
    }

    /// ST: the lower half of the word is the register, the upper half has the PC and the number of the address
    /// register.
    fn store(&mut self, mem: &mut Memory, src: u8, addr: u8, offset: i16) -> u64 {
        let ulp = &self.sys.ulp;
        let to = ulp.r[usize::from(addr)].wrapping_add_signed(offset) & ADDR;
        let word = u32::from(ulp.pc) << 21 | u32::from(addr) << 16 | u32::from(ulp.r[usize::from(src)]);
        if let Some(region) = self.sys.banks.rtc_slow {
            mem.write_region(region, usize::from(to) * 4, &word.to_le_bytes());
        }
        4
    }

    /// Returns the device and register of a REG_RD or REG_WR.
    fn ulp_register(r: UlpRegBits) -> (DevId, u32) {
        let devices = [DevId::RtcCntl, DevId::RtcIo, DevId::Sens, DevId::RtcI2c];
        (devices[usize::from(r.addr >> 8 & 3)], u32::from(r.addr & 0xFF) * 4)
    }

    fn read_reg(&mut self, mem: &mut Memory, at: Ticks, r: UlpRegBits) -> u64 {
        let (id, offset) = Self::ulp_register(r);
        let word = self.call(mem, (0, 0), at, id, |d, cx| d.read(offset, cx));
        let value = if r.high >= r.low { (word >> r.low) & mask(r, 16) } else { 0 };
        self.sys.ulp.r[0] = value as u16;
        self.trace_reg(mem, at, r, "=", value);
        4
    }

    fn write_reg(&mut self, mem: &mut Memory, at: Ticks, r: UlpRegBits, data: u8) -> u64 {
        let (id, offset) = Self::ulp_register(r);
        if r.high >= r.low {
            let mask = mask(r, 8);
            self.call(mem, (0, 0), at, id, |d, cx| {
                let old = d.peek(offset, &cx.view());
                d.write(offset, old & !(mask << r.low) | (u32::from(data) & mask) << r.low, cx);
            });
        }
        self.trace_reg(mem, at, r, "<-", data.into());
        8
    }

    fn trace_reg(&mut self, mem: &Memory, at: Ticks, r: UlpRegBits, how: &str, value: u32) {
        self.trace_ulp(mem, TraceEvent::UlpReg, at, |soc| {
            let (id, offset) = Self::ulp_register(r);
            let spec = soc.dev.get(id).spec();
            let name = spec.at(offset).map_or("?", |reg| reg.name);
            format!("{} {name}[{}:{}] {how} {value:#x}", spec.name, r.high, r.low)
        });
    }

    /// ADC: a measurement of one channel.
    fn convert(&mut self, mem: &Memory, dst: u8, sar: u8, mux: u8) -> u64 {
        let sens = &self.dev.sens;
        // Mux 0 selects no channel.
        let value = sens.convert(usize::from(sar), usize::from(mux).wrapping_sub(1), &self.sys);
        let cycles = sens.convert_cycles(usize::from(sar));
        let _ = mem;
        self.sys.ulp.r[usize::from(dst)] = value as u16;
        cycles
    }

    /// Returns the cycles of an I2C transfer of `bits` clock pulses.
    fn i2c_cycles(&self, mem: &Memory, bits: u64) -> u64 {
        let period = |offset| u64::from(self.sens_or_rtc(mem, DevId::RtcI2c, offset) & rtc_i2c::PERIOD);
        let clock = period(rtc_i2c::spec::SCL_LOW_PERIOD) + period(rtc_i2c::spec::SCL_HIGH_PERIOD);
        2 + bits * clock.max(2)
            + period(rtc_i2c::spec::SCL_START_PERIOD)
            + period(rtc_i2c::spec::SCL_STOP_PERIOD)
    }
}

/// Returns a mask of the bits of a register access, at most `limit` of them, at bit 0.
fn mask(r: UlpRegBits, limit: u32) -> u32 {
    let width = (u32::from(r.high - r.low) + 1).min(limit);
    (1 << width) - 1
}
