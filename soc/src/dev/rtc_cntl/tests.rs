use super::sleep::{WAKE_EXT0, WAKE_EXT1, WAKE_TIMER, WAKE_TOUCH};
use super::spec::{dig_pwc, int_raw as int, slp_timer1, wdtconfig0 as wdt};
use super::*;
use crate::dev::DevId;
use crate::dev::testing::Bench;
use esplens_core::time::TICKS_PER_SEC;

fn bench() -> Bench<RtcCntl> {
    let mut b = Bench::new(DevId::RtcCntl, RtcCntl::default());
    b.reset();
    let config = b.read(spec::WDTCONFIG0);
    b.write(spec::WDTCONFIG0, config & !wdt::WDT_FLASHBOOT_MOD_EN);
    b
}

fn reset_kind(b: &mut Bench<RtcCntl>, kind: ResetKind) {
    let mut cx = Cx { now: b.now, dev: b.id, core: 0, pc: 0, sys: &mut b.sys, mem: &mut b.mem };
    b.dev.reset_kind(kind, &mut cx);
    b.sys.messages.clear();
}

/// Reads the RTC time like ESP-IDF's rtc_time_get.
fn time(b: &mut Bench<RtcCntl>) -> u64 {
    b.write(spec::TIME_UPDATE, time_update::TIME_UPDATE);
    let mut waits = 0;
    while b.read(spec::TIME_UPDATE) & time_update::TIME_VALID == 0 {
        b.advance(1);
        waits += 1;
        assert!(waits < 1000);
    }
    b.write(spec::INT_CLR, int::TIME_VALID);
    u64::from(b.read(spec::TIME1)) << 32 | u64::from(b.read(spec::TIME0))
}

/// Sets the alarm like rtc_cntl_ll_set_wakeup_timer: without SLP_TIMER1's enable bit.
fn set_alarm(b: &mut Bench<RtcCntl>, at: u64) {
    b.write(spec::SLP_TIMER0, at as u32);
    b.write(spec::SLP_TIMER1, (at >> 32) as u32);
}

/// Enables the alarm interrupt in addition.
fn arm_alarm(b: &mut Bench<RtcCntl>) {
    let high = b.read(spec::SLP_TIMER1);
    b.write(spec::SLP_TIMER1, high | slp_timer1::MAIN_TIMER_ALARM_EN);
}

fn sleep(b: &mut Bench<RtcCntl>, deep: bool, sources: u32) {
    let power = b.read(spec::DIG_PWC) & !dig_pwc::DG_WRAP_PD_EN;
    b.write(spec::DIG_PWC, power | if deep { dig_pwc::DG_WRAP_PD_EN } else { 0 });
    b.write(spec::WAKEUP_STATE, sources << 11);
    b.write(spec::INT_CLR, int::SLP_WAKEUP | int::SLP_REJECT);
    let state = b.read(spec::STATE0);
    b.write(spec::STATE0, state | state0::SLEEP_EN);
}

#[test]
fn rtc_time_counts_the_slow_clock_and_survives_its_change() {
    let mut b = bench();
    let start = time(&mut b);
    b.advance(1_000_000);
    let one = time(&mut b);
    assert!((150_000..=150_003).contains(&(one - start)), "{}", one - start);
    let conf = b.read(spec::CLK_CONF);
    b.write(spec::CLK_CONF, conf | 2 << 30); // 8M / 256
    assert_eq!(b.sys.clocks.rtc_slow_sel, 2);
    b.advance(1_000_000);
    let two = time(&mut b);
    assert!((33_202..=33_206).contains(&(two - one)), "{}", two - one);
}

