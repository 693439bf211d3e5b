use super::*;
use crate::clocks::SocClk;
use crate::dev::DevId;
use crate::dev::testing::Bench;
use spec::{rtccalicfg, t0config as t};

fn bench(n: u8) -> Bench<Timg> {
    let id = if n == 0 { DevId::Timg0 } else { DevId::Timg1 };
    let mut b = Bench::new(id, Timg::new(n));
    b.sys.clocks.soc_clk = SocClk::Pll; // APB 80 MHz
    b.reset();
    b
}

fn count(b: &mut Bench<Timg>, base: u32) -> u64 {
    b.write(base + 0x0C, 1);
    assert_eq!(b.read(base + 0x0C), 0, "the update is done at once");
    u64::from(b.read(base + 8)) << 32 | u64::from(b.read(base + 4))
}

fn load(b: &mut Bench<Timg>, base: u32, value: u64) {
    b.write(base + 0x1C, (value >> 32) as u32);
    b.write(base + 0x18, value as u32);
    b.write(base + 0x20, 1);
}

fn alarm(b: &mut Bench<Timg>, base: u32, value: u64) {
    b.write(base + 0x14, (value >> 32) as u32);
    b.write(base + 0x10, value as u32);
}

/// Counts up at 1 MHz.
const UP: u32 = t::EN | t::INCREASE | 80 << 13;

#[test]
fn counts_up_and_down_and_stands() {
    let mut b = bench(0);
    load(&mut b, 0, 0x1_0000_0000);
    b.write(spec::T0CONFIG, UP);
    b.advance(7);
    assert_eq!(count(&mut b, 0), 0x1_0000_0007);
    b.write(spec::T0CONFIG, t::EN | 80 << 13);
    b.advance(8);
    assert_eq!(count(&mut b, 0), 0xFFFF_FFFF);
    b.write(spec::T0CONFIG, 80 << 13);
    b.advance(8);
    assert_eq!(count(&mut b, 0), 0xFFFF_FFFF);
}

#[test]
fn dividers_zero_and_one() {
    let mut b = bench(0);
    b.write(spec::T1CONFIG, t::EN | t::INCREASE | 1 << 13);
    b.write(spec::T0CONFIG, t::EN | t::INCREASE);
    b.advance(65536);
    assert_eq!(count(&mut b, spec::T1CONFIG), 65536 * 40);
    assert_eq!(count(&mut b, 0), 80);
}

#[test]
fn alarm_comes_exactly_disarms_and_reloads() {
    let mut b = bench(0);
    load(&mut b, 0, 5);
    alarm(&mut b, 0, 1005);
    b.write(spec::INT_ENA_TIMERS, 1);
    b.write(spec::T0CONFIG, UP | t::ALARM_EN | t::LEVEL_INT_EN | t::AUTORELOAD);
    b.advance_ticks(1000 * 480 - 1);
    assert!(!b.irq(IrqSource::Tg0T0));
    b.advance_ticks(1);
    assert!(b.irq(IrqSource::Tg0T0));
    assert!(!b.irq(IrqSource::Tg0T0Edge));
    assert_eq!(b.read(spec::INT_ST_TIMERS), 1);
    assert_eq!(b.read(spec::T0CONFIG) & t::ALARM_EN, 0);
    assert_eq!(count(&mut b, 0), 5);
    b.write(spec::INT_CLR_TIMERS, 1);
    assert!(!b.irq(IrqSource::Tg0T0));
    assert_eq!(b.sys.events.when(DevId::Timg0.slot(0)), None);
}

#[test]
fn an_alarm_already_passed_comes_at_once() {
    let mut b = bench(1);
    b.write(spec::T1CONFIG, UP);
    b.advance(100);
    alarm(&mut b, spec::T1CONFIG, 50);
    b.write(spec::T1CONFIG, UP | t::ALARM_EN | t::LEVEL_INT_EN);
    assert!(b.irq(IrqSource::Tg1T1));
    b.write(spec::INT_CLR_TIMERS, 2);
    // Counting down, values below the alarm value are past it.
    b.write(spec::T1CONFIG, t::EN | 80 << 13);
    alarm(&mut b, spec::T1CONFIG, 200);
    b.write(spec::T1CONFIG, t::EN | 80 << 13 | t::ALARM_EN | t::LEVEL_INT_EN);
    assert!(b.irq(IrqSource::Tg1T1));
}

