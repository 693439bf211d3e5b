use super::*;
use crate::dev::DevId;
use crate::dev::testing::Bench;
use crate::irq::IrqSource;
use crate::system::Output;

const IE: u32 = 1 << 9;
const PULL_UP: u32 = 1 << 8;
const GPIO_FUNC: u32 = 2 << 12;

fn bench() -> Bench<Gpio> {
    let mut b = Bench::new(DevId::Gpio, Gpio::default());
    b.reset();
    b.sys.out.clear();
    b
}

fn pads(b: &mut Bench<Gpio>) -> Vec<(u8, bool)> {
    let out = std::mem::take(&mut b.sys.out);
    out.iter()
        .filter_map(|o| if let Output::Pad { pin, level } = o { Some((*pin, *level)) } else { None })
        .collect()
}

#[test]
fn outputs_leave_once_a_change() {
    let mut b = bench();
    b.write(OUT_W1TS, 1 << 5);
    assert_eq!(pads(&mut b), [], "not enabled yet");
    b.write(ENABLE_W1TS, 1 << 5);
    b.write(OUT_W1TS, 1 << 5);
    b.write(OUT_W1TC, 1 << 5);
    b.write(OUT, 1 << 5 | 1 << 18);
    assert_eq!(pads(&mut b), [(5, true), (5, false), (5, true)]);
    assert_eq!(b.read(OUT), 1 << 5 | 1 << 18);
    b.write(OUT1_W1TS, 0xFFFF_FFFF);
    b.write(ENABLE1, 0xFF);
    assert_eq!(pads(&mut b), [(32, true), (33, true)], "34..39 have no driver");
    assert_eq!((b.read(OUT1), b.read(ENABLE1)), (0xFF, 0xFF));
}

#[test]
fn inputs_follow_the_outside_the_pulls_and_the_input_enable() {
    let mut b = bench();
    assert_eq!(b.read(IN) & 1, 1, "GPIO0 is pulled up after reset");
    b.message(&DevMsg::Pad(0, Some(false)));
    assert_eq!(b.read(IN) & 1, 0);
    b.message(&DevMsg::Pad(0, None));
    assert_eq!(b.read(IN) & 1, 1);
    b.message(&DevMsg::Pad(34, Some(true)));
    assert_eq!(b.read(IN1), 0, "its input is off");
    b.message(&DevMsg::IoMux(34, GPIO_FUNC | IE));
    assert_eq!(b.read(IN1), 1 << 2);
    b.message(&DevMsg::IoMux(18, GPIO_FUNC | IE));
    assert_eq!(b.read(IN) >> 18 & 1, 0);
    b.message(&DevMsg::IoMux(18, GPIO_FUNC | IE | PULL_UP));
    assert_eq!(b.read(IN) >> 18 & 1, 1);
}

#[test]
fn open_drain_lets_the_outside_pull_low() {
    let mut b = bench();
    b.message(&DevMsg::IoMux(21, GPIO_FUNC | IE | PULL_UP));
    b.write(PIN + 21 * 4, pin::PAD_DRIVER);
    b.write(OUT_W1TS, 1 << 21);
    b.write(ENABLE_W1TS, 1 << 21);
    assert_eq!(b.read(IN) >> 21 & 1, 1);
    b.message(&DevMsg::Pad(21, Some(false)));
    assert_eq!(b.read(IN) >> 21 & 1, 0);
    b.message(&DevMsg::Pad(21, None));
    b.write(OUT_W1TC, 1 << 21);
    assert_eq!(b.read(IN) >> 21 & 1, 0);
}

