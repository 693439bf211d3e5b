//! The random number generator and the WDEV registers of the Wi-Fi MAC in the same block: the latches of the TSFs.

pub mod spec;

use super::radio::tsf::Latches;
use super::spec::Spec;
use super::{Cx, DevView, Device};
use serde::{Deserialize, Serialize};
use spec::{DATA, SPEC};
use std::collections::BTreeMap;

/// The block at 0x3FF7_5000.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rng {
    /// Last word that was read. A peek returns it without drawing a new one.
    last: u32,
    tsf: Latches,
    others: BTreeMap<u32, u32>,
}

impl Device for Rng {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, v: &DevView) -> u32 {
        if offset == DATA {
            return self.last;
        }
        self.tsf.peek(offset, v).unwrap_or_else(|| self.others.get(&offset).copied().unwrap_or(0))
    }

    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        if offset == DATA {
            self.last = cx.sys.next_random();
        }
        self.peek(offset, &cx.view())
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        if offset != DATA && !self.tsf.write(offset, value, cx) {
            self.others.insert(offset, value);
        }
    }

    fn reset(&mut self, _cx: &mut Cx) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dev::DevId;
    use crate::dev::testing::Bench;

    #[test]
    fn a_look_at_a_latched_tsf_is_the_same_as_a_read() {
        let mut b = Bench::new(DevId::Rng, Rng::default());
        b.write(spec::TSF_CONTROL, 1);
        assert_eq!(b.read(spec::TSF_PAIR), b.peek(spec::TSF_PAIR));
    }

    #[test]
    fn every_read_draws_and_a_look_does_not() {
        let mut b = Bench::new(DevId::Rng, Rng::default());
        let words: Vec<u32> = (0..64).map(|_| b.read(DATA)).collect();
        assert_eq!(b.peek(DATA), words[63]);
        assert_eq!(b.peek(DATA), words[63]);
        let ones: u32 = words.iter().map(|w| w.count_ones()).sum();
        assert!((900..1150).contains(&ones), "{ones} of 2048 bits are set");
        assert!(b.warnings().is_empty());
        let mut again = Bench::new(DevId::Rng, Rng::default());
        assert_eq!(again.read(DATA), words[0], "seeded: the same every time");
    }
}
