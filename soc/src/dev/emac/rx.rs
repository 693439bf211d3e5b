//! The receiver: address filter, checks, a FIFO of 2 KiB, and the descriptors that a frame is written to.

use super::checksum::{self, ether_type_at};
use super::desc::{EmacDesc, OWN, rdes0, rdes1, rdes4};
use super::dma::{BusError, DmaState};
use super::spec::*;
use super::tx::MIN_FRAME;
use super::{Emac, crc32};
use crate::dev::{Cx, DevView};
use crate::net::Ready;
use crate::trace::TraceEvent;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Longest frame accepted from the line, in bytes.
const MAX_FRAME: usize = 16_383;
/// Size of the receive FIFO, in bytes (TRM 10.1).
const FIFO: usize = 2048;
/// Limit of descriptors of a frame.
const MAX_SEGMENTS: usize = 1024;
/// EtherTypes from here on are no lengths.
const FIRST_TYPE: usize = 0x600;

/// A frame in the receive FIFO.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FifoFrame {
    bytes: Vec<u8>,
    /// Status for word 0 of the last descriptor, without length and segment bits.
    status: u32,
    /// Word 4 of the last descriptor, if it is written.
    extended: Option<u32>,
    /// Bytes that are in memory already.
    done: usize,
}

/// State of the receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmacRx {
    fifo: VecDeque<FifoFrame>,
}

impl EmacRx {
    /// Returns the number of bytes in the FIFO.
    #[must_use]
    pub fn fill(&self) -> usize {
        self.fifo.iter().map(|f| f.bytes.len()).sum()
    }
}

/// Result of writing a frame to memory.
enum Stored {
    Yes,
    /// The current descriptor belongs to the CPU.
    NoDescriptor,
    /// A bus error stopped the engine.
    Failed,
}

impl Emac {
    /// Returns whether a frame can be received now. While the CPU owns the current descriptor, frames wait in the
    /// network, as in a switch that obeys flow control.
    #[must_use]
    pub fn ready(&self, v: &DevView) -> Ready {
        let on = self.config(gmacconfig::RX) && !self.resetting && self.phy.carries(v.now);
        if !on || self.config(gmacconfig::LOOPBACK) {
            return Ready::Off;
        }
        if self.power_down() {
            return Ready::Yes;
        }
        let mut word0 = [0; 4];
        let readable = v.dma_read(self.dma.rx.current, &mut word0);
        match self.dma.rx.state {
            DmaState::Stopped => Ready::Off,
            _ if !readable || u32::from_le_bytes(word0) & OWN != 0 && self.rx.fifo.is_empty() => Ready::Yes,
            _ => Ready::Full,
        }
    }

    /// Handles a write to `DMARXPOLLDEMAND`.
    pub(super) fn poll_rx(&mut self, cx: &mut Cx) {
        if self.dma.rx.state == DmaState::Stopped {
            return;
        }
        self.look_ahead(cx);
        self.drain(cx);
    }

    /// Receives a frame without checksum from the line. Pads a short one as a sender would.
    pub fn receive(&mut self, frame: &[u8], cx: &mut Cx) {
        self.receive_padded(frame, cx);
        self.sync_irq(cx);
    }

    fn receive_padded(&mut self, frame: &[u8], cx: &mut Cx) {
        if !self.line_up(cx) || self.config(gmacconfig::LOOPBACK) {
            self.counters.off += 1;
            return;
        }
        let mut bytes = frame.to_vec();
        bytes.resize(frame.len().max(MIN_FRAME), 0);
        bytes.extend(crc32(&bytes).to_le_bytes());
        self.receive_line(bytes, cx);
    }

    /// Receives a frame with its checksum.
    pub(super) fn receive_line(&mut self, mut bytes: Vec<u8>, cx: &mut Cx) {
        let len = bytes.len();
        if !self.config(gmacconfig::RX) || self.resetting || len > MAX_FRAME + 4 {
            self.counters.off += 1;
            return;
        }
        cx.trace(TraceEvent::EmacReceive, || format!("RX: len: {}", len.saturating_sub(4)));
        if self.power_down() {
            self.wake(&bytes);
            return;
        }
        let mut status = 0;
        if len > self.watchdog() {
            bytes.truncate(self.watchdog());
            status |= rdes0::RECEIVE_WATCHDOG_TIMEOUT;
            self.dma.raise(dmastatus::RECV_WDT_TO);
        }
        match self.admit(&bytes, cx) {
            Ok(filtered) => status |= filtered,
            Err(why) => {
                self.counters.filtered += 1;
                return cx.trace(TraceEvent::EmacReceiveReject, || format!("RX: rejected: {why}"));
            }
        }
        status |= self.length_status(&bytes) | self.crc_status(&bytes);
        let extended = self.check_ip(&bytes, &mut status);
        if let Some(why) = self.refuse(&bytes, status, extended) {
            self.counters.rx_errors += 1;
            return cx.trace(TraceEvent::EmacReceiveReject, || format!("RX: dropped: {why}"));
        }
        self.strip(&mut bytes);
        self.enqueue(bytes, status, extended, cx);
    }

