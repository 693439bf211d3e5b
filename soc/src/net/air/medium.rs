//! The medium: one frame at a time on the guest's channel, with the times of IEEE 802.11g.

use super::OnAir;
use super::frame::{ACK_BYTES, SIFS_US, airtime_us, response_rate};
use esplens_core::time::{TICKS_PER_US, Ticks};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Idle time before a frame (802.11 DIFS), in microseconds.
const DIFS_US: u64 = 28;
/// A slot of the random backoff, in microseconds.
const SLOT_US: u64 = 9;
/// Contention window of a first try, in slots.
const CW_MIN: u64 = 15;
/// Contention window at the most, in slots.
const CW_MAX: u64 = 1023;
/// Tries of a frame that expects an answer (802.11 dot11ShortRetryLimit).
const TRIES: u8 = 7;
/// Checksum, not part of the MPDU here.
const FCS: usize = 4;
/// Frames that may wait.
const MAX_QUEUED: usize = 512;
/// Frames beyond which Ethernet frames wait outside.
const FULL: usize = 32;

/// Who sends a frame to the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum From {
    /// The access point with this number.
    Ap(u32),
    /// The virtual station.
    Station,
    /// Another machine: the frame was on the air before.
    Segment,
}

/// A frame that waits for the air.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Not before this time.
    pub at: Ticks,
    /// The frame.
    pub on_air: OnAir,
    /// An ACK is expected.
    pub answer: bool,
    /// Its sender.
    pub from: From,
    /// Tries so far.
    pub tries: u8,
}

/// Frames to the guest: those that wait, and the one on the air.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Medium {
    waiting: VecDeque<Pending>,
    flying: Option<(Ticks, Pending)>,
}

impl Medium {
    /// A frame wants to be sent.
    pub fn queue(&mut self, pending: Pending) {
        if self.waiting.len() < MAX_QUEUED {
            self.waiting.push_back(pending);
        }
    }

    /// Whether frames from outside should wait.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= FULL
    }

    /// Whether the next frame can be put on the air.
    pub fn needs_begin(&self) -> bool {
        self.flying.is_none() && !self.waiting.is_empty()
    }

    /// Puts the next frame on the air as soon as that is free.
    pub fn begin(&mut self, now: Ticks, busy_until: &mut Ticks, random: u64) {
        let Some(pending) = self.waiting.pop_front() else { return };
        let window = ((CW_MIN + 1) << pending.tries.min(6)).min(CW_MAX + 1);
        let wait = (DIFS_US + random % window * SLOT_US) * TICKS_PER_US;
        let begin = now.max(*busy_until).max(pending.at) + wait;
        let air = airtime_us(pending.on_air.rate, pending.on_air.mpdu.len() + FCS) * TICKS_PER_US;
        *busy_until = begin + air;
        self.flying = Some((begin + air, pending));
    }

    /// When the frame on the air arrives, and its sender.
    pub fn arriving(&self) -> Option<(Ticks, From)> {
        self.flying.as_ref().map(|(at, p)| (*at, p.from))
    }

    /// The frame on the air.
    pub fn frame(&self) -> Option<&OnAir> {
        self.flying.as_ref().map(|(_, p)| &p.on_air)
    }

    /// The frame on the air has arrived: it is done, or is tried again. Returns it when it is done, and whether it was
    /// given up.
    pub fn finish(&mut self, answered: bool, busy_until: &mut Ticks) -> Option<(Pending, bool)> {
        let (end, mut pending) = self.flying.take()?;
        if !pending.answer {
            return Some((pending, false));
        }
        let ack = SIFS_US + airtime_us(response_rate(pending.on_air.rate), ACK_BYTES);
        *busy_until = (*busy_until).max(end + ack * TICKS_PER_US);
        pending.tries += 1;
        if answered || pending.tries >= TRIES {
            return Some((pending, !answered));
        }
        // A retry is marked as such.
        if let Some(flags) = pending.on_air.mpdu.get_mut(1) {
            *flags |= 8;
        }
        self.waiting.push_front(pending);
        None
    }

    /// When a frame arrives or can begin.
    pub fn next(&self) -> Ticks {
        match (&self.flying, self.waiting.front()) {
            (Some((at, _)), _) => *at,
            (None, Some(p)) => p.at,
            _ => Ticks::MAX,
        }
    }

    /// Frames of an access point are withdrawn.
    pub fn forget(&mut self, ap: u32) {
        self.waiting.retain(|p| p.from != From::Ap(ap));
    }
}
