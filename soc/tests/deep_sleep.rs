//! Deep sleep end to end: RTC_CNTL's registers, the power-down, the wake-up, and the mask ROM's banner after it.

use esplens_core::time::{TICKS_PER_SEC, TICKS_PER_US};
use esplens_soc::boot::{LoadOptions, load};
use esplens_soc::dev::DevId;
use esplens_soc::dev::{rtc_cntl::spec::*, rtcio};
use esplens_soc::machine::{Input, Machine, MachineConfig, RunExit};
use esplens_soc::map::RTC_SLOW;
use esplens_soc::system::{Output, ResetCause, ResetKind};
use std::path::Path;

/// Runs until UART0 has output `text`, for at most a second of virtual time.
fn run_to(m: &mut Machine, text: &str) -> String {
    let mut shown = String::new();
    let end = m.now() + TICKS_PER_SEC;
    while m.now() < end && !shown.contains(text) {
        let _ = m.run(m.now() + 1000 * TICKS_PER_US);
        for o in m.take_output() {
            if let Output::Uart { n: 0, byte } = o {
                shown.push(byte.into());
            }
        }
    }
    assert!(shown.contains(text), "no {text:?} in {shown:?}");
    shown
}

fn rtc(offset: u32) -> u32 {
    DevId::RtcCntl.range().0 + offset
}

/// Boots the bundled example and writes a mark to both RTC memories.
fn booted() -> Machine {
    let image = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/hello/flash.bin");
    let input = load(&image, &LoadOptions::default()).expect("the bundled image loads");
    let mut m = Machine::new(MachineConfig::new(input.flash));
    assert!(run_to(&mut m, "Hello from esplens").contains("rst:0x1 (POWERON_RESET)"));
    assert_eq!(m.poke(RTC_SLOW.start + 0x100, b"slow"), 4);
    assert_eq!(m.poke(0x3FF8_1F00, b"fast"), 4);
    m.write_register(rtc(STORE2), 0xC0FF_EE00).unwrap();
    m
}

/// Enters deep sleep as `rtc_deep_sleep_start` does: the digital core's power-down, the wake-up sources, SLEEP_EN.
fn deep_sleep(m: &mut Machine, sources: u32) {
    let power = m.read_register(rtc(DIG_PWC)).unwrap();
    m.write_register(rtc(DIG_PWC), power | dig_pwc::DG_WRAP_PD_EN).unwrap();
    m.write_register(rtc(WAKEUP_STATE), sources << 11).unwrap();
    m.write_register(rtc(STATE0), state0::SLEEP_EN).unwrap();
}

/// Checks the state after the wake-up, and that the ROM starts the application again.
fn woken(m: &mut Machine, cause: u32) {
    assert_eq!(m.read_register(rtc(WAKEUP_STATE)).unwrap() & 0x7FF, cause);
    assert_eq!(m.read_register(rtc(RESET_STATE)).unwrap() & 0x3F, 5);
    assert_eq!(m.read_register(rtc(STORE2)).unwrap(), 0xC0FF_EE00);
    assert_eq!(m.soc().peek(m.memory(), RTC_SLOW.start + 0x100), Some(u32::from_le_bytes(*b"slow")));
    let mut fast = [0; 4];
    m.memory().peek(0, 0x3FF8_1F00, &mut fast);
    assert_eq!(&fast, b"fast");
    assert!(run_to(m, "Hello from esplens").contains("rst:0x5 (DEEPSLEEP_RESET)"));
}

#[test]
fn the_timer_ends_deep_sleep_with_reset_cause_5() {
    let mut m = booted();
    m.write_register(rtc(TIME_UPDATE), time_update::TIME_UPDATE).unwrap();
    let _ = m.run(m.now() + 100 * TICKS_PER_US);
    assert_ne!(m.read_register(rtc(TIME_UPDATE)).unwrap() & time_update::TIME_VALID, 0);
    let wake = m.read_register(rtc(TIME0)).unwrap() + 150 * 50; // 50 ms of 150 kHz
    m.write_register(rtc(SLP_TIMER0), wake).unwrap();
    m.write_register(rtc(SLP_TIMER1), slp_timer1::MAIN_TIMER_ALARM_EN).unwrap();
    let (began, instructions) = (m.now(), m.instructions());
    deep_sleep(&mut m, 1 << 3);
    assert_eq!(m.run(began + TICKS_PER_SEC), RunExit::Reset(ResetKind::Core, ResetCause::DeepSleep));
    let us = (m.now() - began) / TICKS_PER_US;
    assert!((49_000..51_000).contains(&us), "slept {us} us");
    assert!(m.instructions() - instructions < 10_000, "the cores stood still");
    woken(&mut m, 1 << 3);
}

