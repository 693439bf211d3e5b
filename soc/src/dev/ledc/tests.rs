use super::*;
use crate::clocks::SocClk;
use crate::dev::testing::Bench;

/// 80 MHz APB; high-speed timer 0: 8000 Hz at 10 bits (divider 9.765625 as IDF computes it).
fn bench() -> Bench<Ledc> {
    let mut b = Bench::new(DevId::Ledc, Ledc::default());
    b.sys.clocks.soc_clk = SocClk::Pll;
    let div = 2500; // 80 MHz * 256 / 8000 / 1024
    b.write(HSTIMER_CONF, timer::TICK_SEL | div << timer::DIV_S | 10 | timer::RST);
    b.write(HSTIMER_CONF, timer::TICK_SEL | div << timer::DIV_S | 10);
    b
}

fn start(b: &mut Bench<Ledc>, duty: u32, up: bool, num: u32, cycle: u32, scale: u32) {
    b.write(HSCH_DUTY, duty << 4);
    let up = if up { conf1::INC } else { 0 };
    let fade = up | num << conf1::NUM_S | cycle << conf1::CYCLE_S | scale;
    b.write(HSCH_CONF1, fade);
    b.write(HSCH_CONF1, fade | conf1::START);
}

#[test]
fn the_counter_runs_with_a_fractional_divider_and_pauses() {
    let mut b = bench();
    assert_eq!(b.read(HSTIMER_VALUE), 0);
    b.advance_ticks(480 * 125 / 2);
    assert_eq!(b.read(HSTIMER_VALUE), 512, "half a period of 125 us");
    let conf = b.read(HSTIMER_CONF);
    b.write(HSTIMER_CONF, conf | timer::PAUSE);
    b.advance(40);
    assert_eq!(b.read(HSTIMER_VALUE), 512);
    b.write(HSTIMER_CONF, conf);
    b.advance_ticks(480 * 125 / 4);
    assert_eq!(b.read(HSTIMER_VALUE), 768);
    b.write(HSTIMER_CONF, conf | timer::RST);
    assert_eq!(b.read(HSTIMER_VALUE), 0);
}

#[test]
fn overflows_interrupt_every_period() {
    let mut b = bench();
    b.write(INT_ENA, 1);
    for _ in 0..3 {
        b.advance(124);
        assert!(!b.irq(IrqSource::Ledc));
        b.advance(1);
        assert!(b.irq(IrqSource::Ledc));
        assert_eq!(b.read(INT_ST), 1);
        b.write(INT_CLR, 1);
    }
}

#[test]
fn overflows_show_in_raw_without_interrupt() {
    let mut b = bench();
    assert_eq!(b.read(INT_RAW), 0);
    b.advance(126);
    assert_eq!(b.read(INT_RAW), 1);
    b.write(INT_CLR, 1);
    assert_eq!(b.read(INT_RAW), 0);
}

#[test]
fn a_duty_takes_effect_at_the_next_overflow() {
    let mut b = bench();
    b.write(INT_ENA, 1 << 8);
    start(&mut b, 300, true, 1, 1, 0);
    assert_ne!(b.read(HSCH_CONF1) & conf1::START, 0);
    b.advance(126);
    assert_eq!(b.read(HSCH_CONF1) & conf1::START, 0, "the driver waits for this");
    assert_eq!(b.read(HSCH_DUTY_R), 300 << 4);
    assert!(b.irq(IrqSource::Ledc));
    b.write(INT_CLR, 1 << 8);
    assert!(!b.irq(IrqSource::Ledc));
}

#[test]
fn a_fade_steps_and_ends_on_time() {
    let mut b = bench();
    b.write(INT_ENA, 1 << 8);
    start(&mut b, 1000, false, 100, 4, 10);
    b.advance(125 * 4 * 50 + 1);
    assert_eq!(b.read(HSCH_DUTY_R) >> 4, 500);
    assert!(!b.irq(IrqSource::Ledc));
    b.advance(125 * 4 * 50 - 2);
    assert!(!b.irq(IrqSource::Ledc));
    b.advance(2);
    assert!(b.irq(IrqSource::Ledc));
    assert_eq!((b.read(HSCH_DUTY_R), b.read(HSCH_CONF1) & conf1::START), (0, 0));
}

#[test]
fn a_pause_in_a_fade_loses_no_step() {
    let mut b = bench();
    start(&mut b, 0, true, 10, 1, 1);
    b.advance(125 * 5 + 10);
    let conf = b.read(HSTIMER_CONF);
    b.write(HSTIMER_CONF, conf & !(0x3_FFFF << timer::DIV_S) | 5000 << timer::DIV_S);
    assert_eq!(b.read(HSCH_DUTY_R) >> 4, 5);
    b.write(HSTIMER_CONF, conf | timer::PAUSE);
    b.advance(100_000);
    assert_eq!((b.read(HSCH_DUTY_R) >> 4, b.read(HSCH_CONF1) & conf1::START), (5, conf1::START), "waits");
    b.write(HSTIMER_CONF, conf);
    b.advance(125 * 5);
    assert_eq!((b.read(HSCH_DUTY_R) >> 4, b.read(HSCH_CONF1) & conf1::START), (10, 0));
}

