//! 802.11 frames of a guest at virtual access points and at a virtual station, with Ethernet frames from the
//! other side.
#![no_main]

use esplens_core::time::{TICKS_PER_US, Ticks};
use esplens_soc::net::air::{Air, AirConfig, Network, OnAir, SentFrame, StationConfig};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let networks = ["ssid=a", "ssid=b,psk=secret123"].map(|n| n.parse::<Network>().unwrap()).to_vec();
    let config = AirConfig { networks, any: true, station: Some(StationConfig::default()), segment: true };
    let mut air = Air::new(config, 1);
    let (mut now, mut busy): (Ticks, Ticks) = (0, 0);
    air.set_on(now, true);
    let mut rest = data;
    while let [kind, length, tail @ ..] = rest {
        let n = tail.len().min(usize::from(*length));
        let bytes = &tail[..n];
        rest = &tail[n..];
        now += u64::from(*kind) * 500 * TICKS_PER_US;
        let mpdu = bytes.to_vec();
        match kind % 4 {
            0 | 1 => {
                let frame = OnAir { frequency: 2412, wide: false, rate: 0xB, rssi: 0, clear: kind & 8 != 0, mpdu };
                let _ = air.from_guest(now, &SentFrame { slot: 0, answer: true, frame });
            }
            2 => air.from_ethernet(now, bytes),
            _ => drop(air.from_segment(now, bytes)),
        }
        if let Some(wanted) = air.wanted() {
            air.try_passphrases(now, &wanted, &[b"secret123".to_vec()]);
        }
        air.tick(now);
        for _ in 0..100 {
            if air.pop_due(now, &mut busy).is_none() {
                break;
            }
            air.delivered(kind & 16 != 0, &mut busy);
        }
        let _ = (air.take_ethernet(), air.take_segment(), air.take_reports(), air.describe());
    }
});
