//! open_eth's control frames (IEEE 802.3 annex 31B): pause frames are sent and obeyed.

use super::openeth::OpenEth;
use super::spec::*;
use crate::dev::Cx;
use esplens_core::time::{TICKS_PER_US, Ticks};

/// Destination address of a pause frame.
const PAUSE_TO: [u8; 6] = [0x01, 0x80, 0xC2, 0, 0, 1];
/// EtherType of a control frame, and the opcode of a pause.
const PAUSE: [u8; 4] = [0x88, 0x08, 0, 1];
/// Unit of pause times: 512 bit times at 100 Mbit/s (5.12 µs), in ticks times 100.
const QUANTUM_X100: Ticks = 512 * TICKS_PER_US;
/// Event tag: a pause ends.
pub const RESUME: u8 = 0;

impl OpenEth {
    /// Checks for a pause frame and returns true if `data` is one. With `RXFLOW` the transmitter obeys it.
    pub fn control(&mut self, data: &[u8], cx: &mut Cx) -> bool {
        let Some((to, rest)) = data.split_first_chunk::<6>() else { return false };
        let (Some(kind), Some(time)) = (rest.get(6..10), rest.get(10..12)) else { return false };
        if kind != PAUSE || *to != PAUSE_TO && *to != self.mac() {
            return false;
        }
        if self.ctrl_moder & ctrlmoder::RXFLOW != 0 {
            let quanta = Ticks::from(u16::from_be_bytes([time[0], time[1]]));
            self.paused = cx.now + quanta * QUANTUM_X100 / 100;
            self.int_source |= int::RXC;
            cx.schedule(RESUME, self.paused);
        }
        true
    }

    /// Writes `TXCTRL`. Sends a pause frame if `TXPAUSERQ` and `TXFLOW` are set.
    pub fn write_txctrl(&mut self, value: u32, cx: &mut Cx) {
        self.tx_ctrl = value & 0xFFFF;
        if value & txctrl::TXPAUSERQ == 0 || self.ctrl_moder & ctrlmoder::TXFLOW == 0 {
            return;
        }
        let mut frame = [&PAUSE_TO[..], &self.mac(), &PAUSE, &(value as u16).to_be_bytes()].concat();
        frame.resize(super::tx::MIN_FRAME, 0);
        self.put_on_line(frame, None, cx);
        self.int_source |= int::TXC;
    }
}