#[test]
fn system_clock_selection_reaches_the_clock_tree_and_everybody() {
    let mut b = bench();
    b.sent.clear();
    let conf = b.read(spec::CLK_CONF);
    b.write(spec::CLK_CONF, conf | 1 << 27);
    assert_eq!(b.sys.clocks.soc_clk, SocClk::Pll);
    assert!(b.sent.contains(&(DevId::Uart0, DevMsg::ClockChanged)));
    b.sent.clear();
    b.write(spec::CLK_CONF, conf | 1 << 27 | 1 << 10);
    assert!(b.sent.is_empty(), "an unrelated bit changes no clock");
}

#[test]
fn reset_causes_and_software_resets() {
    let mut b = bench();
    b.sys.cores[0].cause = ResetCause::DeepSleep as u8;
    b.sys.cores[1].cause = ResetCause::ExtCpu as u8;
    assert_eq!(b.read(spec::RESET_STATE), 0x3000 | 14 << 6 | 5);
    let options = b.read(spec::OPTIONS0);
    b.write(spec::OPTIONS0, options | options0::SW_SYS_RST);
    b.write(spec::OPTIONS0, options | options0::SW_APPCPU_RST | options0::SW_PROCPU_RST);
    assert_eq!(b.read(spec::OPTIONS0), options);
    assert_eq!(
        b.sys.requests,
        [
            Request::Reset(ResetKind::Core, ResetCause::Software),
            Request::Reset(ResetKind::Cpu(1), ResetCause::SoftwareCpu),
            Request::Reset(ResetKind::Cpu(0), ResetCause::SoftwareCpu),
        ]
    );
}

#[test]
fn both_halves_of_the_code_stall_a_cpu() {
    let mut b = bench();
    b.sys.irq.changed = false;
    let options = b.read(spec::OPTIONS0);
    b.write(spec::OPTIONS0, options | 2); // esp_cpu_stall(1)
    assert!(!b.sys.cores[1].rtc_stall);
    b.write(spec::SW_CPU_STALL, 0x21 << 20);
    assert!(b.sys.cores[1].rtc_stall && !b.sys.cores[0].rtc_stall);
    assert!(b.sys.needs_service());
    b.write(spec::SW_CPU_STALL, 0x21 << 26);
    b.write(spec::OPTIONS0, options | 2 << 2);
    assert!(!b.sys.cores[1].rtc_stall && b.sys.cores[0].rtc_stall);
    b.write(spec::SW_CPU_STALL, 0);
    assert!(!b.sys.cores[0].rtc_stall);
}

#[test]
fn light_sleep_ends_at_the_alarm() {
    let mut b = bench();
    b.write(spec::INT_ENA, int::SLP_WAKEUP);
    let now = time(&mut b);
    set_alarm(&mut b, now + 150);
    sleep(&mut b, false, WAKE_TIMER);
    assert_eq!(b.sys.requests, [Request::LightSleep]);
    assert_eq!(b.dev.power(), Power::Light);
    assert!(b.sent.contains(&(DevId::Gpio, DevMsg::Sleep(false))));
    b.advance(990);
    assert_eq!(b.read(spec::INT_RAW) & int::SLP_WAKEUP, 0);
    assert_ne!(b.read(spec::LOW_POWER_ST), 0);
    b.advance(20);
    assert_eq!(b.sys.requests, [Request::LightSleep, Request::Wake]);
    assert_ne!(b.read(spec::INT_RAW) & int::SLP_WAKEUP, 0);
    assert_eq!(b.read(spec::WAKEUP_STATE) & 0x7FF, WAKE_TIMER);
    assert_eq!(b.read(spec::STATE0) & state0::SLEEP_EN, 0);
    assert!(b.irq(IrqSource::RtcCore));
    assert!(b.sent.contains(&(DevId::Timg0, DevMsg::Wake)));
}