#[test]
fn interrupt_types_latch_and_reach_the_enabled_cpu() {
    let mut b = bench();
    let ty = |t: u32| t << pin::INT_TYPE_S;
    b.message(&DevMsg::IoMux(18, GPIO_FUNC | IE));
    b.write(PIN + 18 * 4, ty(1) | pin::ENA_PRO);
    b.message(&DevMsg::Pad(18, Some(true)));
    assert!(b.irq(IrqSource::Gpio));
    assert_eq!((b.read(PCPU_INT), b.read(ACPU_INT)), (1 << 18, 0));
    b.write(STATUS_W1TC, 1 << 18);
    assert!(!b.irq(IrqSource::Gpio), "an edge stays cleared");
    b.message(&DevMsg::Pad(18, Some(false)));
    assert!(!b.irq(IrqSource::Gpio), "not the falling edge");

    b.message(&DevMsg::IoMux(35, IE));
    b.write(PIN + 35 * 4, ty(4) | pin::ENA_APP);
    assert!(b.irq(IrqSource::Gpio), "low level");
    assert_eq!((b.read(ACPU_INT1), b.read(PCPU_INT1), b.read(STATUS1)), (8, 0, 8));
    b.write(STATUS1_W1TC, 8);
    assert!(b.irq(IrqSource::Gpio), "the level is still there");
    b.message(&DevMsg::Pad(35, Some(true)));
    b.write(STATUS1_W1TC, 8);
    assert!(!b.irq(IrqSource::Gpio));

    b.write(PIN + 18 * 4, ty(3) | pin::ENA_PRO_NMI);
    b.message(&DevMsg::Pad(18, Some(true)));
    assert!(b.irq(IrqSource::GpioNmi) && !b.irq(IrqSource::Gpio));
    b.write(PIN + 18 * 4, 0);
    assert!(!b.irq(IrqSource::GpioNmi));
}

#[test]
fn software_can_set_the_status() {
    let mut b = bench();
    b.write(PIN + 4 * 4, pin::ENA_PRO);
    b.write(STATUS_W1TS, 1 << 4);
    assert!(b.irq(IrqSource::Gpio));
    b.write(STATUS, 0);
    assert!(!b.irq(IrqSource::Gpio));
}

#[test]
fn a_signal_goes_out_over_a_pad_and_in_again() {
    let mut b = bench();
    b.message(&DevMsg::IoMux(18, GPIO_FUNC | IE));
    b.write(FUNC_OUT_SEL_CFG + 18 * 4, 87); // RMT channel 0
    b.write(FUNC_IN_SEL_CFG + 39 * 4, in_sel::SIG | 18); // PCNT unit 0
    b.message(&DevMsg::SignalOut(87, true));
    b.message(&DevMsg::SignalOut(87, true));
    b.message(&DevMsg::SignalOut(87, false));
    let sent: Vec<_> = b.sent.drain(..).collect();
    let [ledc, pwm0, pwm1] =
        [DevId::Ledc, DevId::Mcpwm0, DevId::Mcpwm1].map(|dev| (dev, DevMsg::LoopbacksChanged));
    let edge = |level| (DevId::Pcnt, DevMsg::SignalIn(39, level));
    assert_eq!(sent, [ledc.clone(), pwm0.clone(), pwm1.clone(), edge(true), edge(false)]);
    assert_eq!(pads(&mut b), [(18, false), (18, true), (18, false)]);
    b.write(FUNC_OUT_SEL_CFG + 18 * 4, 87 | out_sel::INV);
    assert_eq!(b.sent, [ledc, pwm0, pwm1, edge(true)]);
}

#[test]
fn constants_and_inversion_feed_inputs() {
    let mut b = bench();
    b.write(FUNC_IN_SEL_CFG + 41 * 4, in_sel::SIG | in_sel::HIGH);
    b.write(FUNC_IN_SEL_CFG + 42 * 4, in_sel::SIG | in_sel::LOW | in_sel::INV);
    b.write(FUNC_IN_SEL_CFG + 41 * 4, in_sel::SIG | in_sel::LOW);
    let told = |s, l| (DevId::Pcnt, DevMsg::SignalIn(s, l));
    assert_eq!(b.sent, [told(41, true), told(42, true), told(41, false)]);
}

#[test]
fn an_inverting_loop_through_the_matrix_ends() {
    let mut b = bench();
    b.message(&DevMsg::IoMux(18, GPIO_FUNC | IE));
    b.write(FUNC_OUT_SEL_CFG + 18 * 4, 224 | out_sel::INV);
    b.write(FUNC_IN_SEL_CFG + 224 * 4, in_sel::SIG | 18);
    assert!(pads(&mut b).len() < 20);
}

