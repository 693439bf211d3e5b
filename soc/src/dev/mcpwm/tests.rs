use super::*;
use crate::clocks::SocClk;
use crate::dev::testing::Bench;

/// Unit 0 with 1 µs counts of timer 0 and period `period`, started in `mode` with `command`.
fn bench(period: u32, mode: u32, command: u32) -> Bench<Mcpwm> {
    let mut b = Bench::new(DevId::Mcpwm0, Mcpwm::new(0));
    b.sys.clocks.soc_clk = SocClk::Pll;
    b.write(CLK_CFG, 15); // 10 MHz
    b.write(TIMER_CFG0, period << 8 | 9);
    b.write(TIMER_CFG1, mode << 3 | command);
    b
}

#[test]
fn up_counting_wraps_after_the_period() {
    let mut b = bench(99, 1, 2);
    b.advance(30);
    assert_eq!(b.read(TIMER_STATUS), 30);
    b.advance(100);
    assert_eq!(b.read(TIMER_STATUS), 30);
    assert_eq!(b.read(INT_RAW), 1 << 3 | 1 << 6 | 0x3F << 15, "TEZ, TEP, time stamps 0 of all operators");
}

#[test]
fn down_and_up_down_counting_show_the_direction() {
    let mut b = bench(99, 2, 2);
    b.advance(1);
    assert_eq!(b.read(TIMER_STATUS), 1 << 16 | 99, "from 0 to the period");
    let mut b = bench(100, 3, 2);
    b.advance(30);
    assert_eq!(b.read(TIMER_STATUS), 30);
    b.advance(100);
    assert_eq!(b.read(TIMER_STATUS), 1 << 16 | 70);
    b.advance(100);
    assert_eq!(b.read(TIMER_STATUS), 30);
}

#[test]
fn enabled_timer_events_interrupt_on_time() {
    let mut b = bench(99, 1, 2);
    b.write(GEN_TSTMP_A, 40);
    b.write(INT_ENA, 1 << 3 | 1 << 15);
    b.write(INT_CLR, u32::MAX);
    b.advance(39);
    assert!(!b.irq(IrqSource::Pwm0));
    b.advance(1);
    assert!(b.irq(IrqSource::Pwm0));
    assert_eq!(b.read(INT_ST), 1 << 15);
    b.write(INT_CLR, 1 << 15);
    b.advance(59);
    assert!(!b.irq(IrqSource::Pwm0));
    b.advance(1);
    assert_eq!(b.read(INT_ST), 1 << 3);
    assert!(b.irq(IrqSource::Pwm0));
}

#[test]
fn stop_commands_stop_at_zero_or_the_peak() {
    let mut b = bench(99, 1, 2);
    b.write(INT_ENA, 1);
    b.advance(30);
    b.write(TIMER_CFG1, 1 << 3);
    b.advance(30);
    assert_eq!(b.read(TIMER_STATUS), 60, "not yet");
    b.advance(100);
    assert_eq!(b.read(TIMER_STATUS), 0);
    assert!(b.irq(IrqSource::Pwm0), "stopped");
    b.write(TIMER_CFG1, 1 << 3 | 4);
    b.advance(500);
    assert_eq!(b.read(TIMER_STATUS), 99, "one run to the peak");
}

#[test]
fn a_new_period_and_a_freeze_keep_the_value() {
    let mut b = bench(99, 1, 2);
    b.advance(30);
    b.write(TIMER_CFG0, 49 << 8 | 9);
    assert_eq!(b.read(TIMER_STATUS), 30);
    b.advance(25);
    assert_eq!(b.read(TIMER_STATUS), 5);
    b.write(TIMER_CFG1, 2);
    b.advance(25);
    assert_eq!(b.read(TIMER_STATUS), 5);
}

#[test]
fn software_and_inputs_synchronise() {
    let mut b = bench(99, 1, 2);
    b.write(TIMER_CFG0 + 0x10, 99 << 8 | 9);
    b.write(TIMER_CFG1 + 0x10, 1 << 3 | 2);
    b.write(TIMER_SYNC, 20 << 4 | 1);
    b.write(TIMER_SYNC + 0x10, 50 << 4 | 1);
    b.write(TIMER_SYNCI_CFG, 1 << 3 | 4); // timer 1 follows timer 0, timer 0 follows input 0
    b.advance(7);
    b.write(TIMER_SYNC, 20 << 4 | 3);
    assert_eq!((b.read(TIMER_STATUS), b.read(TIMER_STATUS + 0x10)), (20, 50));
    b.advance(7);
    b.message(&DevMsg::SignalIn(31, true));
    assert_eq!((b.read(TIMER_STATUS), b.read(TIMER_STATUS + 0x10)), (20, 50));
}

#[test]
fn captures_take_the_apb_count_at_chosen_edges() {
    let mut b = bench(0, 0, 0);
    b.write(CAP_TIMER_CFG, 1);
    b.write(CAP_CH_CFG + 4, 1 | 1 << 2); // rising
    b.write(INT_ENA, 1 << 28);
    b.advance(10);
    b.message(&DevMsg::SignalIn(110, true));
    assert!(b.irq(IrqSource::Pwm0));
    assert_eq!((b.read(CAP_CH + 4), b.read(CAP_STATUS)), (800, 0));
    b.write(INT_CLR, 1 << 28);
    b.advance(10);
    b.message(&DevMsg::SignalIn(110, false));
    assert!(!b.irq(IrqSource::Pwm0), "not the falling edge");
    b.write(CAP_CH_CFG + 4, 1 | 1 << 1);
    b.message(&DevMsg::SignalIn(110, true));
    b.advance(5);
    b.message(&DevMsg::SignalIn(110, false));
    assert_eq!((b.read(CAP_CH + 4), b.read(CAP_STATUS)), (2000, 2));
    b.advance(1);
    b.write(CAP_CH_CFG + 4, 1 | capture::SW);
    assert_eq!(b.read(CAP_CH + 4), 2080);
}

