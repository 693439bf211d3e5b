//! Flow control (IEEE 802.3 annex 31B): pause frames are obeyed and sent. Full duplex only; a half-duplex line has no
//! back-pressure here.

use super::spec::*;
use super::{Emac, PAUSE_AGAIN, PAUSE_END};
use crate::dev::Cx;
use esplens_core::time::{TICKS_PER_US, Ticks};
use serde::{Deserialize, Serialize};

/// Destination address of a pause frame.
const PAUSE_TO: [u8; 6] = [0x01, 0x80, 0xC2, 0, 0, 1];
/// EtherType of a control frame, and the opcode of a pause.
const PAUSE: [u8; 4] = [0x88, 0x08, 0, 1];
/// Bits of a quantum of pause times.
const QUANTUM_BITS: Ticks = 512;
/// Quanta before the end of a pause at which it is repeated, by `PLT`.
const REPEAT: [u32; 4] = [4, 28, 144, 256];

/// State of flow control.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowControl {
    /// `GMACFC`.
    pub gmacfc: u32,
    /// End of the pause that the peer requested.
    until: Ticks,
}

impl FlowControl {
    /// Returns true while the peer's pause lasts.
    #[must_use]
    pub fn paused(&self, now: Ticks) -> bool {
        self.until > now
    }
}

impl Emac {
    /// Checks for a pause frame and returns true if `bytes` is one. With `RFCE` the transmitter obeys it.
    pub(super) fn take_pause(&mut self, bytes: &[u8], cx: &mut Cx) -> bool {
        let Some((to, rest)) = bytes.split_first_chunk::<6>() else { return false };
        let (Some(kind), Some(time)) = (rest.get(6..10), rest.get(10..12)) else { return false };
        let own = self.flow.gmacfc & gmacfc::UPFD != 0 && *to == self.mac();
        if kind != PAUSE || *to != PAUSE_TO && !own {
            return false;
        }
        if self.flow.gmacfc & gmacfc::RFCE != 0 && self.config(gmacconfig::DUPLEX) {
            let quanta = u32::from(u16::from_be_bytes([time[0], time[1]]));
            self.flow.until = cx.now + self.quanta(quanta);
            cx.schedule(PAUSE_END, self.flow.until);
        }
        true
    }

    /// Writes `GMACFC`.
    pub(super) fn write_flow(&mut self, value: u32, cx: &mut Cx) {
        self.flow.gmacfc = value & !gmacfc::FCBBA;
        if value & gmacfc::FCBBA != 0 {
            self.send_pause(value >> 16, cx);
        }
    }

    /// Writes `EX_PHYINF_CONF`: `SBD_FLOWCTRL` sends pause frames while it is set.
    pub(super) fn write_phyinf(&mut self, value: u32, cx: &mut Cx) {
        let was = self.phyinf & ex_phyinf_conf::SBD_FLOWCTRL != 0;
        let is = value & ex_phyinf_conf::SBD_FLOWCTRL != 0;
        self.phyinf = value & 0x001F_FFFF;
        match (was, is) {
            (false, true) => self.pause_again(cx),
            (true, false) => {
                cx.cancel(PAUSE_AGAIN);
                if self.flow.gmacfc & gmacfc::DZPQ == 0 {
                    self.send_pause(0, cx);
                }
            }
            _ => {}
        }
    }

    /// Sends a pause frame, and the next one before its pause ends, while `SBD_FLOWCTRL` is set.
    pub(super) fn pause_again(&mut self, cx: &mut Cx) {
        if self.phyinf & ex_phyinf_conf::SBD_FLOWCTRL == 0 {
            return;
        }
        let time = self.flow.gmacfc >> 16;
        self.send_pause(time, cx);
        let before = REPEAT[((self.flow.gmacfc & gmacfc::PLT) >> 4) as usize];
        cx.schedule(PAUSE_AGAIN, cx.now + self.quanta(time.saturating_sub(before).max(before)));
    }

    /// Sends a pause frame of `time` quanta, if `TFCE` and the mode allow it.
    fn send_pause(&mut self, time: u32, cx: &mut Cx) {
        let on = self.config(gmacconfig::TX) && self.config(gmacconfig::DUPLEX) && !self.resetting;
        if !on || self.flow.gmacfc & gmacfc::TFCE == 0 {
            return;
        }
        let mut frame = [&PAUSE_TO[..], &self.mac(), &PAUSE, &(time as u16).to_be_bytes()].concat();
        frame.resize(super::tx::MIN_FRAME, 0);
        self.put_on_line(frame, None, cx);
    }

    fn quanta(&self, n: u32) -> Ticks {
        let rate = if self.config(gmacconfig::FESPEED) { 100 } else { 10 };
        Ticks::from(n) * QUANTUM_BITS * TICKS_PER_US / rate
    }
}
