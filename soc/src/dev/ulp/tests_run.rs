//! Starts, ends, wake-ups, bounds, and random programs.

use super::isa::{UlpInsn, disassemble};
use super::tests::{DATA, Rig, op};
use super::*;
use crate::dev::{rtc_cntl, sens};
use crate::irq::IrqSource;
use esplens_core::memory::Memory;
use proptest::prelude::*;
use rtc_cntl::spec as rtc;

#[test]
fn halt_and_sleep_set_the_time_of_the_next_run() {
    // Counts its runs; SLEEP 1 selects the second sleep time.
    let program =
        [op::movi(1, DATA), op::ld(2, 1, 0), op::alu_i(0, 2, 2, 1), op::st(2, 1, 0), op::sleep(1), op::HALT];
    let mut rig = Rig::new(&program);
    // ulp_set_wakeup_period subtracts 2 + 2 + ULPCP_TOUCH_START_WAIT.
    rig.write(DevId::Sens, sens::spec::ULP_CP_SLEEP_CYC0, 150_000);
    rig.write(DevId::Sens, sens::spec::ULP_CP_SLEEP_CYC1, 1500 - 20);
    rig.run(0);
    rig.advance(995_000);
    assert_eq!(rig.load(DATA) & 0xFFFF, 100, "every 10 ms");
    let state = rig.read(DevId::RtcCntl, rtc::STATE0);
    rig.write(DevId::RtcCntl, rtc::STATE0, state & !rtc::state0::ULP_CP_SLP_TIMER_EN);
    rig.advance(1_000_000);
    assert_eq!((rig.load(DATA) & 0xFFFF, rig.ulp().state), (100, UlpState::Off), "the timer is off");
    assert_eq!(rig.soc.sys.events.when(slot()), None);
}

#[test]
fn software_starts_it_once_at_the_given_address() {
    let mut rig = Rig::new(&[op::HALT, op::HALT, op::movi(0, 7), op::HALT]);
    let start = 2 << 11 | sens::spec::start_force::ULP_CP_FORCE_START_TOP;
    rig.write(DevId::Sens, sens::spec::SAR_START_FORCE, start);
    rig.advance(10);
    assert_eq!(rig.ulp().instructions, 0);
    for _ in 0..2 {
        rig.write(
            DevId::Sens,
            sens::spec::SAR_START_FORCE,
            start | sens::spec::start_force::ULP_CP_START_TOP,
        );
    }
    rig.advance(10_000);
    assert_eq!((rig.ulp().r[0], rig.ulp().instructions, rig.ulp().state), (7, 2, UlpState::Off));
}

#[test]
fn wake_raises_the_interrupt_while_the_chip_is_awake() {
    let mut rig = Rig::new(&[op::WAKE, op::end(), op::HALT]);
    rig.write(DevId::RtcCntl, rtc::INT_ENA, rtc::int_raw::ULP_CP);
    rig.run(0);
    rig.advance(1000);
    assert!(rig.soc.sys.irq.level(IrqSource::RtcCore));
    rig.write(DevId::RtcCntl, rtc::INT_CLR, rtc::int_raw::ULP_CP);
    assert!(!rig.soc.sys.irq.level(IrqSource::RtcCore));
}

#[test]
fn wake_ends_a_sleep_once_the_chip_can_be_woken() {
    // ESP-IDF's loop: waits for RDY_FOR_WAKEUP.
    let program = [
        op::rd_reg(rtc::LOW_POWER_ST / 4, 19, 19),
        op::alu_i(2, 0, 0, 1),
        op::bxi(0, 1),
        op::WAKE,
        op::end(),
        op::HALT,
    ];
    let mut rig = Rig::new(&program);
    rig.write(DevId::RtcCntl, rtc::WAKEUP_STATE, WAKE_ULP_ENA);
    rig.run(0);
    rig.advance(1000);
    assert_eq!(rig.ulp().state, UlpState::Running, "it waits");
    let power = rig.read(DevId::RtcCntl, rtc::DIG_PWC);
    rig.write(DevId::RtcCntl, rtc::DIG_PWC, power | rtc::dig_pwc::DG_WRAP_PD_EN);
    let state = rig.read(DevId::RtcCntl, rtc::STATE0);
    rig.write(DevId::RtcCntl, rtc::STATE0, state | rtc::state0::SLEEP_EN);
    rig.advance(100_000);
    assert_eq!(rig.read(DevId::RtcCntl, rtc::WAKEUP_STATE) & 0x7FF, rtc_cntl::WAKE_ULP);
    assert_eq!(rig.ulp().state, UlpState::Off);
}

