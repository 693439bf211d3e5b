//! Random descriptors, registers and frames: nothing panics, the work and the time are bounded, every frame is counted.

use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    /// A frame from the line.
    Frame(Vec<u8>),
    /// A register write: offset, value.
    Write(u32, u32),
    /// A descriptor's words: number, words.
    Descriptor(u32, [u32; 4]),
    /// Time passes, in µs.
    Wait(u64),
}

fn address() -> impl Strategy<Value = u32> {
    let near = (0_u32..40).prop_map(|n| RX_DESC + 16 * n);
    prop_oneof![4 => near, 1 => Just(RX_BUF), 1 => Just(0x3FFD_FFF8), 1 => Just(0x3FFF_FFF0), 1 => any::<u32>()]
}

fn step() -> impl Strategy<Value = Step> {
    let length = prop_oneof![0_usize..100, 0_usize..2000, 0_usize..20_000];
    let head = prop_oneof![Just(MAC), Just([0xFF; 6]), any::<[u8; 6]>(), Just([1, 0x80, 0xC2, 0, 0, 1])];
    let kind =
        prop_oneof![Just([8, 0]), Just([0x86, 0xDD]), Just([0x81, 0]), Just([0x88, 8]), any::<[u8; 2]>()];
    let frame = (head, kind, length, any::<[u8; 32]>()).prop_map(|(to, kind, n, fill)| {
        let mut frame = [&to[..], &[2, 0, 0, 0, 0, 9], &kind, &[0x45, 0, 0, 40], &fill].concat();
        frame.resize(n, fill[0]);
        Step::Frame(frame)
    });
    let offsets: Vec<u32> = SPEC
        .regs
        .iter()
        .flat_map(|r| (0..r.count).map(|n| r.offset + n * r.stride))
        .chain([0x5C, 0x1200])
        .collect();
    let word0 = (any::<u32>(), any::<bool>()).prop_map(|(w, own)| if own { w | OWN } else { w });
    let size = prop_oneof![any::<u32>(), (0_u32..600).prop_map(|n| n | 1 << 14), Just(0)];
    let descriptor = (0_u32..20, word0, size, address(), address())
        .prop_map(|(n, w0, w1, w2, w3)| Step::Descriptor(n, [w0, w1, w2, w3]));
    prop_oneof![
        3 => frame,
        2 => (proptest::sample::select(offsets), any::<u32>()).prop_map(|(o, v)| Step::Write(o, v)),
        1 => address().prop_map(|at| Step::Write(DMATXBASEADDR, at)),
        2 => Just(Step::Write(DMATXPOLLDEMAND, 0)),
        1 => Just(Step::Write(DMARXPOLLDEMAND, 0)),
        1 => Just(Step::Write(DMAOPERATION_MODE, 1 << 1 | 1 << 13)),
        1 => Just(Step::Write(DMAOPERATION_MODE, 0)),
        4 => descriptor,
        2 => (0_u64..3000).prop_map(Step::Wait),
    ]
}

/// Applies a step. Returns true if it was a frame from the line.
fn apply(b: &mut Bench<Eth>, step: Step) -> bool {
    match step {
        Step::Frame(frame) => {
            arrive(b, &frame);
            return true;
        }
        // Loopback would count sent frames as received.
        Step::Write(GMACCONFIG, value) => b.write(GMACCONFIG, value & !gmacconfig::LOOPBACK),
        Step::Write(EMACGMIIADDR, value) => b.write(EMACGMIIADDR, value & !2),
        Step::Write(offset, value) => b.write(offset, value),
        Step::Descriptor(n, words) => put(b, RX_DESC + 32 * n, &words),
        Step::Wait(us) => b.advance(us),
    }
    false
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_frame_is_accounted_for_and_the_work_is_bounded(steps in proptest::collection::vec(step(), 1..80)) {
        let mut b = running();
        let (mut arrived, mut reset) = (0, false);
        for step in steps {
            let before = b.mem.work.done();
            let waited = if let Step::Wait(us) = step { us } else { 0 };
            reset |= matches!(step, Step::Write(DMABUSMODE, value) if value & 1 != 0);
            arrived += u64::from(apply(&mut b, step));
            let work = b.mem.work.done() - before;
            // A frame on the line takes at least 2 µs, and reads at most 1024 descriptors and 16 KiB.
            prop_assert!(work < 20_000_000 + waited * 500_000, "{work} in {waited} µs");
            b.sys.out.clear();
            b.sys.wire.clear();
        }
        let emac = b.dev.emac().unwrap();
        let c = emac.counters;
        let waiting = u64::from(emac.rx.fill() > 0);
        prop_assert!(c.received + c.filtered + c.dropped() <= arrived + 40);
        // A software reset empties the FIFO.
        let found = c.received + c.filtered + c.dropped() + 40 * waiting;
        prop_assert!(reset || found >= arrived.saturating_sub(1));
    }
}
