//! The five transmit slots. The MAC reads the descriptors of an 802.11 frame, transmits the frame for its air time and
//! waits for a response if one is expected.

use super::rx::{RxDescriptor, desc};
use super::spec::*;
use super::{ANSWERED, WifiMac};
use crate::dev::Cx;
use crate::net::air::frame::{ACK_BYTES, Mpdu, SIFS_US, Subtype, airtime_us, response_rate};
use crate::net::air::{OnAir, SentFrame};
use crate::trace::TraceEvent;
use esplens_core::time::{TICKS_PER_US, Ticks};
use serde::{Deserialize, Serialize};

/// Idle time before a transmission (802.11 DIFS with 9 us slots), in microseconds.
const DIFS_US: u64 = 28;
/// Length of a backoff slot, in microseconds.
const BACKOFF_US: u64 = 9;
/// Number of backoff slots to choose from at random, as for a first attempt of 802.11g.
const BACKOFF_SLOTS: u32 = 16;
/// Size in bytes of the FCS, which the hardware generates.
const FCS: usize = 4;
/// Longest frame that is sent, in bytes.
const MAX_FRAME: usize = 4096;
/// Limit on the descriptors of a frame.
const MAX_DESCRIPTORS: usize = 16;
/// Offset of the timestamp in a beacon or probe response.
const TIMESTAMP: usize = 24;

/// A slot with a transmission in progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxSlot {
    /// The frame on the air.
    frame: OnAir,
    /// A response is expected.
    answer: bool,
    /// Result, once it is known: error code and the signal strength of the response.
    result: Option<(u32, Option<i8>)>,
    /// Time until which the medium was occupied without this frame, and is occupied with it; set until the frame has
    /// been transmitted.
    air: Option<(Ticks, Ticks)>,
}

impl TxSlot {
    /// Returns the frame. Its bytes are removed once it has been transmitted.
    #[must_use]
    pub fn frame(&self) -> &OnAir {
        &self.frame
    }

    /// Returns true if a response to the frame is expected.
    #[must_use]
    pub fn answer(&self) -> bool {
        self.answer
    }
}

impl WifiMac {
    /// Handles a write to `PLCP0` of a slot: starts the slot when it becomes valid and enabled, else stops it.
    pub(super) fn write_plcp0(&mut self, slot: u32, value: u32, cx: &mut Cx) {
        self.set(of_slot(PLCP0, slot, 8), value);
        let start = value & plcp0::START == plcp0::START;
        if !start {
            self.cancel(slot, cx);
        } else if self.slots[slot as usize].is_none() {
            self.start(slot, value, cx);
        }
    }

    /// Stops a slot's transmission and frees the air time it had reserved.
    pub(super) fn cancel(&mut self, slot: u32, cx: &mut Cx) {
        let Some(stopped) = self.slots[slot as usize].take() else { return };
        cx.cancel(slot as u8);
        cx.cancel(ANSWERED + slot as u8);
        if let Some((before, end)) = stopped.air
            && cx.sys.radio.busy_until == end
        {
            cx.sys.radio.busy_until = before;
        }
    }

    fn start(&mut self, slot: u32, plcp0: u32, cx: &mut Cx) {
        let plcp1 = self.get(of_slot(PLCP1, slot, 0x3C));
        let rate = (plcp1 >> 12 & 0x1F) as u8;
        let Some(mpdu) = read_frame(LIST_END | plcp0 & plcp0::DESCRIPTOR, cx) else {
            cx.sys.warn(format!(
                "WIFIMAC: transmit slot {slot} points to no frame in internal RAM; nothing is sent"
            ));
            self.slots[slot as usize] = Some(TxSlot {
                frame: OnAir::default(),
                answer: true,
                result: Some((pmd::ACK_TIMEOUT, None)),
                air: None,
            });
            cx.schedule(ANSWERED + slot as u8, cx.now + SIFS_US * TICKS_PER_US);
            return;
        };
        let air_us = airtime_us(rate, mpdu.len() + FCS);
        let backoff = u64::from(cx.sys.next_random() % BACKOFF_SLOTS) * BACKOFF_US;
        let begin = cx.now.max(cx.sys.radio.busy_until) + (DIFS_US + backoff) * TICKS_PER_US;
        let end = begin + air_us * TICKS_PER_US;
        let air = Some((cx.sys.radio.busy_until, end));
        cx.sys.radio.busy_until = end;
        let (frequency, wide) = (cx.sys.radio.frequency, cx.sys.radio.wide);
        let frame = OnAir { frequency, wide, rate, rssi: 0, clear: false, mpdu };
        let answer = plcp0 & plcp0::ANSWER != 0;
        self.slots[slot as usize] = Some(TxSlot { frame, answer, result: None, air });
        cx.schedule(slot as u8, end);
    }

