//! Data transfers between card and FIFO, block by block.

use super::*;
use crate::card::SdCard;

/// Card clocks around a data block: start bit, CRC16 and end bit, and for a write the CRC status.
const FRAME: u64 = 18;
const CRC_STATUS: u64 = 10;
/// Host work charged for a block, and for each of its bytes.
const BLOCK_WORK: u64 = 500;
const BYTE_WORK: u64 = 2;

/// The event at [`Transfer::at`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    /// The last bit of a block is transferred.
    Block,
    /// The host has not filled or emptied the FIFO for the time of the data time-out.
    Starved,
    /// The card has not sent data for the time of the data time-out.
    TimeOut,
    /// The response to the automatic CMD12 is complete.
    AutoStop,
}

/// A data transfer in progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Transfer {
    /// Direction: true to the card.
    write: bool,
    /// Block size in bytes.
    block: usize,
    /// Bytes not transferred yet; `None`: until a stop command.
    left: Option<u32>,
    /// CMD12 is sent at the end.
    auto_stop: bool,
    phase: Phase,
    /// Time of the next step.
    pub(super) at: Ticks,
}

impl Transfer {
    /// Returns the number of bytes of the next block.
    fn next_block(&self) -> usize {
        self.left.map_or(self.block, |left| self.block.min(left as usize))
    }
}

impl Sdmmc {
    /// Starts the transfer of a data command, whose response was complete at `now`.
    pub(super) fn begin_transfer(&mut self, value: u32, now: Ticks, cx: &mut Cx) {
        let (block, count) = (self.reg(BLKSIZ) & 0xFFFF, self.reg(BYTCNT));
        if block == 0 || block as usize > FIFO_BYTES {
            cx.warn_reg(
                &SPEC,
                BLKSIZ,
                "no block length of a memory card, the transfer ends with a CRC error",
            );
        }
        self.counts = [0; 2];
        self.reads = value & cmd::WRITE == 0;
        self.transfer = Some(Transfer {
            write: value & cmd::WRITE != 0,
            block: (block as usize).max(1),
            left: Some(count).filter(|n| *n != 0),
            auto_stop: value & cmd::SEND_AUTO_STOP != 0,
            phase: Phase::Block,
            at: now,
        });
        self.plan(now, cx);
    }

    /// Returns the ticks of the data time-out.
    fn data_timeout(&self) -> Ticks {
        self.clocks(u64::from(self.reg(TMOUT) >> 8))
    }

    /// Returns true if host and card use the same number of data lines.
    fn same_width(&self, card: &SdCard) -> bool {
        card.four_bits() == (self.reg(CTYPE) >> (self.slot & 15) & 1 != 0)
    }

    /// Decides when the next block is transferred.
    fn plan(&mut self, now: Ticks, cx: &mut Cx) {
        let (timeout, slot) = (self.data_timeout(), self.slot);
        self.run_dma(cx);
        let Some(t) = &self.transfer else { return };
        let n = t.next_block().min(FIFO_BYTES);
        let four = self.reg(CTYPE) >> (slot & 15) & 1 != 0;
        let clocks = n as u64 * if four { 2 } else { 8 } + FRAME + if t.write { CRC_STATUS } else { 0 };
        let bus = self.clocks(clocks);
        let card = cx.sys.sd.in_slot(slot);
        let ready = if t.write { self.fifo.len() >= n } else { self.fifo.len() + n <= FIFO_BYTES };
        let (phase, at) = match card {
            Some(card) if t.write && card.receives().is_some() || !t.write && card.sends() => {
                let from = if t.write { card.busy_until() } else { card.data_at() };
                match ready {
                    true => (Phase::Block, now.max(from).saturating_add(bus)),
                    false => (Phase::Starved, now.saturating_add(timeout)),
                }
            }
            _ if t.write && ready => (Phase::Block, now.saturating_add(bus)),
            _ => (Phase::TimeOut, now.saturating_add(timeout)),
        };
        if let Some(t) = &mut self.transfer {
            (t.phase, t.at) = (phase, at);
        }
    }

    /// Continues a transfer that waits for the host, after the FIFO or the DMA's state has changed.
    pub(super) fn feed(&mut self, cx: &mut Cx) {
        match &self.transfer {
            Some(t) if t.phase == Phase::Starved => self.plan(cx.now, cx),
            _ => self.run_dma(cx),
        }
    }

    /// Carries out the step of the transfer that is due at `at`.
    pub(super) fn data_step(&mut self, at: Ticks, cx: &mut Cx) {
        let Some(t) = &self.transfer else { return };
        match t.phase {
            Phase::Block if t.write => self.send_block(at, cx),
            Phase::Block => self.receive_block(at, cx),
            Phase::Starved => {
                self.raw |= int::HTO;
                self.never();
            }
            Phase::TimeOut => {
                self.raw |= int::DRTO;
                self.end(cx);
            }
            Phase::AutoStop => self.auto_stopped(at, cx),
        }
    }

    /// Leaves the transfer waiting without a further time-out.
    fn never(&mut self) {
        if let Some(t) = &mut self.transfer {
            t.at = Ticks::MAX;
        }
    }

    /// Ends the transfer, by an error or completely.
    fn end(&mut self, cx: &mut Cx) {
        self.raw |= int::DTO;
        self.transfer = None;
        self.run_dma(cx);
    }

