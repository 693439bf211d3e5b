//! Segments received from the guest (RFC 9293, 3.10.7).

use super::super::Outbox;
use super::conn::*;
use crate::net::host::HostCommand;
use esplens_core::time::Ticks;
use smoltcp::wire::{TcpControl, TcpRepr};

/// Limit for out-of-order segments kept.
const MAX_EARLY: usize = 64;

impl Conn {
    /// Handles a segment of the guest.
    pub fn segment(&mut self, now: Ticks, seg: &TcpRepr, outbox: &mut Outbox) -> Outcome {
        let seq = seg.seq_number.0 as u32;
        match self.state {
            ConnState::HostConnecting if seg.control == TcpControl::Rst => return self.dropped(outbox),
            ConnState::HostConnecting => return Outcome::Goes,
            ConnState::SynSent => return self.called(now, seg, outbox),
            _ => {}
        }
        let distance = seq.wrapping_sub(self.rcv) as i32;
        let in_window = distance >= 0 && (distance as u32) <= self.window();
        if seg.control == TcpControl::Rst {
            return if in_window { self.dropped(outbox) } else { Outcome::Goes };
        }
        if seg.control == TcpControl::Syn {
            if self.state == ConnState::SynAckSent {
                self.syn(now, outbox);
            } else {
                self.emit(self.nxt, TcpControl::None, &[], outbox);
            }
            return Outcome::Goes;
        }
        let Some(ack) = seg.ack_number.map(|a| a.0 as u32) else { return Outcome::Goes };
        if self.state == ConnState::SynAckSent {
            if ack != self.base {
                return Outcome::Goes;
            }
            self.wnd = seg.window_len.into();
            self.open(outbox);
        }
        if before(self.max, ack) {
            self.emit(self.nxt, TcpControl::None, &[], outbox);
            return Outcome::Goes;
        }
        self.acknowledged(now, ack, seg, outbox);
        let answer = self.take(seq, seg, outbox);
        self.output(now, answer, outbox);
        self.outcome(now)
    }

    /// Handles the guest's answer to our SYN.
    fn called(&mut self, now: Ticks, seg: &TcpRepr, outbox: &mut Outbox) -> Outcome {
        let for_us = seg.ack_number.is_some_and(|a| a.0 as u32 == self.base);
        match seg.control {
            TcpControl::Rst if for_us => self.dropped(outbox),
            TcpControl::Syn if for_us => {
                self.options(seg);
                self.open(outbox);
                self.output(now, true, outbox);
                Outcome::Goes
            }
            _ => Outcome::Goes,
        }
    }

    /// Processes payload and FIN. Returns true if the guest expects an acknowledgement.
    fn take(&mut self, seq: u32, seg: &TcpRepr, outbox: &mut Outbox) -> bool {
        let fin = seg.control == TcpControl::Fin;
        if seg.payload.is_empty() && !fin {
            // A probe from before the window is answered; a bare ACK is not.
            return before(seq, self.rcv);
        }
        let old = self.rcv.wrapping_sub(seq);
        if (old as i32) < 0 {
            self.keep(seq, seg.payload, fin);
            return true;
        }
        let Some(fresh) = seg.payload.get(old as usize..) else { return true };
        self.deliver(fresh, fin, outbox);
        self.catch_up(outbox);
        true
    }

    /// Keeps an out-of-order segment.
    fn keep(&mut self, seq: u32, payload: &[u8], fin: bool) {
        let distance = seq.wrapping_sub(self.rcv) as usize;
        let fits = distance + payload.len() <= self.window() as usize;
        let known = self.early.iter().any(|(s, p, _)| *s == seq && p.len() >= payload.len());
        if fits && !known && self.early.len() < MAX_EARLY {
            self.early.push((seq, payload.to_vec(), fin));
        }
    }