    fn watchdog(&self) -> usize {
        let limit = self.wdogto & emacwdogto::WDOGTO;
        match (self.config(gmacconfig::WATCHDOG), self.wdogto & emacwdogto::PWDOGEN != 0) {
            (true, _) => MAX_FRAME,
            (_, true) => limit as usize,
            _ if self.config(gmacconfig::JUMBOFRAME) => 10_240,
            _ => 2048,
        }
    }

    /// Applies the address filter and the rules for control frames. Returns status bits, or why the frame is refused.
    fn admit(&mut self, bytes: &[u8], cx: &mut Cx) -> Result<u32, &'static str> {
        let filtered = self.filter.check(bytes);
        let pause = self.take_pause(bytes, cx);
        let control = bytes.get(12..14) == Some(&[0x88, 0x08]);
        let pass = match (control, (self.filter.gmacff & gmacff::PCF) >> 6) {
            (false, _) | (true, 3) => filtered.pass,
            (true, 0) => return Err("control frame"),
            (true, 1) if pause => return Err("pause frame"),
            (true, _) => true,
        };
        if !pass {
            return Err(if filtered.da_fail { "destination address" } else { "source address" });
        }
        let da = if filtered.da_fail { rdes0::DESTINATION_ADDR_FILTER_FAIL } else { 0 };
        Ok(da | if filtered.sa_fail { rdes0::SOURCE_ADDR_FILTER_FAIL } else { 0 })
    }

    fn length_status(&self, bytes: &[u8]) -> u32 {
        let at = ether_type_at(bytes);
        let Some(kind) = bytes.get(at..at + 2).map(|k| usize::from(k[0]) << 8 | usize::from(k[1])) else {
            return 0;
        };
        let tag = if at == 16 { 4 } else { 0 };
        let longest = match (self.config(gmacconfig::JUMBOFRAME), self.config(gmacconfig::ASS2KP)) {
            (true, _) => 9018 + tag,
            (_, true) => 2000,
            _ => 1518 + tag,
        };
        let vlan = self.gmacvlan & 0xFFFF;
        let marked = at == 16 && (vlan == 0 || bytes.get(14..16) == Some(&(vlan as u16).to_be_bytes()));
        let short = kind < FIRST_TYPE && at + 2 + kind + 4 > bytes.len();
        let flag = |on, bit| if on { bit } else { 0 };
        flag(kind >= FIRST_TYPE, rdes0::FRAME_TYPE)
            | flag(bytes.len() > longest, rdes0::GIANT_FRAME)
            | flag(marked, rdes0::VLAN_TAG)
            | flag(short, rdes0::LENGTH_ERR)
    }

    fn crc_status(&self, bytes: &[u8]) -> u32 {
        let (body, sum) = bytes.split_at(bytes.len().saturating_sub(4));
        if sum == crc32(body).to_le_bytes() { 0 } else { rdes0::CRC_ERR }
    }

    /// Checks the checksums of an IP packet, if `RXIPCOFFLOAD` is set. Sets the status bits of word 0. Returns word 4 if
    /// the descriptors have one.
    fn check_ip(&self, bytes: &[u8], status: &mut u32) -> Option<u32> {
        if !self.config(gmacconfig::RXIPCOFFLOAD) {
            return None;
        }
        let extended = checksum::check(&bytes[..bytes.len().saturating_sub(4)]);
        if self.dma.layout().wide {
            *status |= rdes0::EXTEND_STATUS_AVAILABLE;
        } else {
            *status = *status & !(rdes0::FRAME_TYPE | rdes0::GIANT_FRAME) | narrow_status(extended, *status);
        }
        Some(extended)
    }

    /// Returns why a frame is dropped for its errors; `None` if it is not.
    fn refuse(&self, bytes: &[u8], status: u32, extended: Option<u32>) -> Option<&'static str> {
        use dmaoperation_mode::{DIS_DROP_TCPIP_ERR_FRAM, DROP_GFRM, FWD_ERR_FRAME, FWD_UNDER_GF};
        let wide = extended.is_none() || self.dma.layout().wide;
        let giant = wide && status & rdes0::GIANT_FRAME != 0;
        let broken = status & (rdes0::CRC_ERR | rdes0::RECEIVE_WATCHDOG_TIMEOUT) != 0;
        let forward = self.dma.mode(FWD_ERR_FRAME);
        let ip = extended.is_some_and(|e| e & (rdes4::IP_HEAD_ERR | rdes4::IP_PAYLOAD_ERR) != 0);
        if giant && (self.dma.mode(DROP_GFRM) || !forward) {
            Some("too long")
        } else if broken && !forward {
            Some("checksum or length")
        } else if bytes.len() < MIN_FRAME + 4 && !forward && !self.dma.mode(FWD_UNDER_GF) {
            Some("too short")
        } else if ip && !forward && !self.dma.mode(DIS_DROP_TCPIP_ERR_FRAM) {
            Some("IP, TCP, UDP or ICMP checksum")
        } else {
            None
        }
    }

    /// Removes padding and checksum from a frame with a length field, if `PADCRCSTRIP` is set.
    fn strip(&self, bytes: &mut Vec<u8>) {
        let at = ether_type_at(bytes);
        let Some(kind) = bytes.get(at..at + 2).map(|k| usize::from(k[0]) << 8 | usize::from(k[1])) else {
            return;
        };
        if self.config(gmacconfig::PADCRCSTRIP) && kind < FIRST_TYPE {
            let without_sum = bytes.len().saturating_sub(4);
            bytes.truncate(without_sum.min(at + 2 + kind));
        }
    }

    fn enqueue(&mut self, bytes: Vec<u8>, mut status: u32, extended: Option<u32>, cx: &mut Cx) {
        let errors = rdes0::CRC_ERR | rdes0::RECEIVE_WATCHDOG_TIMEOUT;
        let ip = extended.unwrap_or(0) & (rdes4::IP_HEAD_ERR | rdes4::IP_PAYLOAD_ERR);
        let giant = extended.is_none() && status & rdes0::GIANT_FRAME != 0;
        if status & errors != 0 || ip != 0 || giant {
            status |= rdes0::ERR_SUMMARY;
        }
        if !self.rx.fifo.is_empty() && self.rx.fill() + bytes.len() > FIFO {
            self.counters.overflow += 1;
            self.dma.count_overflow();
            self.dma.raise(dmastatus::RECV_OVFLOW);
            return;
        }
        let extended = extended.filter(|_| self.dma.layout().wide);
        self.rx.fifo.push_back(FifoFrame { bytes, status, extended, done: 0 });
        self.drain(cx);
    }

    /// Writes frames from the FIFO to memory.
    fn drain(&mut self, cx: &mut Cx) {
        while self.dma.rx.state != DmaState::Stopped
            && let Some(mut frame) = self.rx.fifo.pop_front()
        {
            match self.store(&mut frame, cx) {
                Stored::Yes => self.look_ahead(cx),
                Stored::NoDescriptor if self.dma.mode(dmaoperation_mode::DIS_FLUSH_RECV_FRAMES) => {
                    self.rx.fifo.push_front(frame);
                    return;
                }
                Stored::NoDescriptor => {
                    self.counters.no_descriptor += 1;
                    self.dma.count_missed();
                }
                Stored::Failed => self.counters.rx_errors += 1,
            }
        }
    }

    /// Fetches the current descriptor: reception is suspended if the CPU owns it.
    fn look_ahead(&mut self, cx: &mut Cx) {
        let at = self.dma.rx.current;
        match EmacDesc::read(at, cx) {
            None => self.bus_error(BusError::RxDescRead, at, cx),
            Some(desc) if desc.own() => {
                self.dma.rx.state = DmaState::Running;
                self.dma.rx.buffer = desc.word[2];
            }
            Some(_) => self.suspend_rx(),
        }
    }

    fn suspend_rx(&mut self) {
        self.dma.rx.state = DmaState::Suspended;
        self.dma.raise(dmastatus::RECV_BUF_UNAVAIL);
    }

    /// Writes a frame, or the rest of it, to the buffers of the next descriptors.
    fn store(&mut self, frame: &mut FifoFrame, cx: &mut Cx) -> Stored {
        let keep = self.dma.mode(dmaoperation_mode::DIS_FLUSH_RECV_FRAMES);
        for n in 0..MAX_SEGMENTS {
            let at = self.dma.rx.current;
            let Some(desc) = EmacDesc::read(at, cx) else {
                self.bus_error(BusError::RxDescRead, at, cx);
                return Stored::Failed;
            };
            if !desc.own() {
                if self.dma.rx.state != DmaState::Suspended {
                    self.suspend_rx();
                }
                return Stored::NoDescriptor;
            }
            self.dma.rx.state = DmaState::Running;
            let mut word0 = if frame.done == 0 { rdes0::FIRST_DESCRIPTOR } else { 0 };
            if !self.fill(&desc, &frame.bytes, &mut frame.done, cx) {
                return Stored::Failed;
            }
            self.dma.rx.current = self.after(&desc, false);
            let whole = frame.done == frame.bytes.len();
            let last = whole || n + 1 == MAX_SEGMENTS || !keep && !self.next_is_owned(cx);
            word0 |= (frame.done as u32) << rdes0::FRAME_LENGTH_SHIFT;
            if last {
                word0 |= frame.status | rdes0::LAST_DESCRIPTOR;
                word0 |= if whole { 0 } else { rdes0::DESCRIPTOR_ERR | rdes0::ERR_SUMMARY };
            }
            let extended = frame.extended.filter(|_| last);
            if !self.close_rx(&desc, word0, extended, cx) {
                return Stored::Failed;
            }
            if last {
                self.received(&desc, frame.done, whole, cx);
                return Stored::Yes;
            }
        }
        Stored::Failed
    }

    fn next_is_owned(&self, cx: &mut Cx) -> bool {
        EmacDesc::read(self.dma.rx.current, cx).is_none_or(|d| d.own())
    }

    /// Fills a descriptor's buffers from `bytes[*done..]`. Returns false after a bus error.
    fn fill(&mut self, desc: &EmacDesc, bytes: &[u8], done: &mut usize, cx: &mut Cx) -> bool {
        for (addr, size) in desc.buffers(desc.word[1] & rdes1::SECOND_ADDRESS_CHAINED != 0) {
            let part = &bytes[*done..bytes.len().min(*done + size)];
            if part.is_empty() {
                continue;
            }
            self.dma.rx.buffer = addr;
            cx.charge(part.len() as u64);
            if !cx.dma_write(addr, part) {
                self.bus_error(BusError::RxData, addr, cx);
                return false;
            }
            *done += part.len();
        }
        true
    }

    /// Gives a descriptor back to the CPU. Returns false after a bus error.
    fn close_rx(&mut self, desc: &EmacDesc, word0: u32, extended: Option<u32>, cx: &mut Cx) -> bool {
        let wrote = extended.is_none_or(|e| cx.dma_write(desc.at.wrapping_add(16), &e.to_le_bytes()));
        if !wrote || !desc.write_status(word0, cx) {
            self.bus_error(BusError::RxDescWrite, desc.at, cx);
            return false;
        }
        true
    }

    /// Reports a received frame.
    fn received(&mut self, last: &EmacDesc, len: usize, whole: bool, cx: &mut Cx) {
        self.counters.received += 1;
        self.counters.received_bytes += len as u64;
        self.counters.cut += u64::from(!whole);
        if last.word[1] & rdes1::DISABLE_INTERRUPT_ON_COMPLETE == 0 {
            self.dma.raise(dmastatus::RECV_INT);
            cx.cancel(super::RX_LATE);
        } else {
            self.raise_late(cx);
        }
    }
}

/// Returns the bits of word 0 that tell the result of the IP check with 16-byte descriptors.
fn narrow_status(extended: u32, status: u32) -> u32 {
    let (kind, header, payload) = (rdes0::FRAME_TYPE, rdes0::GIANT_FRAME, rdes0::EXTEND_STATUS_AVAILABLE);
    let is = |bit: u32| extended & bit != 0;
    if !is(rdes4::IPV4_PACKET_RECEIVED | rdes4::IPV6_PACKET_RECEIVED) {
        return if status & kind == 0 { 0 } else { header | payload };
    }
    if is(rdes4::IP_CHECKSUM_BYPASS) {
        return payload;
    }
    kind | if is(rdes4::IP_HEAD_ERR) { header } else { 0 }
        | if is(rdes4::IP_PAYLOAD_ERR) { payload } else { 0 }
}