#[test]
fn the_timer_of_the_ulp_starts_it_and_is_stopped() {
    let mut b = bench();
    let state = b.read(spec::STATE0);
    b.write(spec::STATE0, state | state0::ULP_CP_SLP_TIMER_EN);
    let start = b.sys.events.when(DevId::Sens.slot(ulp::TAG)).unwrap() - b.now;
    assert_eq!(start, 20 * TICKS_PER_SEC / 150_000, "power-up: 4 and 16 slow clock periods");
    b.write(spec::STATE0, state);
    assert_eq!(b.sys.events.next(), u64::MAX);
}

#[test]
fn deep_sleep_wakes_and_keeps_the_cause_over_the_core_reset() {
    let mut b = bench();
    b.write(spec::STORE4, 0x0028_0028);
    let now = time(&mut b);
    set_alarm(&mut b, now + 1_500_000);
    sleep(&mut b, true, WAKE_TIMER);
    b.advance(9_900_000);
    assert_eq!(b.sys.requests, [Request::DeepSleep]);
    b.advance(200_000);
    assert_eq!(b.sys.requests, [Request::DeepSleep, Request::Wake]);
    reset_kind(&mut b, ResetKind::Core);
    assert_eq!(b.read(spec::WAKEUP_STATE) & 0x7FF, WAKE_TIMER);
    assert_eq!(b.read(spec::STORE4), 0x0028_0028);
    assert!(time(&mut b) > now + 1_500_000);
}

#[test]
fn a_sleep_whose_time_is_over_ends_after_the_shortest_sleep() {
    let mut b = bench();
    let now = time(&mut b);
    set_alarm(&mut b, now);
    sleep(&mut b, false, WAKE_TIMER);
    b.advance(1000);
    assert_eq!(b.sys.requests, [Request::LightSleep, Request::Wake]);
}

#[test]
fn the_alarm_interrupts_only_with_its_enable_bit() {
    let mut b = bench();
    b.write(spec::INT_ENA, int::MAIN_TIMER);
    let now = time(&mut b);
    set_alarm(&mut b, now + 150);
    b.advance(2000);
    assert!(!b.irq(IrqSource::RtcCore));
    arm_alarm(&mut b);
    assert!(b.irq(IrqSource::RtcCore), "the time is over");
    b.write(spec::INT_CLR, int::MAIN_TIMER);
    let now = time(&mut b);
    set_alarm(&mut b, now + 150);
    arm_alarm(&mut b);
    b.advance(990);
    assert!(!b.irq(IrqSource::RtcCore));
    b.advance(20);
    assert!(b.irq(IrqSource::RtcCore));
    // A sleep after the alarm ends immediately, because the alarm time is in the past.
    b.write(spec::INT_CLR, int::MAIN_TIMER);
    sleep(&mut b, false, WAKE_TIMER);
    b.advance(1000);
    assert_eq!(b.sys.requests, [Request::LightSleep, Request::Wake]);
}

#[test]
fn an_early_end_of_sleep_leaves_no_alarm_behind() {
    let mut b = bench();
    let now = time(&mut b);
    set_alarm(&mut b, now + 1_500_000);
    sleep(&mut b, false, WAKE_TIMER | WAKE_TOUCH);
    b.advance(10_000);
    b.message(&DevMsg::WakeCause(WAKE_TOUCH));
    assert_eq!(b.read(spec::WAKEUP_STATE) & 0x7FF, WAKE_TOUCH);
    assert_eq!(b.sys.events.next(), u64::MAX);
}

#[test]
fn only_enabled_sources_wake() {
    let mut b = bench();
    let now = time(&mut b);
    set_alarm(&mut b, now + 10);
    sleep(&mut b, false, WAKE_EXT1);
    b.message(&DevMsg::WakeCause(1));
    b.advance(10_000);
    assert_eq!(b.dev.power(), Power::Light);
    b.message(&DevMsg::WakeCause(WAKE_EXT1 | 1 << (11 + 5)));
    assert_eq!(b.dev.power(), Power::Awake);
    assert_eq!(b.read(spec::WAKEUP_STATE) & 0x7FF, WAKE_EXT1);
    assert_eq!(b.read(spec::EXT_WAKEUP1_STATUS), 1 << 5);
    b.write(spec::EXT_WAKEUP1, spec::ext_wakeup1::EXT_WAKEUP1_STATUS_CLR);
    assert_eq!(b.read(spec::EXT_WAKEUP1_STATUS), 0);
    b.sys.requests.clear();
    b.message(&DevMsg::WakeCause(WAKE_EXT1));
    assert!(b.sys.requests.is_empty(), "awake already");
}

