//! Hostile Ethernet frames and register values: nothing panics, and every received frame is counted.

use super::spec::*;
use super::tests::{MAC, RX_BUF, TX_BUF, openeth, tx};
use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    /// An Ethernet frame from the line.
    Frame(Vec<u8>),
    /// A register write by the guest: offset, value.
    Write(u32, u32),
    /// A descriptor write by the guest: number, status word, buffer address.
    Descriptor(u32, u32, u32),
}

fn step() -> impl Strategy<Value = Step> {
    let length = prop_oneof![0_usize..100, 0_usize..2000, 0_usize..20_000];
    let head = prop_oneof![Just(MAC), Just([0xFF; 6]), any::<[u8; 6]>(), Just([1, 0x80, 0xC2, 0, 0, 1])];
    let frame = (head, length, any::<u8>()).prop_map(|(to, n, fill)| {
        let mut frame = to.to_vec();
        frame.resize(n, fill);
        Step::Frame(frame)
    });
    let offset =
        prop_oneof![Just(MODER), Just(PACKETLEN), Just(TX_BD_NUM), (0_u32..0x20).prop_map(|n| 4 * n)];
    let buffer = prop_oneof![Just(RX_BUF), Just(TX_BUF), Just(0), Just(0x3FFF_FFF0), any::<u32>()];
    prop_oneof![
        3 => frame,
        1 => (offset, any::<u32>()).prop_map(|(offset, value)| Step::Write(offset, value)),
        3 => (0_u32..4, any::<u32>(), buffer).prop_map(|(n, word, at)| Step::Descriptor(n, word, at)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_frame_is_accounted_for(steps in proptest::collection::vec(step(), 1..80)) {
        let mut b = openeth();
        let mut frames = 0;
        for step in steps {
            // Loopback is off: it would count sent Ethernet frames as received.
            match step {
                Step::Frame(frame) => {
                    frames += 1;
                    b.message(&DevMsg::Frame(frame));
                }
                Step::Write(MODER, value) => b.write(MODER, value & !moder::LOOPBCK),
                Step::Write(offset, value) => b.write(offset, value),
                Step::Descriptor(n, word, at) => {
                    b.write(tx(n) + 4, at);
                    b.write(tx(n), word);
                }
            }
            b.sys.out.clear();
        }
        let c = b.dev.openeth().unwrap().counters;
        prop_assert_eq!(c.received + c.filtered + c.dropped(), frames);
        prop_assert!(c.crc + c.long <= 2 * c.received && c.overrun <= c.received);
    }
}