#[test]
fn the_capture_prescaler_skips_rising_edges() {
    let mut b = bench(0, 0, 0);
    b.write(CAP_TIMER_CFG, 1);
    b.write(CAP_CH_CFG, 1 | 1 << 2 | 1 << 3);
    let mut hits = 0;
    for n in 0..8 {
        b.message(&DevMsg::SignalIn(109, n % 2 == 0));
        hits += b.read(INT_RAW) >> 27 & 1;
        b.write(INT_CLR, 1 << 27);
    }
    assert_eq!(hits, 2);
}

#[test]
fn faults_interrupt_and_latch_actions() {
    let mut b = bench(0, 0, 0);
    b.write(FH_CFG0, 1 << 7); // F0: one-shot on operator 0
    b.write(FAULT_DETECT, 1 | 1 << 3);
    b.write(INT_ENA, 1 << 9 | 1 << 12 | 1 << 24);
    b.message(&DevMsg::SignalIn(34, true));
    assert_eq!(b.read(INT_ST), 1 << 9 | 1 << 24);
    assert_eq!((b.read(FAULT_DETECT) >> 6, b.read(FH_STATUS)), (1, 2));
    b.message(&DevMsg::SignalIn(34, false));
    assert_eq!(b.read(INT_ST) >> 12 & 1, 1);
    assert_eq!(b.read(FH_STATUS), 2, "one-shot stays");
    b.write(FH_CFG1, 1);
    assert_eq!(b.read(FH_STATUS), 0);
}

#[test]
fn forced_levels_reach_the_matrix_and_dead_time_warns() {
    let mut b = Bench::new(DevId::Mcpwm1, Mcpwm::new(1));
    b.write(GEN_FORCE + 0x38, 2 << 8);
    b.write(GEN_FORCE + 0x38, 1 << 8);
    let out = |l| (DevId::Gpio, DevMsg::SignalOut(111, l));
    assert_eq!(b.sent, [out(true), out(false)]);
    assert!(b.warnings().is_empty());
    b.write(DT_CFG, 0);
    assert_eq!(b.warnings().len(), 1);
}

/// Output A of operator 0 over some microseconds.
fn output(b: &mut Bench<Mcpwm>, us: u64) -> String {
    let mut text = String::new();
    for _ in 0..us {
        let level =
            b.dev.levels(&Cx { now: b.now, dev: b.id, core: 0, pc: 0, sys: &mut b.sys, mem: &mut b.mem });
        text.push(if level & 1 != 0 { '#' } else { '.' });
        b.advance(1);
    }
    text
}

#[test]
fn waves_follow_the_time_stamp_without_events() {
    // mcpwm_init and mcpwm_set_duty_type: up, high at zero, low at time stamp A.
    let mut b = bench(9, 1, 2);
    b.write(GEN_TSTMP_A, 3);
    b.write(GEN_A, 2 | 1 << 4);
    b.advance(10);
    assert_eq!(b.read(TIMER_STATUS), 0);
    assert_eq!(output(&mut b, 20), "###.......###.......");
    b.write(GEN_TSTMP_A, 7);
    assert_eq!(output(&mut b, 20), "#######...#######...");
    assert!(b.sent.is_empty() && b.sys.events.next() == u64::MAX, "no events");
    // Forced low, and released.
    b.write(GEN_FORCE, 0x20 | 1 << 6);
    assert_eq!(output(&mut b, 20), ".".repeat(20));
    b.write(GEN_FORCE, 0x20);
    assert_eq!(output(&mut b, 20), "..........#######...", "from the next zero on");
    // Up and down: symmetric.
    b.write(GEN_A, 2 << 16 | 1 << 4);
    b.write(TIMER_CFG1, 3 << 3 | 2);
    b.advance(18 * 3);
    let wave = output(&mut b, 36);
    assert_eq!(wave[..18], wave[18..]);
    assert_eq!(wave[..18].matches('#').count(), 14, "{wave}");
}

#[test]
fn edges_are_sent_while_an_input_is_connected() {
    let mut b = bench(99, 1, 2);
    b.write(GEN_TSTMP_A, 30);
    b.write(GEN_A, 2 | 1 << 4);
    b.sys.matrix_loopbacks.insert(39, 32);
    b.message(&DevMsg::LoopbacksChanged);
    b.advance(1000);
    let edges: Vec<bool> = b
        .sent
        .iter()
        .filter_map(|(_, m)| if let DevMsg::SignalOut(32, level) = m { Some(*level) } else { None })
        .collect();
    assert!((19..=21).contains(&edges.len()) && edges.windows(2).all(|w| w[0] != w[1]), "{edges:?}");
    b.write(TIMER_CFG0, 1 << 8);
    b.advance(10);
    assert_eq!(b.warnings().len(), 1, "too fast");
    b.sys.matrix_loopbacks.clear();
    b.message(&DevMsg::LoopbacksChanged);
    assert_eq!(b.sys.events.next(), u64::MAX);
}

#[test]
fn wild_values_do_no_harm() {
    let mut b = bench(99, 1, 2);
    for offset in (0..0x400).step_by(4) {
        for value in [0xFFFF_FFFF, 0xAAAA_AAAA, 0x0000_001A, 0] {
            b.write(offset, value);
            b.advance(1000);
            b.read(offset);
            b.read(INT_RAW);
        }
    }
    b.reset();
    assert_eq!((b.read(INT_RAW), b.read(TIMER_CFG0)), (0, 0xFF00));
}