#[test]
fn flashboot_watchdog_resets_the_chip() {
    let mut b = Bench::new(DevId::RtcCntl, RtcCntl::default());
    b.reset();
    b.advance(853_000);
    assert!(b.sys.requests.is_empty());
    b.advance(1_000); // 128 000 periods of 150 kHz
    assert_eq!(b.sys.requests, [Request::Reset(ResetKind::System, ResetCause::RtcWdtRtc)]);
}

#[test]
fn watchdog_stages_feed_protection_and_interrupt() {
    let mut b = bench();
    b.write(spec::INT_ENA, int::WDT);
    b.write(spec::WDTCONFIG1, 150);
    b.write(spec::WDTCONFIG2, 150);
    b.write(spec::WDTCONFIG3, 150);
    let actions = 1 << 28 | 2 << 25 | 3 << 22 | wdt::WDT_APPCPU_RESET_EN;
    b.write(spec::WDTCONFIG0, wdt::WDT_EN | actions);
    b.advance(900);
    b.write(spec::WDTFEED, 1 << 31);
    b.write(spec::WDTWPROTECT, 0);
    b.advance(900);
    b.write(spec::WDTFEED, 1 << 31); // locked
    assert!(!b.irq(IrqSource::RtcCore));
    b.advance(100);
    assert!(b.irq(IrqSource::RtcCore));
    b.advance(1000);
    assert_eq!(b.sys.requests, [Request::Reset(ResetKind::Cpu(1), ResetCause::RtcWdtCpu)]);
    b.advance(1000);
    assert_eq!(b.sys.requests[1], Request::Reset(ResetKind::Core, ResetCause::RtcWdtSys));
}

#[test]
fn watchdog_may_pause_in_sleep() {
    let mut b = bench();
    b.write(spec::WDTCONFIG1, 150);
    b.write(spec::WDTCONFIG0, wdt::WDT_EN | 4 << 28 | wdt::WDT_PAUSE_IN_SLP);
    b.advance(500);
    sleep(&mut b, false, WAKE_TOUCH);
    b.advance(1_000_000);
    b.message(&DevMsg::WakeCause(WAKE_TOUCH));
    b.advance(490);
    assert_eq!(b.sys.requests, [Request::LightSleep, Request::Wake]);
    b.advance(20);
    assert_eq!(b.sys.requests[2], Request::Reset(ResetKind::System, ResetCause::RtcWdtRtc));
}

#[test]
fn what_survives_which_reset() {
    let mut b = bench();
    b.write(spec::STORE1, 7);
    let conf = b.read(spec::CLK_CONF);
    b.write(spec::CLK_CONF, conf | 1 << 27 | 2 << 30);
    b.write(spec::SW_CPU_STALL, 0x21 << 20);
    let options = b.read(spec::OPTIONS0);
    b.write(spec::OPTIONS0, options | 2);
    reset_kind(&mut b, ResetKind::Cpu(0));
    assert_eq!(b.sys.clocks.soc_clk, SocClk::Pll);
    assert!(b.sys.cores[1].rtc_stall);
    reset_kind(&mut b, ResetKind::Core);
    assert_eq!((b.sys.clocks.soc_clk, b.sys.clocks.rtc_slow_sel), (SocClk::Xtal, 2));
    assert!(!b.sys.cores[1].rtc_stall);
    b.sys.cores[0].cause = ResetCause::RtcWdtRtc as u8;
    reset_kind(&mut b, ResetKind::System);
    assert_eq!((b.read(spec::STORE1), b.sys.clocks.rtc_slow_sel), (7, 0));
    b.sys.cores[0].cause = ResetCause::PowerOn as u8;
    reset_kind(&mut b, ResetKind::System);
    assert_eq!(b.read(spec::STORE1), 0);
}