/// RTC_CNTL_WAKEUP_ENA with the ULP.
const WAKE_ULP_ENA: u32 = rtc_cntl::WAKE_ULP << 11;

#[test]
fn an_undefined_instruction_warns_once_and_halts() {
    for word in [0, 0xC000_0000, 0xE000_0000, 0xF000_0000, 7 << 28 | 15 << 21, 8 << 28 | 3 << 25, 6 << 28] {
        let mut rig = Rig::new(&[word]);
        rig.run(0);
        rig.advance(50_000);
        assert_eq!(rig.ulp().state, UlpState::Sleeping);
        let warnings: Vec<&String> = rig.soc.sys.warned.iter().filter(|w| w.contains("ULP")).collect();
        assert_eq!(warnings.len(), 1, "{word:#x} {warnings:?}");
    }
}

#[test]
fn an_endless_loop_is_bounded() {
    let mut rig = Rig::new(&[op::bxi(0, 0)]);
    rig.run(0);
    rig.advance(10_000);
    // 4 cycles each; after reset the RTC fast clock is a quarter of the crystal's 40 MHz.
    let expected = (10_000 - 133) * 10 / 4;
    assert!(rig.ulp().instructions.abs_diff(expected) < 100, "{} {expected}", rig.ulp().instructions);
}

#[test]
fn a_change_of_the_clock_leaves_past_cycles_alone() {
    let mut rig = Rig::new(&[op::ld(0, 1, 0), op::bxi(0, 0)]);
    rig.run(0);
    rig.advance(1_000_000);
    let before = rig.ulp().instructions;
    let conf = rig.read(DevId::RtcCntl, rtc::CLK_CONF);
    rig.write(DevId::RtcCntl, rtc::CLK_CONF, conf | rtc::clk_conf::FAST_CLK_RTC_SEL);
    rig.advance(100);
    rig.write(DevId::RtcCntl, rtc::CLK_CONF, conf);
    rig.advance(100);
    // 12 cycles for two instructions.
    let after = rig.ulp().instructions - before;
    assert!((280..330).contains(&after), "{after}");
}

/// A random word that is an instruction more often than not, with little effect on the timer.
fn word() -> impl Strategy<Value = u32> {
    prop_oneof![
        1 => any::<u32>(),
        8 => (1u32..14, any::<u32>()).prop_map(|(opcode, rest)| opcode << 28 | rest & 0x0FFF_FFFF),
        4 => any::<u32>().prop_map(|rest| 7 << 28 | rest & 0x02FF_FFFF),
        4 => any::<u32>().prop_map(|rest| 8 << 28 | rest & 0x05FF_FFFF),
        2 => any::<u32>().prop_map(|rest| 6 << 28 | 4 << 25 | rest & 0x1F_FFFF),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Random programs neither panic nor run faster than the clock, and continue identically from a copy at any point.
    #[test]
    fn random_programs(program in proptest::collection::vec(word(), 1..80), cut in 1u64..3000) {
        let mut rig = Rig::new(&program);
        rig.run(0);
        rig.advance(cut);
        let mut copy = Rig { soc: rig.soc.clone(), mem: Memory::default(), now: rig.now };
        let (state, saved) = (rig.mem.save(), postcard::to_stdvec(&rig.soc).unwrap());
        copy.soc = postcard::from_bytes(&saved).unwrap();
        rig.advance(3000);
        let memory: Vec<u32> = (0..u32::from(WORDS)).map(|n| rig.load(n)).collect();
        // The memory has the regions of the same machine.
        std::mem::swap(&mut copy.mem, &mut rig.mem);
        copy.mem.restore(&state);
        copy.advance(3000);
        prop_assert_eq!(&copy.soc.sys.ulp, &rig.soc.sys.ulp);
        prop_assert_eq!((0..u32::from(WORDS)).map(|n| copy.load(n)).collect::<Vec<_>>(), memory);
        // No instruction takes less than 4 cycles of 10 MHz.
        prop_assert!(copy.ulp().instructions <= (cut + 3000) * 10 / 4 + 64);
    }

    /// Every word disassembles, and only instructions decode.
    #[test]
    fn any_word_has_a_text(word in any::<u32>()) {
        let text = disassemble(word);
        let insn = UlpInsn::decode(word).filter(|insn| *insn != UlpInsn::Wake(false));
        prop_assert_eq!(insn.is_none(), text.starts_with(".long"));
    }
}
