//! The medium: one frame at a time on the guest's channel, with the timing of IEEE 802.11g.

use super::OnAir;
use super::frame::{ACK_BYTES, SIFS_US, airtime_us, response_rate};
use esplens_core::time::{TICKS_PER_US, Ticks};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Idle time before a frame (802.11 DIFS), in microseconds.
const DIFS_US: u64 = 28;
/// A slot of the random backoff, in microseconds.
const SLOT_US: u64 = 9;
/// Contention window of the first attempt, in slots.
const CW_MIN: u64 = 15;
/// Largest contention window, in slots.
const CW_MAX: u64 = 1023;
/// Attempts to send a frame that expects an acknowledgement (802.11 dot11ShortRetryLimit).
const TRIES: u8 = 7;
/// Length of the checksum, which MPDUs here do not contain.
const FCS: usize = 4;
/// Limit for queued frames.
const MAX_QUEUED: usize = 512;
/// Number of queued frames from which on Ethernet frames have to wait.
const FULL: usize = 32;

/// Sender of a frame to the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum From {
    /// The access point with this number.
    Ap(u32),
    /// The virtual station.
    Station,
    /// Another machine: the frame was already sent on its own medium.
    Segment,
}

/// A frame queued for sending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Earliest time to send it.
    pub at: Ticks,
    /// The frame.
    pub on_air: OnAir,
    /// An ACK is expected.
    pub answer: bool,
    /// Its sender.
    pub from: From,
    /// Attempts so far.
    pub tries: u8,
}

/// Frames to the guest: the queued ones, and the one being sent.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Medium {
    waiting: VecDeque<Pending>,
    in_flight: Option<(Ticks, Pending)>,
}

impl Medium {
    /// Queues a frame.
    pub fn queue(&mut self, pending: Pending) {
        if self.waiting.len() < MAX_QUEUED {
            self.waiting.push_back(pending);
        }
    }

    /// Returns true if Ethernet frames from the network should wait.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= FULL
    }

    /// Returns true if the next frame can be sent.
    pub fn needs_begin(&self) -> bool {
        self.in_flight.is_none() && !self.waiting.is_empty()
    }

    /// Starts sending the next frame as soon as the medium is free.
    pub fn begin(&mut self, now: Ticks, busy_until: &mut Ticks, random: u64) {
        let Some(pending) = self.waiting.pop_front() else { return };
        let window = ((CW_MIN + 1) << pending.tries.min(6)).min(CW_MAX + 1);
        let wait = (DIFS_US + random % window * SLOT_US) * TICKS_PER_US;
        let begin = now.max(*busy_until).max(pending.at) + wait;
        let air = airtime_us(pending.on_air.rate, pending.on_air.mpdu.len() + FCS) * TICKS_PER_US;
        *busy_until = begin + air;
        self.in_flight = Some((begin + air, pending));
    }

    /// Returns the arrival time and sender of the frame being sent.
    pub fn arriving(&self) -> Option<(Ticks, From)> {
        self.in_flight.as_ref().map(|(at, p)| (*at, p.from))
    }

    /// Returns the frame being sent.
    pub fn frame(&self) -> Option<&OnAir> {
        self.in_flight.as_ref().map(|(_, p)| &p.on_air)
    }

    /// Finishes the frame being sent, or queues it for another attempt. Returns it when it is finished; the flag is
    /// true if it was never acknowledged.
    pub fn finish(&mut self, answered: bool, busy_until: &mut Ticks) -> Option<(Pending, bool)> {
        let (end, mut pending) = self.in_flight.take()?;
        if !pending.answer {
            return Some((pending, false));
        }
        let ack = SIFS_US + airtime_us(response_rate(pending.on_air.rate), ACK_BYTES);
        *busy_until = (*busy_until).max(end + ack * TICKS_PER_US);
        pending.tries += 1;
        if answered || pending.tries >= TRIES {
            return Some((pending, !answered));
        }
        // Set the Retry flag.
        if let Some(flags) = pending.on_air.mpdu.get_mut(1) {
            *flags |= 8;
        }
        self.waiting.push_front(pending);
        None
    }

    /// Returns when the current frame arrives or the next one can be sent.
    pub fn next(&self) -> Ticks {
        match (&self.in_flight, self.waiting.front()) {
            (Some((at, _)), _) => *at,
            (None, Some(p)) => p.at,
            _ => Ticks::MAX,
        }
    }

    /// Drops the queued frames of an access point.
    pub fn forget(&mut self, ap: u32) {
        self.waiting.retain(|p| p.from != From::Ap(ap));
    }
}