#[test]
fn memory_crc_as_the_rom_and_idf_ask_for_it() {
    let mut b = bench();
    let region = b.mem.add(8 << 10, 0);
    b.sys.banks.rtc_fast = Some(region);
    let crc = |b: &mut Bench<RtcCntl>| {
        b.write(spec::RTC_MEM_CONF, 0x7FF << 20);
        b.write(spec::RTC_MEM_CONF, 0x7FF << 20 | rtc_mem_conf::START);
        assert_ne!(b.read(spec::RTC_MEM_CONF) & rtc_mem_conf::FINISH, 0);
        b.write(spec::RTC_MEM_CONF, 0x7FF << 20);
        b.read(spec::RTC_MEM_CRC_RES)
    };
    let first = crc(&mut b);
    b.mem.write_region(region, 8191, &[1]);
    let second = crc(&mut b);
    assert_ne!(first, second);
    b.mem.write_region(region, 8191, &[0]);
    assert_eq!(crc(&mut b), first);
}

#[test]
fn an_idle_rtc_has_no_events() {
    let mut b = bench();
    b.advance(10);
    assert_eq!(b.sys.events.next(), u64::MAX);
}

#[test]
fn extreme_values_do_no_harm() {
    let mut b = bench();
    for value in [u32::MAX, 0, 0x8000_0000, 0x50D8_3AA1] {
        for reg in (0..0x140).step_by(4) {
            b.write(reg, value);
            b.read(reg);
            b.advance_ticks(100);
        }
        b.message(&DevMsg::WakeCause(u32::MAX));
    }
    b.advance_ticks(TICKS_PER_SEC);
}

/// RTC GPIO 10 is GPIO4, RTC GPIO 11 is GPIO0.
#[test]
fn ext0_wakes_from_deep_sleep_at_its_pads_level() {
    let mut b = bench();
    b.sys.pads.ext0 = 10;
    b.write(spec::EXT_WAKEUP_CONF, spec::ext_wakeup_conf::EXT_WAKEUP0_LV);
    sleep(&mut b, true, WAKE_EXT0);
    b.advance(10_000);
    b.sys.pads.level = 1; // another pad
    b.message(&DevMsg::Pad(0, Some(true)));
    assert_eq!(b.dev.power(), Power::Deep);
    b.sys.pads.level = 1 << 4;
    b.message(&DevMsg::Pad(4, Some(true)));
    assert_eq!((b.dev.power(), b.read(spec::WAKEUP_STATE) & 0x7FF), (Power::Awake, WAKE_EXT0));
}

#[test]
fn ext1_wakes_at_any_high_or_all_low_and_says_which() {
    let mut b = bench();
    b.write(spec::EXT_WAKEUP_CONF, spec::ext_wakeup_conf::EXT_WAKEUP1_LV);
    b.write(spec::EXT_WAKEUP1, 3 << 10);
    sleep(&mut b, true, WAKE_EXT1);
    b.advance(10_000);
    b.sys.pads.level = 1;
    b.message(&DevMsg::Pad(0, Some(true)));
    assert_eq!((b.dev.power(), b.read(spec::EXT_WAKEUP1_STATUS)), (Power::Awake, 1 << 11));

    b.write(spec::EXT_WAKEUP1, 3 << 10 | spec::ext_wakeup1::EXT_WAKEUP1_STATUS_CLR);
    b.write(spec::EXT_WAKEUP_CONF, 0);
    b.sys.pads.level = 1 | 1 << 4;
    sleep(&mut b, false, WAKE_EXT1);
    b.advance(10_000);
    b.sys.pads.level = 1;
    b.message(&DevMsg::Pad(4, Some(false)));
    assert_eq!(b.dev.power(), Power::Light, "GPIO0 is still high");
    b.sys.pads.level = 0;
    b.message(&DevMsg::Pad(0, None));
    assert_eq!((b.dev.power(), b.read(spec::EXT_WAKEUP1_STATUS)), (Power::Awake, 3 << 10));
}

