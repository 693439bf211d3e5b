//! The transmitter: collects a frame from its descriptors, puts it on the line for as long as that takes, and closes the
//! last descriptor. Frames are stored and forwarded: one whose last descriptor is still missing waits in memory.

use super::desc::{EmacDesc, OWN, tdes0};
use super::dma::{BusError, DmaState};
use super::spec::*;
use super::{Emac, TX_AGAIN, TX_DONE, checksum, crc32};
use crate::dev::Cx;
use crate::trace::TraceEvent;
use esplens_core::time::{TICKS_PER_US, Ticks};
use serde::{Deserialize, Serialize};

/// Shortest Ethernet frame on the line, in bytes without the checksum.
pub const MIN_FRAME: usize = 60;
/// Limit of descriptors of a frame.
const MAX_SEGMENTS: usize = 1024;
/// Limit of descriptors skipped at once; further ones follow after [`SKIP_PAUSE`].
const MAX_SKIPPED: usize = 64;
/// Time between two batches of skipped descriptors.
const SKIP_PAUSE: Ticks = 10 * TICKS_PER_US;
/// Preamble, start delimiter and checksum, in bytes.
const OVERHEAD: usize = 12;
/// Sizes limited by the jabber timer, in bytes: normal, with jumbo frames, without the timer.
const JABBER: [usize; 3] = [2048, 10_240, 16_383];

/// A frame on the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FrameOnLine {
    /// Its bytes without the checksum.
    bytes: Vec<u8>,
    /// Its checksum, if the guest computed it.
    own_sum: Option<Vec<u8>>,
    /// Status bits for the last descriptor.
    status: u32,
    /// Address and word 0 of the last descriptor.
    last: (u32, u32),
    /// Address of the descriptor behind it.
    next: u32,
}

/// State of the transmitter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmacTx {
    line: Option<FrameOnLine>,
    /// Core and PC that last wrote the poll demand register, for captures.
    origin: (u8, u32),
    /// Transmission waited for the end of a pause.
    pub(super) deferred: bool,
}

impl EmacTx {
    /// Returns true while a frame is on the line.
    #[must_use]
    pub fn sending(&self) -> bool {
        self.line.is_some()
    }
}

/// Result of collecting a frame.
enum Gathered {
    /// A frame, its descriptors (at least one) and the address behind them.
    Frame(Vec<u8>, Vec<EmacDesc>, u32),
    /// Descriptors were closed without a frame.
    Skipped,
    /// There is nothing to send.
    Nothing,
}

impl Emac {
    /// Handles a write to `DMATXPOLLDEMAND`.
    pub(super) fn poll_tx(&mut self, cx: &mut Cx) {
        self.tx.origin = (cx.core, cx.pc);
        if self.dma.tx.state == DmaState::Suspended {
            self.dma.tx.state = DmaState::Running;
        }
        self.transmit(cx);
    }

    /// Puts the next frame on the line, if there is one and the line is free.
    pub(super) fn transmit(&mut self, cx: &mut Cx) {
        for _ in 0..MAX_SKIPPED {
            let on = self.dma.tx.state == DmaState::Running && self.config(gmacconfig::TX) && !self.resetting;
            if !on || self.tx.sending() {
                return;
            }
            if self.flow.paused(cx.now) {
                self.tx.deferred = true;
                return;
            }
            match self.gather(cx) {
                Gathered::Frame(bytes, descs, next) => return self.begin_frame(bytes, &descs, next, cx),
                Gathered::Skipped => {}
                Gathered::Nothing => return,
            }
        }
        cx.schedule(TX_AGAIN, cx.now + SKIP_PAUSE);
    }

    fn gather(&mut self, cx: &mut Cx) -> Gathered {
        let (mut bytes, mut descs) = (Vec::new(), Vec::<EmacDesc>::new());
        let mut at = self.dma.tx.current;
        loop {
            let Some(desc) = EmacDesc::read(at, cx) else {
                self.bus_error(BusError::TxDescRead, at, cx);
                return Gathered::Nothing;
            };
            if !desc.own() {
                self.dma.tx.state = DmaState::Suspended;
                self.dma.raise(dmastatus::TRANS_BUF_UNAVAIL);
                return Gathered::Nothing;
            }
            let (first, next) = (desc.word[0] & tdes0::FIRST_SEGMENT != 0, self.after(&desc, true));
            if first != descs.is_empty() {
                return self.skip(&descs, &desc, next, cx);
            }
            self.dma.tx.buffer = desc.word[2];
            if !self.fetch(&desc, &mut bytes, cx) {
                return Gathered::Nothing;
            }
            descs.push(desc);
            if bytes.len() > self.jabber() || descs.len() > MAX_SEGMENTS {
                self.jabber_timeout(&descs, next, cx);
                return Gathered::Nothing;
            }
            if desc.word[0] & tdes0::LAST_SEGMENT != 0 {
                return Gathered::Frame(bytes, descs, next);
            }
            at = next;
        }
    }