#[test]
fn a_start_on_a_stopped_timer_does_not_hang_the_driver() {
    let mut b = bench();
    b.write(LSCH_DUTY, 77 << 4);
    b.write(LSCH_CONF1, conf1::START | 1 << conf1::NUM_S | 1 << conf1::CYCLE_S);
    assert_eq!((b.read(LSCH_CONF1) & conf1::START, b.read(LSCH_DUTY_R)), (0, 77 << 4));
    assert_eq!(b.read(INT_RAW), 1 << 16);
}

#[test]
fn low_speed_timers_count_the_chosen_clock() {
    let mut b = bench();
    let conf = 256 << timer::DIV_S | 20;
    b.write(LSTIMER_CONF, conf);
    b.advance(1000);
    assert_eq!(b.read(LSTIMER_VALUE), 1000, "REF_TICK");
    b.write(LSTIMER_CONF, conf | timer::RST);
    b.write(LSTIMER_CONF, conf | timer::TICK_SEL | timer::PARA_UP);
    b.advance(1000);
    assert_eq!(b.read(LSTIMER_VALUE), 8500, "8M");
    b.write(CONF, 1);
    b.advance(100);
    assert_eq!(b.read(LSTIMER_VALUE), 16_500, "APB");
    assert_eq!(b.read(LSTIMER_CONF) & timer::PARA_UP, 0);
}

#[test]
fn full_duty_and_idle_level_are_seen_outside() {
    let mut b = bench();
    b.write(HSCH_CONF0, conf0::SIG_OUT_EN);
    start(&mut b, 1024, true, 1, 1, 0);
    b.advance(126);
    start(&mut b, 0, true, 1, 1, 0);
    b.advance(126);
    b.write(HSCH_CONF0, conf0::IDLE_LV);
    let levels: Vec<_> = b.sent.iter().map(|(_, m)| m.clone()).collect();
    let out = |l| DevMsg::SignalOut(71, l);
    assert_eq!(levels, [out(true), out(false), out(true)]);
}

#[test]
fn a_clock_change_keeps_the_count() {
    let mut b = bench();
    b.advance_ticks(480 * 125 / 2);
    b.sys.clocks.soc_clk = SocClk::Xtal;
    b.message(&DevMsg::ClockChanged);
    assert_eq!(b.read(HSTIMER_VALUE), 512);
    b.advance_ticks(480 * 125 / 2);
    assert_eq!(b.read(HSTIMER_VALUE), 768, "half as fast");
}

#[test]
fn wild_values_do_no_harm() {
    let mut b = bench();
    for offset in (0..0x400).step_by(4) {
        b.write(offset, 0xFFFF_FFFF);
        b.write(offset, 0x7E7F_FFFF);
        b.advance(1_000_000_000);
        b.read(offset);
    }
    b.reset();
    assert_eq!((b.read(INT_RAW), b.read(HSTIMER_CONF)), (0, 0x0100_0000));
}

#[test]
fn edges_are_played_only_to_listeners_and_start_at_hpoint() {
    let mut b = bench();
    b.write(HSCH_HPOINT, 256);
    start(&mut b, 512, true, 1, 1, 0);
    b.write(HSCH_CONF0, conf0::SIG_OUT_EN);
    b.advance(1000);
    assert!(b.sent.is_empty(), "{:?}", b.sent);
    assert_eq!(b.sys.events.next(), Ticks::MAX, "nobody listens, nothing to do");
    b.sys.matrix_loopbacks.insert(39, 71); // PCNT
    b.message(&DevMsg::LoopbacksChanged);
    let mut edges = Vec::new();
    for _ in 0..250 {
        b.advance(1);
        edges.extend(b.sent.drain(..).map(|(_, m)| m));
    }
    // Two periods of 125 us from the beginning of a period: rising at a quarter, falling at three quarters.
    let edge = |level| DevMsg::SignalOut(71, level);
    assert_eq!(edges, [edge(true), edge(false), edge(true), edge(false)]);
    b.advance_ticks(480 * 125 / 4 - 480);
    assert!(b.sent.is_empty());
    b.advance(2);
    assert_eq!(b.sent.len(), 1, "at a quarter of the period");
    b.sys.matrix_loopbacks.clear();
    b.message(&DevMsg::LoopbacksChanged);
    b.sent.clear();
    b.advance(1000);
    assert!(b.sent.is_empty());
}

#[test]
fn a_pwm_too_fast_to_play_warns_once() {
    let mut b = bench();
    b.write(HSTIMER_CONF, timer::TICK_SEL | 256 << timer::DIV_S | 4);
    start(&mut b, 8, true, 1, 1, 0);
    b.sys.matrix_loopbacks.insert(39, 71);
    b.write(HSCH_CONF0, conf0::SIG_OUT_EN);
    b.advance(1000);
    assert!(b.sent.is_empty());
    assert_eq!(b.warnings().len(), 1);
}
