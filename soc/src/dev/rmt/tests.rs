use super::*;
use crate::clocks::SocClk;
use crate::dev::testing::Bench;

/// 80 MHz APB clock; channel 0 has a period of 1 µs.
fn bench() -> Bench<Rmt> {
    let mut b = Bench::new(DevId::Rmt, Rmt::default());
    b.sys.clocks.soc_clk = SocClk::Pll;
    for c in 0..2 {
        b.write(CHCONF0 + 8 * c, 1 << conf0::MEM_SIZE_S | 100 << conf0::IDLE_THRES_S | 80);
        b.write(CHCONF1 + 8 * c, conf1::REF_ALWAYS_ON | conf1::MEM_OWNER);
    }
    b.write(APB_CONF, apb_conf::FIFO_MASK);
    b
}

/// Writes channel 0's items: (high time, low time).
fn items(b: &mut Bench<Rmt>, items: &[(u32, u32)]) {
    for (n, (high, low)) in items.iter().enumerate() {
        b.write(MEM + 4 * n as u32, 0x8000 | high | low << 16);
    }
}

fn start(b: &mut Bench<Rmt>) {
    let conf = b.read(CHCONF1);
    b.write(CHCONF1, conf | conf1::MEM_RD_RST);
    b.write(CHCONF1, conf | conf1::TX_START);
}

/// Returns the levels that channel 0 has output.
fn levels(b: &mut Bench<Rmt>) -> Vec<bool> {
    b.sent
        .drain(..)
        .filter_map(|(_, m)| if let DevMsg::SignalOut(87, l) = m { Some(l) } else { None })
        .collect()
}

#[test]
fn a_transmission_ends_on_time() {
    let mut b = bench();
    b.write(INT_ENA, 1);
    items(&mut b, &[(10, 20), (30, 40)]);
    b.write(MEM + 8, 0);
    start(&mut b);
    b.advance(99);
    assert!(!b.irq(IrqSource::Rmt));
    assert_eq!(levels(&mut b), [true, false, true, false]);
    b.advance(1);
    assert!(b.irq(IrqSource::Rmt));
    assert_eq!(b.read(INT_ST), 1);
    b.write(INT_CLR, 1);
    assert!(!b.irq(IrqSource::Rmt));
    start(&mut b);
    b.advance(100);
    assert_eq!(b.read(INT_RAW), 1, "and again");
}

#[test]
fn the_idle_level_is_driven() {
    let mut b = bench();
    let conf = b.read(CHCONF1);
    b.write(CHCONF1, conf | conf1::IDLE_OUT_EN | conf1::IDLE_OUT_LV);
    items(&mut b, &[(5, 0)]);
    b.write(MEM, 5);
    start(&mut b);
    b.advance(5);
    assert_eq!(levels(&mut b), [true, false, true]);
}

#[test]
fn wrapping_with_threshold_events_sends_more_than_the_memory() {
    let mut b = bench();
    b.write(APB_CONF, apb_conf::FIFO_MASK | apb_conf::MEM_TX_WRAP_EN);
    b.write(CH_TX_LIM, 32);
    items(&mut b, &[(1, 1); 64]);
    start(&mut b);
    b.advance(63);
    assert_eq!(b.read(INT_RAW), 0);
    b.advance(1);
    assert_eq!(b.read(INT_RAW), 1 << 24, "half of the memory is sent");
    b.write(INT_CLR, 1 << 24);
    b.write(MEM, 0); // the driver refills the first half: end
    b.advance(64);
    assert_eq!(b.read(INT_RAW), 1 << 24 | 1);
}

#[test]
fn without_an_end_mark_the_channel_fails() {
    let mut b = bench();
    items(&mut b, &[(1, 1); 64]);
    start(&mut b);
    b.advance(128);
    assert_eq!(b.read(INT_RAW), 0b101);
    assert_ne!(b.read(CHSTATUS) & status::EMPTY, 0);
}

#[test]
fn a_loop_runs_until_it_is_stopped() {
    let mut b = bench();
    items(&mut b, &[(10, 10)]);
    b.write(MEM + 4, 0);
    let conf = b.read(CHCONF1);
    b.write(CHCONF1, conf | conf1::TX_CONTI);
    start(&mut b);
    b.advance(1000);
    assert_eq!(b.read(INT_RAW), 0);
    assert!(levels(&mut b).len() > 80);
    // IDF stops a loop by clearing the loop bit, writing end marks everywhere and waiting for TX_END.
    b.write(CHCONF1, conf);
    (0..64).for_each(|n| b.write(MEM + 4 * n, 0));
    b.advance(20);
    assert_eq!(b.read(INT_RAW), 1);
    assert_eq!(b.sys.events.next(), Ticks::MAX);
}

