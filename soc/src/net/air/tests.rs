//! Tests of the air as a whole.

use super::*;

#[test]
fn names_that_the_guest_asks_for_never_run_out() {
    let mut air = Air::new(AirConfig { any: true, ..AirConfig::default() }, 1);
    for n in 0..40 {
        let mpdu = frame::probe_request([2, 0, 0, 0, 0, 1], format!("net {n}").as_bytes(), 6);
        let frame = OnAir { frequency: frequency_of(6), mpdu, ..OnAir::default() };
        air.from_guest(n, &SentFrame { slot: 0, answer: false, frame });
    }
    assert_eq!(air.access_points().len(), MAX_APS);
    assert!(air.access_points().iter().any(|ap| ap.network().ssid == b"net 39"));
    air.command(0, &AirCommand::Remove(None));
    assert!(air.access_points().is_empty() && !air.config.any);
}