#[test]
fn uart0_uses_its_pads_without_the_matrix() {
    let mut b = bench();
    b.message(&DevMsg::SignalOut(14, false));
    assert_eq!(pads(&mut b), [(1, false)]);
    b.write(FUNC_IN_SEL_CFG + 14 * 4, 0);
    b.message(&DevMsg::Pad(3, Some(false)));
    assert!(b.sent.contains(&(DevId::Uart0, DevMsg::SignalIn(14, false))));
}

#[test]
fn the_rtc_takes_a_pad_over_and_a_hold_freezes_it() {
    let mut b = bench();
    let rtc = RtcPad { selected: true, drive: Some(true), ..RtcPad::default() };
    b.message(&DevMsg::RtcPad(25, rtc));
    assert_eq!(pads(&mut b), [(25, true)]);
    b.message(&DevMsg::RtcPad(25, RtcPad { hold: true, ..rtc }));
    b.message(&DevMsg::RtcPad(25, RtcPad { hold: true, ..RtcPad::default() }));
    b.reset();
    assert_eq!(pads(&mut b), [], "held over a reset");
    assert_eq!(b.sys.pads.level >> 25 & 1, 1);
    b.message(&DevMsg::RtcPad(25, RtcPad::default()));
    assert_eq!(pads(&mut b), [(25, false)]);
}

#[test]
fn strapping_pins_and_clock_measurement_read_back() {
    let mut b = bench();
    b.sys.strap = 0x13;
    assert_eq!(b.read(STRAP), 0x13);
    b.write(CALI_CONF, cali::START | 150);
    assert_eq!(b.read(CALI_DATA), 0);
    b.advance(1001);
    assert_eq!(b.read(CALI_DATA), cali::READY | 40_000);
}

#[test]
fn every_register_takes_any_value() {
    let mut b = bench();
    for offset in (0..0x1000).step_by(4) {
        for value in [0xFFFF_FFFF, 0x5A5A_5A5A, 0] {
            b.write(offset, value);
            b.read(offset);
        }
    }
    b.message(&DevMsg::Pad(200, Some(true)));
    b.message(&DevMsg::SignalOut(999, true));
    assert_eq!(b.read(OUT), 0);
}

#[test]
fn a_pads_wake_up_level_asks_for_a_wake_up() {
    let mut b = bench();
    b.write(PIN + 4 * 4, 5 << pin::INT_TYPE_S | pin::WAKEUP); // gpio_wakeup_enable(4, GPIO_INTR_HIGH_LEVEL)
    let asked = |b: &mut Bench<Gpio>| {
        std::mem::take(&mut b.sent).contains(&(DevId::RtcCntl, DevMsg::WakeCause(1 << 2)))
    };
    b.message(&DevMsg::Sleep(false));
    assert!(!asked(&mut b));
    b.message(&DevMsg::Pad(4, Some(true)));
    assert!(asked(&mut b));
    b.message(&DevMsg::Sleep(false));
    assert!(asked(&mut b), "still high when the next sleep begins");
}

#[test]
fn joined_signals_are_known_unless_inverted() {
    let mut b = bench();
    b.message(&DevMsg::IoMux(4, 2 << 12 | 1 << 9)); // GPIO function, input on
    b.write(ENABLE_W1TS, 1 << 4);
    b.write(FUNC_OUT_SEL_CFG + 4 * 4, 17); // U1TXD
    b.write(FUNC_IN_SEL_CFG + 4 * 198, in_sel::SIG | 4); // U2RXD
    assert_eq!(b.sys.matrix_loopbacks.get(&198), Some(&17));
    b.write(FUNC_IN_SEL_CFG + 4 * 198, in_sel::SIG | in_sel::INV | 4);
    assert_eq!(b.sys.matrix_loopbacks.get(&198), None);
    b.write(FUNC_IN_SEL_CFG + 4 * 198, in_sel::SIG | 4);
    b.write(FUNC_OUT_SEL_CFG + 4 * 4, 17 | out_sel::OEN_SEL);
    assert_eq!(b.sys.matrix_loopbacks.get(&198), Some(&17));
    b.write(ENABLE_W1TC, 1 << 4);
    assert_eq!(b.sys.matrix_loopbacks.get(&198), None);
}