#[test]
fn ccount_stands_still_in_light_sleep_and_its_timer_goes_on_after_it() {
    let mut m = booted();
    m.write_register(rtc(TIME_UPDATE), time_update::TIME_UPDATE).unwrap();
    let _ = m.run(m.now() + 100 * TICKS_PER_US);
    let wake = m.read_register(rtc(TIME0)).unwrap() + 150 * 1500; // 1.5 s of 150 kHz
    m.write_register(rtc(SLP_TIMER0), wake).unwrap();
    m.write_register(rtc(SLP_TIMER1), 0).unwrap();
    m.write_register(rtc(WAKEUP_STATE), 1 << 3 << 11).unwrap();
    let (began, ccount) = (m.now(), [m.cpu(0).ccount(), m.cpu(1).ccount()]);
    m.write_register(rtc(STATE0), state0::SLEEP_EN).unwrap();
    while m.read_register(rtc(WAKEUP_STATE)).unwrap() & 0x7FF == 0 {
        let _ = m.run(m.now() + 100 * TICKS_PER_US);
        assert!(m.now() < began + 2 * TICKS_PER_SEC, "it wakes");
    }
    assert!(m.now() - began > TICKS_PER_SEC);
    for (core, before) in ccount.into_iter().enumerate() {
        assert!(m.cpu(core).ccount().wrapping_sub(before) < 240 * 1000, "core {core}");
    }
    // The seconds come from CCOMPARE.
    run_to(&mut m, "1 s");
}

#[test]
fn ext0_ends_deep_sleep() {
    let mut m = booted();
    m.write_register(DevId::RtcIo.range().0 + rtcio::spec::EXT_WAKEUP0, 10 << 27).unwrap(); // GPIO4
    m.write_register(rtc(EXT_WAKEUP_CONF), ext_wakeup_conf::EXT_WAKEUP0_LV).unwrap();
    deep_sleep(&mut m, 1);
    assert_eq!(m.run(m.now() + TICKS_PER_SEC), RunExit::Until, "GPIO4 is low");
    m.input(Input::Pad(4, Some(true)));
    assert_eq!(m.run(m.now() + TICKS_PER_SEC), RunExit::Reset(ResetKind::Core, ResetCause::DeepSleep));
    woken(&mut m, 1);
}

/// A wake stub in RTC fast memory, entered by the mask ROM before it starts anything else: it stores its argument's
/// address, 0x5000_0100, there.
#[test]
fn the_rom_calls_a_wake_stub_whose_crc_is_right() {
    const STUB: u32 = 0x400C_1004;
    // .word 0x50000100; entry a1, 32; l32r a2, .-8; s32i.n a2, a2, 0; retw.n
    let code = [0x00, 0x01, 0x00, 0x50, 0x36, 0x41, 0x00, 0x21, 0xFE, 0xFF, 0x29, 0x02, 0x1D, 0xF0];
    for right in [true, false] {
        let mut m = booted();
        assert_eq!(m.poke(STUB - 4, &code), code.len());
        // set_rtc_memory_crc
        m.write_register(rtc(RTC_MEM_CONF), 0x7FF << 20).unwrap();
        m.write_register(rtc(RTC_MEM_CONF), 0x7FF << 20 | rtc_mem_conf::START).unwrap();
        let crc = m.read_register(rtc(RTC_MEM_CRC_RES)).unwrap();
        m.write_register(rtc(STORE7), if right { crc } else { !crc }).unwrap();
        m.write_register(rtc(STORE6), STUB).unwrap();
        m.write_register(DevId::RtcIo.range().0 + rtcio::spec::EXT_WAKEUP0, 10 << 27).unwrap();
        m.input(Input::Pad(4, Some(false)));
        deep_sleep(&mut m, 1);
        assert_eq!(m.run(m.now() + TICKS_PER_SEC), RunExit::Reset(ResetKind::Core, ResetCause::DeepSleep));
        run_to(&mut m, "Hello from esplens");
        let stored = m.soc().peek(m.memory(), RTC_SLOW.start + 0x100).unwrap();
        assert_eq!(stored == 0x5000_0100, right, "{stored:#x}");
    }
}