    /// Processes out-of-order segments that have become contiguous.
    fn catch_up(&mut self, outbox: &mut Outbox) {
        while let Some(i) = self.early.iter().position(|(seq, _, _)| !before(self.rcv, *seq)) {
            let (seq, payload, fin) = self.early.swap_remove(i);
            if let Some(fresh) = payload.get(self.rcv.wrapping_sub(seq) as usize..) {
                self.deliver(fresh, fin, outbox);
            }
        }
    }

    /// Passes the next bytes to the host.
    fn deliver(&mut self, bytes: &[u8], fin: bool, outbox: &mut Outbox) {
        if self.fin {
            return;
        }
        let n = bytes.len().min(self.window() as usize);
        if n > 0 {
            self.rcv = self.rcv.wrapping_add(n as u32);
            self.pending += n as u32;
            outbox.commands.push(HostCommand::Send { conn: self.id, bytes: bytes[..n].to_vec() });
        }
        if fin && n == bytes.len() {
            self.rcv = self.rcv.wrapping_add(1);
            self.fin = true;
            outbox.commands.push(HostCommand::Finish { conn: self.id });
        }
    }

    /// Handles an acknowledgement of the guest.
    fn acknowledged(&mut self, now: Ticks, ack: u32, seg: &TcpRepr, outbox: &mut Outbox) {
        let wnd = u32::from(seg.window_len);
        if before(self.una, ack) {
            self.progressed(now, ack, outbox);
        } else if ack == self.una
            && self.una != self.max
            && seg.payload.is_empty()
            && wnd == self.wnd
            && wnd > 0
        {
            self.duplicate(outbox);
        }
        if !before(ack, self.una) {
            self.wnd = wnd;
        }
    }

    /// Handles an acknowledgement of new data.
    fn progressed(&mut self, now: Ticks, ack: u32, outbox: &mut Outbox) {
        let n = (ack.wrapping_sub(self.base) as usize).min(self.tx.len());
        self.tx.drain(..n);
        self.base = self.base.wrapping_add(n as u32);
        self.una = ack;
        if before(self.nxt, ack) {
            self.nxt = ack;
        }
        if n > 0 && !self.eof {
            outbox.commands.push(HostCommand::Credit { conn: self.id, bytes: n as u32 });
        }
        (self.tries, self.dups) = (0, 0);
        self.timer = if self.una == self.nxt { Ticks::MAX } else { now + self.rto() };
        match self.recover {
            Some(end) if before(ack, end) => self.repeat_first(outbox),
            Some(_) => {
                self.recover = None;
                self.cwnd = self.ssthresh;
            }
            None => {
                let mss = u32::from(self.mss);
                let more =
                    if self.cwnd < self.ssthresh { mss } else { (mss * mss / self.cwnd.max(1)).max(1) };
                self.cwnd = (self.cwnd + more).min(CAPACITY as u32 * 4);
            }
        }
    }

    /// Handles a duplicate acknowledgement; the third one indicates a lost segment.
    fn duplicate(&mut self, outbox: &mut Outbox) {
        self.dups += 1;
        if self.dups == 3 && self.recover.is_none() {
            let mss = u32::from(self.mss);
            self.ssthresh = (self.max.wrapping_sub(self.una) / 2).max(2 * mss);
            self.cwnd = self.ssthresh + 3 * mss;
            self.recover = Some(self.max);
            self.repeat_first(outbox);
        } else if self.recover.is_some() {
            self.cwnd = (self.cwnd + u32::from(self.mss)).min(CAPACITY as u32 * 4);
        }
    }

    /// Lets the connection linger if both sides have finished and everything is acknowledged.
    fn outcome(&mut self, now: Ticks) -> Outcome {
        let sent_fin = self.eof && self.una == self.end().wrapping_add(1);
        if self.fin && sent_fin && self.state == ConnState::Open {
            self.state = ConnState::TimeWait;
            self.timer = now + LINGER;
        }
        Outcome::Goes
    }
}
