//! Random hosts.

use super::*;

/// An action of the random host.
#[derive(Clone, Debug)]
enum Act {
    Command(u8, u32),
    Read,
    Write(Vec<u8>),
    Byte(u8),
    Frame(u8, u32),
    Deselect,
    Wait(u32),
}

fn act() -> impl Strategy<Value = Act> {
    let arg =
        prop_oneof![Just(0), Just(0x1_0000), Just(0x40FF_8000), Just(0x1AA), 0u32..0x2_0000, any::<u32>()];
    prop_oneof![
        4 => (0u8..64, arg.clone()).prop_map(|(i, a)| Act::Command(i, a)),
        2 => Just(Act::Read),
        2 => (0usize..600).prop_map(|n| Act::Write(vec![0xA5; n])),
        1 => any::<u8>().prop_map(Act::Byte),
        4 => (0u8..64, arg).prop_map(|(i, a)| Act::Frame(i, a)),
        1 => Just(Act::Deselect),
        2 => (0u32..1 << 26).prop_map(Act::Wait),
    ]
}

impl Bench {
    fn act(&mut self, act: &Act) -> (Option<CardReply>, Vec<u8>) {
        let mut out = Vec::new();
        let mut reply = None;
        match act {
            Act::Command(index, arg) => reply = self.command(*index, *arg),
            Act::Read => out = self.with(|card, now, m| card.read_block(now, m)).unwrap_or_default(),
            Act::Write(data) => out.push(self.with(|card, now, m| card.write_block(data, now, m)).into()),
            Act::Byte(byte) => out.push(self.byte(*byte)),
            Act::Frame(index, arg) => {
                let mut frame = vec![0x40 | index];
                frame.extend(arg.to_be_bytes());
                frame.push(crc7(&frame) << 1 | 1);
                frame.resize(20, 0xFF);
                out = frame.into_iter().map(|byte| self.byte(byte)).collect();
            }
            Act::Deselect => self.port.deselect(),
            Act::Wait(ticks) => self.now += Ticks::from(*ticks),
        }
        (reply, out)
    }
}

proptest! {
    #[test]
    fn no_sequence_of_commands_can_hurt_and_a_restored_card_goes_on_alike(
        acts in proptest::collection::vec(act(), 1..200),
        high in any::<bool>(),
        cut in 0usize..200,
    ) {
        let mut b = Bench::new(if high { 4 << 30 } else { 16 << 20 });
        let cut = cut.min(acts.len());
        for act in &acts[..cut] {
            b.act(act);
            prop_assert!(b.notes.len() < 1000 && b.store.pages() < 3000);
        }
        let mut copy = b.clone();
        let saved = postcard::to_stdvec(&(&b.card, &b.port, &b.store)).unwrap();
        (copy.card, copy.port, copy.store) = postcard::from_bytes(&saved).unwrap();
        for act in &acts[cut..] {
            prop_assert_eq!(b.act(act), copy.act(act));
            b.notes.clear();
        }
        prop_assert_eq!((&b.card, &b.store), (&copy.card, &copy.store));
    }
}