#[test]
fn a_level_that_is_there_already_ends_the_shortest_sleep() {
    let mut b = bench();
    sleep(&mut b, true, WAKE_EXT0); // level 0 of RTC GPIO 0
    assert_eq!(b.dev.power(), Power::Deep);
    b.advance(2000);
    assert_eq!(b.sys.requests, [Request::DeepSleep, Request::Wake]);
}

#[test]
fn the_digital_cores_sources_do_not_end_deep_sleep() {
    let mut b = bench();
    let digital = 1 << 2 | 1 << 6 | 1 << 7; // GPIO, UART0, UART1
    sleep(&mut b, true, digital);
    b.message(&DevMsg::WakeCause(digital));
    b.advance(10_000);
    b.message(&DevMsg::WakeCause(digital));
    assert_eq!(b.dev.power(), Power::Deep);
}

fn holds(b: &Bench<RtcCntl>) -> Option<u64> {
    b.sent.iter().rev().find_map(|(_, m)| if let DevMsg::ForceHold(set) = m { Some(*set) } else { None })
}

#[test]
fn pads_are_held_by_force_and_from_deep_sleep_on() {
    let mut b = bench();
    b.write(spec::HOLD_FORCE, 1 | 1 << 17);
    assert_eq!(holds(&b), Some(1 << 34 | 1 << 33));
    b.write(spec::HOLD_FORCE, 0);
    // gpio_deep_sleep_hold_en; rtc_init has cleared FORCE_UNHOLD.
    let iso = b.read(spec::DIG_ISO) & !dig_iso::DG_PAD_FORCE_UNHOLD;
    b.write(spec::DIG_ISO, iso | dig_iso::DG_PAD_AUTOHOLD_EN);
    assert_eq!(holds(&b), Some(0));
    sleep(&mut b, true, WAKE_TOUCH);
    assert_eq!(holds(&b).map(|set| set & 0b10_1010), Some(0b10_1010), "GPIO 1, 3, 5");
    b.advance(10_000);
    b.message(&DevMsg::WakeCause(WAKE_TOUCH));
    reset_kind(&mut b, ResetKind::Core);
    assert_ne!(b.read(spec::DIG_ISO) & dig_iso::DG_PAD_AUTOHOLD, 0, "still held");
    // gpio_deep_sleep_hold_dis
    b.write(spec::DIG_ISO, iso | dig_iso::CLR_DG_PAD_AUTOHOLD);
    assert_eq!((holds(&b), b.read(spec::DIG_ISO) & dig_iso::DG_PAD_AUTOHOLD), (Some(0), 0));
}

#[test]
fn the_power_state_is_readable_for_the_ulp() {
    let mut b = bench();
    assert_eq!(b.read(spec::LOW_POWER_ST), MAIN_STATE_IN_IDLE);
    sleep(&mut b, true, super::sleep::WAKE_ULP);
    assert_eq!(b.read(spec::LOW_POWER_ST), 0, "not ready yet");
    b.message(&DevMsg::WakeCause(super::sleep::WAKE_ULP));
    b.advance(10_000);
    assert_eq!((b.dev.power(), b.read(spec::LOW_POWER_ST)), (Power::Deep, RDY_FOR_WAKEUP), "too early");
    b.message(&DevMsg::WakeCause(super::sleep::WAKE_ULP));
    assert_eq!(b.dev.power(), Power::Awake);
}
