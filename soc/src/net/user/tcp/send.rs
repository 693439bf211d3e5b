//! Transmission and retransmission to the guest (RFC 9293 3.8, RFC 5681).

use super::super::Outbox;
use super::conn::*;
use esplens_core::time::Ticks;
use smoltcp::wire::TcpControl;

impl Conn {
    /// Returns the sequence number after the last byte: that of the FIN.
    pub fn end(&self) -> u32 {
        self.base.wrapping_add(self.tx.len() as u32)
    }

    /// Sends as much as the window allows; at least an acknowledgement if `answer`.
    pub fn output(&mut self, now: Ticks, mut answer: bool, outbox: &mut Outbox) {
        if self.state != ConnState::Open {
            if answer && self.state == ConnState::TimeWait {
                self.emit(self.nxt, TcpControl::None, &[], outbox);
            }
            return;
        }
        while self.send_next(outbox) {
            answer = false;
        }
        if answer {
            self.emit(self.nxt, TcpControl::None, &[], outbox);
        }
        let waits = self.nxt != self.una || self.unsent() > 0;
        if waits && self.timer == Ticks::MAX {
            self.timer = now + self.rto();
        }
    }

    /// Returns the number of bytes not sent yet or to be sent again.
    fn unsent(&self) -> usize {
        self.tx.len().saturating_sub(self.nxt.wrapping_sub(self.base) as usize)
    }

    /// Sends one segment. Returns false if nothing may be sent.
    fn send_next(&mut self, outbox: &mut Outbox) -> bool {
        let unsent = self.unsent();
        let flight = self.nxt.wrapping_sub(self.una);
        let room = self.wnd.min(self.cwnd).saturating_sub(flight) as usize;
        let n = unsent.min(room).min(self.mss.into());
        // No partial segment while data is in flight (Nagle's algorithm).
        if n > 0 && n < unsent && n < usize::from(self.mss) && flight > 0 {
            return false;
        }
        let fin = self.eof && n == unsent && !before(self.end(), self.nxt);
        if n == 0 && !fin {
            return false;
        }
        self.send_at(self.nxt, n, fin, outbox);
        self.nxt = self.nxt.wrapping_add(n as u32 + u32::from(fin));
        if before(self.max, self.nxt) {
            self.max = self.nxt;
        }
        true
    }

    fn send_at(&mut self, seq: u32, n: usize, fin: bool, outbox: &mut Outbox) {
        let from = seq.wrapping_sub(self.base) as usize;
        let payload: Vec<u8> = self.tx.iter().skip(from).take(n).copied().collect();
        let last = from + n >= self.tx.len();
        let control = match (fin, last && n > 0) {
            (true, _) => TcpControl::Fin,
            (_, true) => TcpControl::Psh,
            _ => TcpControl::None,
        };
        self.emit(seq, control, &payload, outbox);
    }

    /// Retransmits the first unacknowledged segment.
    pub fn repeat_first(&mut self, outbox: &mut Outbox) {
        let n = self.tx.len().min(self.mss.into()).min(self.max.wrapping_sub(self.una) as usize);
        let fin = self.eof && n == self.tx.len() && before(self.end(), self.max);
        if n > 0 || fin {
            self.send_at(self.una, n, fin, outbox);
        }
    }

    /// Handles the expiry of the timer.
    pub fn expired(&mut self, now: Ticks, outbox: &mut Outbox) -> Outcome {
        self.timer = Ticks::MAX;
        self.tries += 1;
        if self.state == ConnState::TimeWait {
            return Outcome::Over;
        }
        if self.tries > if self.is_opening() { MAX_SYN_TRIES } else { MAX_TRIES } {
            return self.abort(outbox);
        }
        match self.state {
            ConnState::SynAckSent | ConnState::SynSent => self.syn(now, outbox),
            ConnState::Open if self.una == self.nxt && self.unsent() > 0 && self.wnd == 0 => {
                // A zero window is probed with one byte; it does not mean that the guest is dead.
                self.tries = self.tries.min(5);
                self.send_at(self.nxt, 1, false, outbox);
                self.timer = now + self.rto();
                self.max = if before(self.max, self.nxt.wrapping_add(1)) {
                    self.nxt.wrapping_add(1)
                } else {
                    self.max
                };
            }
            ConnState::Open => {
                let flight = self.max.wrapping_sub(self.una);
                self.ssthresh = (flight / 2).max(2 * u32::from(self.mss));
                self.cwnd = self.mss.into();
                self.nxt = self.una;
                (self.recover, self.dups) = (None, 0);
                self.output(now, false, outbox);
            }
            _ => {}
        }
        Outcome::Goes
    }
}