#[test]
fn an_external_resistor_overrides_the_pads_own_pulls() {
    let mut b = bench();
    b.message(&DevMsg::PadPull(0, Some(false)));
    assert_eq!(b.read(IN) & 1, 0, "against the pull-up");
    b.message(&DevMsg::Pad(0, Some(true)));
    assert_eq!(b.read(IN) & 1, 1);
    b.message(&DevMsg::Pad(0, None));
    b.message(&DevMsg::PadPull(0, None));
    assert_eq!(b.read(IN) & 1, 1);
    b.message(&DevMsg::PadPull(5, Some(false)));
    b.reset();
    let pad = info(&b, 5).unwrap();
    assert_eq!((pad.level, pad.source, pad.outside_pull), (false, PadSource::OutsidePull, Some(false)));
    assert!(info(&b, 28).is_none() && info(&b, 200).is_none());
}

#[test]
fn pulses_raise_interrupts_and_end() {
    let mut b = bench();
    b.message(&DevMsg::IoMux(18, GPIO_FUNC | IE));
    b.write(PIN + 18 * 4, 1 << pin::INT_TYPE_S | pin::ENA_PRO);
    let us = esplens_core::time::TICKS_PER_US;
    b.message(&DevMsg::PadPulse(18, Pulse { level: true, length: 10 * us, count: 3, period: 30 * us }));
    let mut edges = Vec::new();
    for at in 0..100 {
        if b.irq(IrqSource::Gpio) {
            edges.push(at);
            b.write(STATUS_W1TC, 1 << 18);
        }
        let level = at < 90 && at % 30 < 10;
        assert_eq!(b.read(IN) >> 18 & 1 != 0, level, "after {at} us");
        b.advance(1);
    }
    assert_eq!(edges, [0, 30, 60]);
    assert_eq!(b.sys.events.next(), Ticks::MAX, "no event is left");
    // A pulse from the driven level and back, cut off by another input.
    b.message(&DevMsg::Pad(18, Some(true)));
    b.message(&DevMsg::PadPulse(18, Pulse { level: false, length: 10 * us, count: 1, period: 0 }));
    assert_eq!(b.read(IN) >> 18 & 1, 0);
    b.advance(20);
    assert_eq!(b.read(IN) >> 18 & 1, 1);
    b.message(&DevMsg::PadPulse(18, Pulse { level: false, length: 10 * us, count: u32::MAX, period: 0 }));
    b.message(&DevMsg::Pad(18, None));
    assert_eq!((b.read(IN) >> 18 & 1, b.sys.events.next()), (0, Ticks::MAX));
}

#[test]
fn a_pulse_of_no_length_is_bounded() {
    let mut b = bench();
    b.message(&DevMsg::PadPulse(18, Pulse { level: true, length: 0, count: u32::MAX, period: 0 }));
    b.advance(100);
    assert!((u32::MAX - info(&b, 18).unwrap().pulses) <= 51);
}

#[test]
fn deep_sleep_turns_digital_drivers_off_unless_they_are_held() {
    let mut b = bench();
    for n in [5, 18] {
        b.write(OUT_W1TS, 1 << n);
        b.write(ENABLE_W1TS, 1 << n);
    }
    b.message(&DevMsg::ForceHold(1 << 18));
    b.message(&DevMsg::Sleep(true));
    let driven = |b: &Bench<Gpio>| [5, 18].map(|n| info(b, n).unwrap().output);
    assert_eq!(driven(&b), [false, true]);
    b.reset();
    assert_eq!(driven(&b), [false, true], "the hold outlasts the reset");
    b.message(&DevMsg::ForceHold(0));
    assert_eq!(driven(&b), [false, false]);
}

#[test]
fn a_held_rtc_pad_keeps_its_pulls() {
    let mut b = bench();
    let held = RtcPad { selected: true, input: true, up: true, hold: true, ..RtcPad::default() };
    b.message(&DevMsg::RtcPad(4, held));
    b.message(&DevMsg::RtcPad(4, RtcPad { up: false, down: true, ..held }));
    assert!(info(&b, 4).unwrap().level);
    b.message(&DevMsg::RtcPad(4, RtcPad { up: false, down: true, hold: false, ..held }));
    assert!(!info(&b, 4).unwrap().level);
}

fn info(b: &Bench<Gpio>, n: u8) -> Option<PadInfo> {
    b.dev.pad_info(n, &b.sys, b.now)
}