    /// Reads a descriptor's buffers. Returns false after a bus error.
    fn fetch(&mut self, desc: &EmacDesc, bytes: &mut Vec<u8>, cx: &mut Cx) -> bool {
        for (addr, size) in desc.buffers(desc.word[0] & tdes0::SECOND_ADDRESS_CHAINED != 0) {
            let start = bytes.len();
            bytes.resize(start + size, 0);
            cx.charge(size as u64);
            if !cx.dma_read(addr, &mut bytes[start..]) {
                self.bus_error(BusError::TxData, addr, cx);
                return false;
            }
        }
        true
    }

    /// Closes descriptors that are no frame: without a first segment, or without a last one before the next first one.
    fn skip(&mut self, descs: &[EmacDesc], desc: &EmacDesc, next: u32, cx: &mut Cx) -> Gathered {
        cx.sys.warn(
            "EMAC: a transmit descriptor without FirstSegment begins a frame, or none with LastSegment ends it: \
             skipped"
                .into(),
        );
        let (closed, current) =
            if descs.is_empty() { (std::slice::from_ref(desc), next) } else { (descs, desc.at) };
        self.dma.tx.current = current;
        if self.close(closed, cx) { Gathered::Skipped } else { Gathered::Nothing }
    }

    /// Gives descriptors back to the CPU. Returns false after a bus error.
    fn close(&mut self, descs: &[EmacDesc], cx: &mut Cx) -> bool {
        for desc in descs {
            if !desc.write_status(desc.word[0] & !OWN, cx) {
                self.bus_error(BusError::TxDescWrite, desc.at, cx);
                return false;
            }
        }
        true
    }

    fn jabber(&self) -> usize {
        match (self.config(gmacconfig::JABBER), self.config(gmacconfig::JUMBOFRAME)) {
            (true, _) => JABBER[2],
            (_, true) => JABBER[1],
            _ => JABBER[0],
        }
    }

    /// Stops transmission because the frame is longer than the jabber timer allows.
    fn jabber_timeout(&mut self, descs: &[EmacDesc], next: u32, cx: &mut Cx) {
        self.dma.tx.current = next;
        if let Some((last, others)) = descs.split_last()
            && self.close(others, cx)
        {
            let status = tdes0::JABBER_TIMEOUT | tdes0::ERR_SUMMARY;
            last.write_status(last.word[0] & !(OWN | tdes0::STATUS) | status, cx);
        }
        self.counters.tx_errors += 1;
        self.dma.tx.state = DmaState::Stopped;
        self.dma.raise(dmastatus::TRANS_JABBER_TO | dmastatus::TRANS_PROC_STOP);
        cx.warn_reg(&SPEC, DMASTATUS, "TRANS_JABBER_TO: a frame to send is too long, transmission stops");
    }

    fn begin_frame(&mut self, mut bytes: Vec<u8>, descs: &[EmacDesc], next: u32, cx: &mut Cx) {
        let (Some(first), Some((last, others))) = (descs.first(), descs.split_last()) else { return };
        if !self.close(others, cx) {
            return;
        }
        let mut status = self.edit(&mut bytes, first, cx);
        let own_sum = self.pad(&mut bytes, first.word[0]);
        if std::mem::take(&mut self.tx.deferred) {
            status |= tdes0::DEFERRED;
        }
        let (len, at) = (bytes.len(), first.at);
        cx.trace(TraceEvent::EmacStartXmit, || format!("TX: {at:#010x}, len: {len}"));
        let last = (last.at, last.word[0]);
        self.tx.line = Some(FrameOnLine { bytes, own_sum, status, last, next });
        self.dma.raise(dmastatus::EARLY_TRANS_INT);
        cx.schedule(TX_DONE, cx.now + self.line_time(len));
    }