#[test]
fn down_counter_wraps_through_zero_to_its_alarm() {
    let mut b = bench(0);
    load(&mut b, 0, 10);
    alarm(&mut b, 0, u64::MAX - 9);
    b.write(spec::T0CONFIG, t::EN | 80 << 13 | t::ALARM_EN | t::EDGE_INT_EN);
    b.advance(19);
    assert!(!b.irq(IrqSource::Tg0T0Edge));
    b.advance(1);
    assert!(b.irq(IrqSource::Tg0T0Edge));
    assert!(!b.irq(IrqSource::Tg0T0));
}

#[test]
fn int_ena_does_not_gate_the_line() {
    let mut b = bench(0);
    alarm(&mut b, 0, 10);
    b.write(spec::T0CONFIG, UP | t::ALARM_EN | t::LEVEL_INT_EN);
    b.advance(10);
    assert!(b.irq(IrqSource::Tg0T0));
    assert_eq!([b.read(spec::INT_RAW_TIMERS), b.read(spec::INT_ST_TIMERS)], [1, 0]);
}

#[test]
fn lact_as_esp_timer_drives_it() {
    let mut b = bench(0);
    b.write(spec::LACTCONFIG, 0);
    load(&mut b, 0x74, 0); // LACTLOADLO is 0x8C
    b.write(spec::LACTALARMLO, u32::MAX);
    b.write(spec::LACTALARMHI, u32::MAX);
    let config = 40 << 13 | t::INCREASE | t::LEVEL_INT_EN | t::EN; // 2 MHz
    b.write(spec::LACTCONFIG, config);
    b.write(spec::INT_ENA_TIMERS, 8);
    b.advance(1000);
    b.write(spec::LACTUPDATE, 1);
    assert_eq!(b.read(spec::LACTLO), 2000);
    b.write(spec::LACTALARMLO, 2400);
    b.write(spec::LACTALARMHI, 0);
    b.write(spec::LACTCONFIG, config | t::ALARM_EN);
    b.advance(199);
    assert!(!b.irq(IrqSource::Tg0Lact));
    b.advance(1);
    assert!(b.irq(IrqSource::Tg0Lact));
    assert_eq!(b.read(spec::INT_ST_TIMERS), 8);
}

#[test]
fn clock_change_keeps_the_count_and_moves_the_alarm() {
    let mut b = bench(0);
    alarm(&mut b, 0, 100);
    b.write(spec::T0CONFIG, UP | t::ALARM_EN | t::LEVEL_INT_EN);
    b.advance(50);
    b.sys.clocks.soc_clk = SocClk::Xtal; // APB 40 MHz: half the rate
    b.message(&DevMsg::ClockChanged);
    b.advance(99);
    assert!(!b.irq(IrqSource::Tg0T0));
    b.advance(1);
    assert!(b.irq(IrqSource::Tg0T0));
}

#[test]
fn timers_and_watchdog_stand_still_in_sleep() {
    let mut b = bench(0);
    b.write(spec::T0CONFIG, UP);
    b.advance(100);
    b.message(&DevMsg::Sleep(false));
    b.advance(10_000_000);
    assert_eq!(count(&mut b, 0), 100);
    assert!(b.sys.requests.is_empty());
    b.message(&DevMsg::Wake);
    b.advance(50);
    assert_eq!(count(&mut b, 0), 150);
    b.advance(325_000);
    assert!(!b.sys.requests.is_empty(), "the watchdog goes on");
}

#[test]
fn flashboot_watchdog_resets_the_system_unless_disabled() {
    let mut b = bench(0);
    b.advance(324_999); // 26 000 000 periods of 80 MHz
    assert!(b.sys.requests.is_empty());
    b.advance(1);
    assert_eq!(b.sys.requests, [Request::Reset(ResetKind::Core, ResetCause::Tg0WdtSys)]);
    let mut b = bench(0);
    let config = b.read(spec::WDTCONFIG0);
    b.write(spec::WDTCONFIG0, config & !wdt::WDT_FLASHBOOT_MOD_EN);
    b.advance(10_000_000);
    assert!(b.sys.requests.is_empty());
    let mut b = bench(1);
    b.advance(10_000_000);
    assert!(b.sys.requests.is_empty(), "group 1 has no flash boot watchdog");
}

