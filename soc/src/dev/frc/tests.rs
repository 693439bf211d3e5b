use super::*;
use crate::clocks::SocClk;
use crate::dev::DevId;
use crate::dev::testing::Bench;

fn bench() -> Bench<Frc> {
    let mut b = Bench::new(DevId::Frc, Frc::default());
    b.sys.clocks.soc_clk = SocClk::Pll; // APB 80 MHz
    b.reset();
    b
}

#[test]
fn frc2_as_idf_3_esp_timer_drives_it() {
    let mut b = bench();
    b.write(spec::FRC2_CTRL, ctrl::ENABLE | ctrl::LEVEL_INT);
    b.write(spec::FRC2_LOAD, 0);
    b.write(spec::FRC2_ALARM, u32::MAX);
    b.advance(100);
    assert_eq!(b.read(spec::FRC2_COUNT), 8000);
    b.write(spec::FRC2_ALARM, 16_000);
    b.advance_ticks(100 * 480 - 1);
    assert!(!b.irq(IrqSource::Timer2));
    b.advance_ticks(1);
    assert!(b.irq(IrqSource::Timer2));
    assert_ne!(b.read(spec::FRC2_CTRL) & ctrl::INT_STATUS, 0);
    b.write(spec::FRC2_INT, 1);
    assert!(!b.irq(IrqSource::Timer2));
    // An alarm value that the counter has already passed fires only after the counter wraps.
    b.write(spec::FRC2_ALARM, 15_000);
    b.advance(53_687_000);
    assert!(!b.irq(IrqSource::Timer2));
    b.advance(92);
    assert!(b.irq(IrqSource::Timer2));
}

#[test]
fn frc1_counts_down_and_reloads() {
    let mut b = bench();
    b.write(spec::FRC1_LOAD, 0xFF80_0010); // 23 bits
    assert_eq!(b.read(spec::FRC1_COUNT), 0x10);
    b.write(spec::FRC1_CTRL, ctrl::ENABLE | ctrl::AUTOLOAD | 2 << 1); // / 16: 5 MHz
    b.advance_ticks(15 * 96);
    assert_eq!(b.read(spec::FRC1_COUNT), 1);
    assert!(!b.irq(IrqSource::Timer1));
    b.advance_ticks(96);
    assert!(b.irq(IrqSource::Timer1));
    assert_eq!(b.read(spec::FRC1_COUNT), 0x10);
    b.write(spec::FRC1_INT, 1);
    b.advance_ticks(16 * 96);
    assert!(b.irq(IrqSource::Timer1));
    b.write(spec::FRC1_CTRL, 0);
    b.write(spec::FRC1_INT, 1);
    assert_eq!(b.sys.events.next(), u64::MAX);
}

#[test]
fn frc1_without_reload_wraps() {
    let mut b = bench();
    b.write(spec::FRC1_LOAD, 1);
    b.write(spec::FRC1_CTRL, ctrl::ENABLE);
    b.advance_ticks(2 * 6);
    assert!(b.irq(IrqSource::Timer1));
    assert_eq!(b.read(spec::FRC1_COUNT), 0x7F_FFFF);
}

#[test]
fn sleep_stops_the_count() {
    let mut b = bench();
    b.write(spec::FRC2_CTRL, ctrl::ENABLE);
    b.advance(1);
    b.message(&DevMsg::Sleep(false));
    b.advance(1000);
    b.message(&DevMsg::Wake);
    b.advance(1);
    assert_eq!(b.read(spec::FRC2_COUNT), 160);
}

#[test]
fn unknown_offsets_are_harmless() {
    let mut b = bench();
    for offset in (0..0x400).step_by(4) {
        b.read(offset);
        b.write(offset, u32::MAX);
    }
    b.advance(100);
    assert!(!b.warnings().is_empty());
}