    /// Changes the frame as the first descriptor and `GMACCONFIG` say: source address, VLAN tag, checksums. Returns
    /// status bits.
    fn edit(&self, bytes: &mut Vec<u8>, first: &EmacDesc, cx: &mut Cx) -> u32 {
        let sa = match first.word[1] >> 29 {
            0 => (self.gmacconfig & gmacconfig::SAIRC) >> 28,
            control => control,
        };
        let own = self.filter.address(usize::from(sa & 4 != 0));
        match sa & 3 {
            2 if bytes.len() >= 6 => drop(bytes.splice(6..6, own)),
            3 if bytes.len() >= 12 => bytes[6..12].copy_from_slice(&own),
            _ => {}
        }
        let tagged = checksum::ether_type_at(bytes) == 16;
        match (first.word[0] & tdes0::VLAN_INSERT_CONTROL) >> 18 {
            0 => {}
            1 if tagged && bytes.len() >= 16 => drop(bytes.drain(12..16)),
            1 => {}
            _ => cx.sys.warn(
                "EMAC: a transmit descriptor asks for a VLAN tag, but the chip has no register for its value; the \
                 frame is sent as it is"
                    .into(),
            ),
        }
        let control = (first.word[0] & tdes0::CHECKSUM_INSERT_CONTROL) >> 22;
        checksum::insert(bytes, control) | if tagged { tdes0::VLAN_FRAME } else { 0 }
    }

    /// Pads a frame. Returns its checksum if the guest computed it.
    fn pad(&self, bytes: &mut Vec<u8>, word0: u32) -> Option<Vec<u8>> {
        if word0 & tdes0::DISABLE_CRC == 0 {
            if word0 & tdes0::DISABLE_PAD == 0 && bytes.len() < MIN_FRAME {
                bytes.resize(MIN_FRAME, 0);
            }
            return None;
        }
        let sum = bytes.split_off(bytes.len().saturating_sub(4));
        (word0 & tdes0::CRC_REPLACEMENT == 0).then_some(sum)
    }

    /// Returns the time that a frame of `len` bytes occupies the line, with preamble, checksum and gap.
    fn line_time(&self, len: usize) -> Ticks {
        let gap = 96 - 8 * ((self.gmacconfig & gmacconfig::INTERFRAMEGAP) >> 17);
        let bits = 8 * (len + OVERHEAD) as u64 + u64::from(gap);
        bits * TICKS_PER_US / if self.config(gmacconfig::FESPEED) { 100 } else { 10 }
    }

    /// Ends the frame on the line: closes its last descriptor and passes it on, unless it was flushed.
    pub(super) fn end_frame(&mut self, errors: u32, cx: &mut Cx) {
        let Some(frame) = self.tx.line.take() else { return };
        let mut status = frame.status | errors | self.carrier_errors(cx.now);
        if status & tdes0::ERRORS != 0 {
            status |= tdes0::ERR_SUMMARY;
            self.counters.tx_errors += 1;
        }
        let (at, word0) = frame.last;
        let desc = EmacDesc { at, word: [word0, 0, 0, 0] };
        self.dma.tx.current = frame.next;
        if !desc.write_status(word0 & !(OWN | tdes0::STATUS) | status, cx) {
            self.bus_error(BusError::TxDescWrite, at, cx);
        }
        if word0 & tdes0::INTERRUPT_ON_COMPLETE != 0 {
            self.dma.raise(dmastatus::TRANS_INT);
        }
        if errors & tdes0::FRAME_FLUSHED == 0 {
            self.put_on_line(frame.bytes, frame.own_sum, cx);
        }
        if !self.dma.mode(dmaoperation_mode::START_STOP_TRANSMISSION_COMMAND)
            && self.dma.tx.state != DmaState::Stopped
        {
            self.tx_stopped();
        }
        self.transmit(cx);
    }

    /// Returns the errors of a frame without carrier, which only exist in half-duplex mode.
    fn carrier_errors(&self, now: Ticks) -> u32 {
        let sensed = self.config(gmacconfig::DUPLEX) || self.config(gmacconfig::DISABLECRS);
        let looped = self.config(gmacconfig::LOOPBACK) || self.phy.loopback();
        if sensed || looped || self.phy.link(now) { 0 } else { tdes0::NO_CARRIER | tdes0::LOSS_CARRIER }
    }

    /// Sends a frame without checksum to the line, or receives it in loopback mode.
    pub(super) fn put_on_line(&mut self, mut bytes: Vec<u8>, own_sum: Option<Vec<u8>>, cx: &mut Cx) {
        let right = crc32(&bytes).to_le_bytes();
        self.counters.sent += 1;
        self.counters.sent_bytes += bytes.len() as u64;
        if self.config(gmacconfig::LOOPBACK) || self.phy.loopback() {
            bytes.extend(own_sum.unwrap_or(right.to_vec()));
            self.receive_line(bytes, cx);
        } else if !self.line_up(cx) {
            self.counters.tx_lost += 1;
        } else if own_sum.is_some_and(|sum| sum != right) {
            self.counters.tx_lost += 1;
            cx.sys.warn(
                "EMAC: a transmit descriptor has DisableCRC, and the frame's own checksum is wrong: the frame is \
                 dropped"
                    .into(),
            );
        } else {
            (cx.core, cx.pc) = self.tx.origin;
            cx.send_frame(bytes);
        }
    }
}