    fn receive_block(&mut self, at: Ticks, cx: &mut Cx) {
        let Some(t) = &self.transfer else { return };
        let expected = t.next_block();
        let width = cx.sys.sd.in_slot(self.slot).is_some_and(|card| self.same_width(card));
        let block = cx.sys.sd.on_slot(self.slot, |card, m| card.read_block(at, m)).flatten();
        card::trace(cx);
        let Some(block) = block else {
            let timeout = self.data_timeout();
            if let Some(t) = &mut self.transfer {
                (t.phase, t.at) = (Phase::TimeOut, at.saturating_add(timeout));
            }
            return;
        };
        cx.charge(BLOCK_WORK + BYTE_WORK * block.len() as u64);
        let good = width && block.len() == expected;
        self.fifo.extend(block.iter().take(FIFO_BYTES - self.fifo.len().min(FIFO_BYTES)));
        if !good {
            self.raw |= int::DCRC;
            return self.end(cx);
        }
        self.block_done(block.len(), at, cx);
    }

    fn send_block(&mut self, at: Ticks, cx: &mut Cx) {
        let Some(t) = &self.transfer else { return };
        let n = t.next_block().min(self.fifo.len());
        let block: Vec<u8> = self.fifo.drain(..n).collect();
        cx.charge(BLOCK_WORK + BYTE_WORK * n as u64);
        let width = cx.sys.sd.in_slot(self.slot).map(|card| self.same_width(card));
        let taken = width == Some(true)
            && cx.sys.sd.on_slot(self.slot, |card, m| card.write_block(&block, at, m)) == Some(true);
        card::trace(cx);
        if !taken {
            // Without a card there is no CRC status; a card answers a block that it cannot write negatively.
            self.raw |= if width.is_none() { int::EBE } else { int::DCRC };
            return self.end(cx);
        }
        self.block_done(n, at, cx);
    }

    /// Counts a transferred block; begins the next one or ends the transfer.
    fn block_done(&mut self, n: usize, at: Ticks, cx: &mut Cx) {
        self.counts[0] = self.counts[0].wrapping_add(n as u32);
        let stop = self.clocks(2 * SHORT + GAP);
        let Some(t) = &mut self.transfer else { return };
        t.left = t.left.map(|left| left.saturating_sub(n as u32));
        if t.left != Some(0) {
            return self.plan(at, cx);
        }
        if t.auto_stop {
            (t.phase, t.at) = (Phase::AutoStop, at.saturating_add(stop));
            return self.run_dma(cx);
        }
        self.end(cx);
    }

    /// Sends CMD12 after the last block, and stores its response.
    fn auto_stopped(&mut self, at: Ticks, cx: &mut Cx) {
        let reply = cx.sys.sd.on_slot(self.slot, |card, m| card.command(12, 0, at, m)).flatten();
        card::trace(cx);
        match reply {
            Some(CardReply::Short(word)) => self.regs.set(RESP1, word),
            _ => self.raw |= int::RTO,
        }
        self.raw |= int::ACD;
        self.end(cx);
    }

    /// Runs the DMA between memory and FIFO. What a read has left in the FIFO is still moved after its end.
    fn run_dma(&mut self, cx: &mut Cx) {
        if self.reg(CTRL) & ctrl::USE_INTERNAL_DMA == 0 || self.reg(BMOD) & BMOD_ENABLE == 0 {
            return;
        }
        let left = self.transfer.as_ref().map_or(Some(0), |t| t.left);
        let moved = if self.reads {
            self.dma.receive(&mut self.fifo, left == Some(0), cx)
        } else {
            let wanted = left.map_or(usize::MAX, |left| left as usize).saturating_sub(self.fifo.len());
            self.dma.send(&mut self.fifo, wanted, cx)
        };
        self.counts[1] = self.counts[1].wrapping_add(moved);
    }

    /// Removes the word that the CPU has read.
    pub(super) fn pop_word(&mut self, cx: &mut Cx) {
        if self.fifo.is_empty() {
            self.raw |= int::FRUN;
        }
        let n = self.fifo.len().min(4);
        self.fifo.drain(..n);
        self.counts[1] = self.counts[1].wrapping_add(n as u32);
        self.feed(cx);
    }

    /// Adds a word that the CPU writes.
    pub(super) fn push_word(&mut self, word: u32, cx: &mut Cx) {
        if self.fifo.len() + 4 > FIFO_BYTES {
            self.raw |= int::FRUN;
            return;
        }
        self.fifo.extend(word.to_le_bytes());
        self.counts[1] = self.counts[1].wrapping_add(4);
        self.feed(cx);
    }

    /// Raises the interrupts of the FIFO's thresholds while the CPU serves it.
    pub(super) fn sync_fifo(&mut self) {
        let Some(t) = &self.transfer else { return };
        if self.reg(CTRL) & ctrl::USE_INTERNAL_DMA != 0 {
            return;
        }
        let (words, [rx, tx]) = ((self.fifo.len() / 4) as u32, self.watermarks());
        match t.write {
            true if words <= tx => self.raw |= int::TXDR,
            false if words > rx => self.raw |= int::RXDR,
            _ => {}
        }
    }
}