#[test]
fn a_fed_watchdog_is_traced() {
    let mut b = bench(0);
    b.traced(TraceEvent::TimerWdtFeed);
    b.write(spec::WDTWPROTECT, watchdog::KEY);
    b.write(spec::WDTFEED, 1);
    assert_eq!(b.traced(TraceEvent::TimerWdtFeed), ["TG0"]);
}

#[test]
fn watchdog_stages_feed_and_protection() {
    let mut b = bench(1);
    b.write(spec::WDTCONFIG1, 40_000 << 16); // 500 µs a count
    b.write(spec::WDTCONFIG2, 4);
    b.write(spec::WDTCONFIG3, 2);
    b.write(spec::INT_ENA_TIMERS, int::WDT);
    b.write(spec::WDTCONFIG0, wdt::WDT_EN | wdt::WDT_LEVEL_INT_EN | 1 << 29 | 3 << 27);
    b.advance(1900);
    b.write(spec::WDTFEED, 1);
    b.advance(1900);
    b.write(spec::WDTWPROTECT, 0);
    b.write(spec::WDTFEED, 1); // locked: no effect
    assert!(!b.irq(IrqSource::Tg1Wdt));
    b.advance(100);
    assert!(b.irq(IrqSource::Tg1Wdt));
    b.write(spec::INT_CLR_TIMERS, int::WDT);
    assert!(!b.irq(IrqSource::Tg1Wdt));
    b.advance(999);
    assert!(b.sys.requests.is_empty());
    b.advance(1);
    assert_eq!(b.sys.requests, [Request::Reset(ResetKind::Core, ResetCause::Tg1WdtSys)]);
}

#[test]
fn watchdog_cpu_reset_goes_to_the_groups_cpu() {
    let mut b = bench(1);
    b.write(spec::WDTCONFIG2, 80);
    b.write(spec::WDTCONFIG0, wdt::WDT_EN | 2 << 29);
    b.advance(1);
    assert_eq!(b.sys.requests, [Request::Reset(ResetKind::Cpu(1), ResetCause::TgWdtCpu)]);
}

fn calibrate(b: &mut Bench<Timg>, select: u32, periods: u32) {
    b.write(spec::RTCCALICFG, select << 13 | periods << 16);
    b.write(spec::RTCCALICFG, select << 13 | periods << 16 | rtccalicfg::RTC_CALI_START);
}

#[test]
fn calibration_counts_crystal_periods() {
    let mut b = bench(0);
    calibrate(&mut b, 0, 150);
    assert_eq!(b.read(spec::RTCCALICFG) & rtccalicfg::RTC_CALI_RDY, 0);
    b.advance(999);
    assert_eq!(b.read(spec::RTCCALICFG) & rtccalicfg::RTC_CALI_RDY, 0);
    b.advance(10);
    assert_ne!(b.read(spec::RTCCALICFG) & rtccalicfg::RTC_CALI_RDY, 0);
    assert_eq!(b.read(spec::RTCCALICFG1) >> 7, 40_000);
    calibrate(&mut b, 1, 10);
    b.advance(400);
    assert_eq!(b.read(spec::RTCCALICFG1) >> 7, 12_047); // 10 / 33203 Hz at 40 MHz
}

#[test]
fn waiting_for_one_slow_cycle_ends_and_the_crystal_is_absent() {
    let mut b = bench(0);
    b.advance(3);
    calibrate(&mut b, 0, 0);
    assert_eq!(b.read(spec::RTCCALICFG) & rtccalicfg::RTC_CALI_RDY, 0);
    b.advance(7);
    assert_ne!(b.read(spec::RTCCALICFG) & rtccalicfg::RTC_CALI_RDY, 0);
    calibrate(&mut b, 2, 100);
    b.advance(10_000_000);
    assert_eq!(b.read(spec::RTCCALICFG) & rtccalicfg::RTC_CALI_RDY, 0);
}

#[test]
fn the_rom_finds_a_measurement_after_reset() {
    let mut b = bench(0);
    assert_eq!(b.read(spec::RTCCALICFG1) >> 7, 1204);
}

#[test]
fn extreme_values_do_no_harm() {
    let mut b = bench(0);
    for reg in (0..=0xFC).step_by(4) {
        b.write(reg, u32::MAX);
        b.write(reg, 0);
        b.write(reg, 0x8000_0000);
        b.read(reg);
    }
    b.advance(1_000_000);
}