#[test]
fn reception_records_levels_and_ends_when_idle() {
    let mut b = bench();
    b.write(INT_ENA, 1 << 4);
    let conf = b.read(CHCONF1 + 8);
    b.write(CHCONF1 + 8, conf | conf1::MEM_WR_RST);
    b.write(CHCONF1 + 8, conf | conf1::RX_EN);
    for (level, us) in [(true, 20), (false, 30), (true, 40), (false, 99)] {
        b.message(&DevMsg::SignalIn(84, level));
        b.advance(us);
    }
    assert!(!b.irq(IrqSource::Rmt));
    b.advance(1);
    assert!(b.irq(IrqSource::Rmt));
    assert_eq!(b.read(MEM + 64 * 4), 30 << 16 | 0x8000 | 20);
    assert_eq!(b.read(MEM + 65 * 4), 0x8000 | 40);
    assert_eq!(b.read(CHSTATUS + 4) & 0x3FF, 64 + 2, "the driver takes two items");
}

#[test]
fn the_filter_drops_glitches() {
    let mut b = bench();
    let conf = b.read(CHCONF1) & !(0xFF << conf1::RX_FILTER_THRES_S);
    let filter = conf1::RX_FILTER_EN | 160 << conf1::RX_FILTER_THRES_S; // 2 µs
    b.write(CHCONF1, conf | filter | conf1::RX_EN);
    b.message(&DevMsg::SignalIn(83, true));
    b.advance(1);
    b.message(&DevMsg::SignalIn(83, false));
    b.advance(200);
    assert_eq!(b.read(INT_RAW), 0, "a lone glitch starts nothing");
    for (level, us) in [(true, 20), (false, 1), (true, 9), (false, 100)] {
        b.message(&DevMsg::SignalIn(83, level));
        b.advance(us);
    }
    assert_eq!(b.read(MEM), 0x8000 | 30);
    assert_eq!(b.read(INT_RAW), 2);
}

#[test]
fn a_receiver_without_its_memory_or_with_too_little_fails() {
    let mut b = bench();
    b.write(CHCONF1, conf1::REF_ALWAYS_ON | conf1::RX_EN);
    b.message(&DevMsg::SignalIn(83, true));
    b.advance(1);
    b.message(&DevMsg::SignalIn(83, false));
    assert_eq!(b.read(INT_RAW), 4);
    assert_ne!(b.read(CHSTATUS) & status::OWNER_ERR, 0);
    b.write(CHCONF1, conf1::REF_ALWAYS_ON | conf1::RX_EN | conf1::MEM_OWNER | conf1::MEM_WR_RST);
    b.write(INT_CLR, 4);
    for n in 0..130 {
        b.message(&DevMsg::SignalIn(83, n % 2 == 0));
        b.advance(2);
    }
    assert_ne!(b.read(CHSTATUS) & status::FULL, 0);
    assert_eq!(b.read(MEM + 64 * 4), 0, "the next channel's memory is safe");
}

#[test]
fn fifo_access_walks_the_channels_memory() {
    let mut b = bench();
    b.write(CHDATA + 4, 0x11);
    b.write(CHDATA + 4, 0x22);
    assert_eq!((b.read(MEM + 64 * 4), b.read(MEM + 65 * 4)), (0x11, 0x22));
    assert_eq!(b.read(CHADDR + 4), 66);
    let conf = b.read(CHCONF1 + 8);
    b.write(CHCONF1 + 8, conf | conf1::APB_MEM_RST);
    assert_eq!((b.read(CHDATA + 4), b.read(CHDATA + 4)), (0x11, 0x22));
}

#[test]
fn wild_values_do_no_harm() {
    let mut b = bench();
    for offset in (0..0x1000).step_by(4) {
        for value in [0xFFFF_FFFF, 0x0001_0001, 0] {
            b.write(offset, value);
            b.read(offset);
            b.message(&DevMsg::SignalIn(83 + (offset as u16 / 4) % 8, value != 0));
            b.advance(3);
        }
    }
    b.reset();
    assert_eq!(b.sys.events.next(), Ticks::MAX);
}