    /// Handles the end of a frame's transmission: passes the frame to the medium.
    pub(super) fn sent(&mut self, slot: u32, cx: &mut Cx) {
        let plcp1 = self.get(of_slot(PLCP1, slot, 0x3C));
        let Some(TxSlot { mut frame, answer, .. }) = self.slots[slot as usize].clone() else { return };
        self.stamp(&mut frame.mpdu, cx);
        if !self.encrypt(plcp1, &mut frame, cx) {
            self.answer(slot, pmd::KEY_ERROR, None, cx);
            return;
        }
        cx.trace(TraceEvent::WifiTx, || {
            let text = crate::net::air::frame::describe(&frame.mpdu);
            format!("TX: slot {slot}, channel {}, rate {:#x}, {text}", frame.channel(), frame.rate)
        });
        let at_work = &mut self.slots[slot as usize];
        if let Some(s) = at_work {
            s.air = None;
            s.frame.mpdu = Vec::new();
        }
        if !answer {
            self.answer(slot, pmd::SUCCESS, None, cx);
        }
        cx.show_frame(frame.mpdu.clone(), Some(frame.info()));
        cx.sys.radio.send(SentFrame { slot: slot as u8, answer, frame });
    }

    /// Handles the medium's report whether a frame was answered, and with which signal strength (`None`: no response).
    pub(super) fn answered(&mut self, slot: u32, rssi: Option<i8>, cx: &mut Cx) {
        if self.slots.get(slot as usize).is_some_and(|s| s.as_ref().is_some_and(|s| s.answer)) {
            let code = if rssi.is_some() { pmd::SUCCESS } else { pmd::ACK_TIMEOUT };
            self.answer(slot, code, rssi, cx);
        }
    }

    /// Stores the result of a slot and schedules its completion.
    fn answer(&mut self, slot: u32, code: u32, rssi: Option<i8>, cx: &mut Cx) {
        let Some(s) = &mut self.slots[slot as usize] else { return };
        s.result = Some((code, rssi));
        let ack = if s.answer { SIFS_US + airtime_us(response_rate(s.frame.rate), ACK_BYTES) } else { 1 };
        let end = cx.now + ack * TICKS_PER_US;
        cx.sys.radio.busy_until = cx.sys.radio.busy_until.max(end);
        cx.schedule(ANSWERED + slot as u8, end);
    }

    /// Completes a slot: sets status and interrupt.
    pub(super) fn complete(&mut self, slot: u32, cx: &mut Cx) {
        let Some(TxSlot { result: Some((code, rssi)), .. }) = self.slots[slot as usize].take() else {
            return;
        };
        let strength = rssi.map_or(0, |r| 1 << 24 | u32::from(r as u8) << 16);
        self.set(of_slot(PMD, slot, 0x3C), code << 12 | strength);
        let plcp0 = of_slot(PLCP0, slot, 8);
        self.set(plcp0, self.get(plcp0) & !plcp0::START);
        self.complete |= 1 << slot;
        cx.trace(TraceEvent::WifiTxDone, || {
            let how = match code {
                pmd::SUCCESS => "success",
                pmd::KEY_ERROR => "key error",
                _ => "ACK timeout",
            };
            format!("TX done: slot {slot}, {how}")
        });
        self.raise(int::TX_DONE, cx);
    }

    /// Writes the TSF of the access point's interface into beacons and probe responses, as the hardware does.
    fn stamp(&self, mpdu: &mut [u8], cx: &Cx) {
        let stamped = Mpdu::parse(mpdu)
            .is_some_and(|f| matches!(f.subtype(), Subtype::Beacon | Subtype::ProbeResponse));
        if stamped && let Some(field) = mpdu.get_mut(TIMESTAMP..TIMESTAMP + 8) {
            field.copy_from_slice(&cx.sys.radio.tsf[1].at(cx.now).to_le_bytes());
        }
    }
}

/// Reads a frame, without its FCS, through its descriptors; `None` if they are not in RAM.
fn read_frame(first: u32, cx: &Cx) -> Option<Vec<u8>> {
    let (mut at, mut frame) = (first, Vec::new());
    for _ in 0..MAX_DESCRIPTORS {
        let d = RxDescriptor::read(at, cx)?;
        let length = (d.flags >> desc::LENGTH & 0xFFF) as usize;
        let begin = frame.len();
        if begin + length > MAX_FRAME {
            return None;
        }
        frame.resize(begin + length, 0);
        if !cx.dma_read(d.buffer, &mut frame[begin..]) {
            return None;
        }
        if d.flags & desc::EOF != 0 || d.next == 0 {
            break;
        }
        at = d.next;
    }
    let length = frame.len().checked_sub(FCS)?;
    frame.truncate(length);
    Some(frame)
}
