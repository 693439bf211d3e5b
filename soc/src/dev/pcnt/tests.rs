use super::*;
use crate::dev::DevId;
use crate::dev::testing::Bench;

/// Unit 0 is running and counts rising edges of channel 0 up; all events are disabled.
fn bench() -> Bench<Pcnt> {
    let mut b = Bench::new(DevId::Pcnt, Pcnt::default());
    b.write(U_CONF0, 1 << 18);
    b.write(CTRL, 0x5554);
    b.write(INT_ENA, 1);
    b
}

fn pulses(b: &mut Bench<Pcnt>, n: u32) {
    for _ in 0..n {
        b.message(&DevMsg::SignalIn(39, true));
        b.message(&DevMsg::SignalIn(39, true));
        b.message(&DevMsg::SignalIn(39, false));
    }
}

#[test]
fn edges_count_unless_paused_or_reset() {
    let mut b = bench();
    pulses(&mut b, 3);
    assert_eq!(b.read(U_CNT), 3);
    b.write(CTRL, 0x5556);
    pulses(&mut b, 3);
    assert_eq!(b.read(U_CNT), 3, "paused");
    b.write(CTRL, 0x5555);
    b.write(CTRL, 0x5554);
    assert_eq!(b.read(U_CNT), 0);
    b.write(U_CONF0, 1 << 18 | 1 << 16);
    pulses(&mut b, 3);
    assert_eq!(b.read(U_CNT), 6, "both edges");
}

#[test]
fn control_levels_turn_and_block() {
    let mut b = bench();
    b.write(U_CONF0, 1 << 18 | 1 << 20 | 2 << 22); // high: inverted, low: blocked
    pulses(&mut b, 2);
    assert_eq!(b.read(U_CNT), 0);
    b.message(&DevMsg::SignalIn(41, true));
    pulses(&mut b, 2);
    assert_eq!(b.read(U_CNT), 0xFFFE);
}

#[test]
fn channel_1_of_unit_7_counts_down() {
    let mut b = bench();
    b.write(CTRL, 0);
    b.write(U_CONF0 + 12 * 7, 2 << 26);
    b.message(&DevMsg::SignalIn(80, true));
    assert_eq!(b.read(U_CNT + 28), 0xFFFF);
}

#[test]
fn thresholds_and_limits_interrupt() {
    let mut b = bench();
    b.write(U_CONF1, 2 << 16 | 4);
    b.write(U_CONF2, (-5_i16 as u16 as u32) << 16 | 5);
    b.write(U_CONF0, 1 << 18 | conf0::THRES0_EN | conf0::THRES1_EN | conf0::H_LIM_EN | conf0::ZERO_EN);
    pulses(&mut b, 2);
    assert!(b.irq(IrqSource::Pcnt));
    assert_eq!(b.read(U_STATUS), status::THRES1);
    b.write(INT_CLR, 1);
    assert!(!b.irq(IrqSource::Pcnt));
    pulses(&mut b, 2);
    assert_eq!((b.read(INT_ST), b.read(U_STATUS)), (1, status::THRES0));
    b.write(INT_CLR, 1);
    pulses(&mut b, 1);
    assert_eq!((b.read(U_CNT), b.read(U_STATUS)), (0, status::H_LIM | status::ZERO), "starts again");
}

#[test]
fn low_limit_and_zero() {
    let mut b = bench();
    b.write(U_CONF2, (-2_i16 as u16 as u32) << 16);
    b.write(U_CONF0, 2 << 18 | conf0::L_LIM_EN);
    pulses(&mut b, 2);
    assert_eq!((b.read(U_CNT), b.read(U_STATUS)), (0, status::L_LIM | 1));
    b.write(INT_CLR, 1);
    pulses(&mut b, 1);
    b.write(U_CONF0, 1 << 18 | conf0::ZERO_EN);
    pulses(&mut b, 1);
    assert_eq!((b.read(INT_RAW), b.read(U_STATUS)), (1, status::ZERO | 1));
}

#[test]
fn a_reset_forgets_all_but_the_inputs() {
    let mut b = bench();
    b.message(&DevMsg::SignalIn(39, true));
    b.reset();
    assert_eq!((b.read(U_CNT), b.read(CTRL), b.read(U_CONF0)), (0, 0x5555, 0x3C10));
    b.write(CTRL, 0);
    b.write(U_CONF0, 1 << 18);
    b.message(&DevMsg::SignalIn(39, true));
    assert_eq!(b.read(U_CNT), 0, "no edge");
}
