//! UARTs 0 to 2 (TRM 13). Bytes take their line time in virtual time, with one event per byte. In download mode they
//! take less (docs/decisions/download-mode.md).

mod frame;
mod rx;
pub mod spec;
#[cfg(test)]
mod tests;
mod tx;

use super::regfile::RegFile;
use super::spec::Spec;
use super::{Cx, DevMsg, DevView, Device, STEADY};
use crate::irq::IrqSource;
use esplens_core::time::{TICKS_PER_US, Ticks};
use rx::Rx;
use serde::{Deserialize, Serialize};
use spec::{SPEC, conf0, conf1, int_raw as int, mem_conf, status};
use tx::Tx;

/// Capacity, in bytes, of the input queue in front of the receive line.
pub const RX_QUEUE: usize = 4096;

const TX_TAG: u8 = 0;
const RX_TAG: u8 = 1;
const TOUT_TAG: u8 = 2;
const AT_TAG: u8 = 3;
const IRQ_TAG: u8 = 4;
/// Time from a write of INT_ENA to the interrupt at the core, in ticks. It takes some APB cycles on silicon, and the
/// mask ROM depends on that: `uart_buff_switch` enables a UART's interrupt one instruction before it stores the number
/// of that UART.
const ENABLE_TIME: Ticks = TICKS_PER_US / 10;

/// Formats a byte on a line for the trace.
fn describe(n: u8, byte: u8) -> String {
    format!("UART{n}: {byte:#04x} {:?}", char::from(byte))
}

/// A UART.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Uart {
    n: u8,
    regs: RegFile,
    raw: u32,
    tx: Tx,
    rx: Rx,
    /// Baud rate of the peer, for autobaud.
    line_baud: u32,
}

impl Uart {
    /// Creates UART `n` (0..2) in its reset state.
    #[must_use]
    pub fn new(n: u8) -> Self {
        Self { n, regs: RegFile::default(), raw: 0, tx: Tx::default(), rx: Rx::default(), line_baud: 115_200 }
    }

    /// Sets the baud rate at which the peer sends, for autobaud (default 115200).
    pub fn set_line_baud(&mut self, baud: u32) {
        self.line_baud = baud.max(1);
    }

    /// Raises the conditions of FIFO levels that hold, then sets the interrupt line from INT_ST.
    fn sync_irq(&mut self, cx: &mut Cx) {
        let conf1 = self.regs.get(&SPEC, spec::CONF1);
        let mem = self.regs.get(&SPEC, spec::MEM_CONF);
        let full = (conf1 & conf1::RXFIFO_FULL_THRHD) | ((mem & mem_conf::RX_MEM_FULL_THRHD) >> 25) << 7;
        let empty =
            ((conf1 & conf1::TXFIFO_EMPTY_THRHD) >> 8) | ((mem & mem_conf::TX_MEM_EMPTY_THRHD) >> 28) << 7;
        if self.rx.fifo.len() >= full.max(1) as usize {
            self.raw |= int::RXFIFO_FULL;
        }
        if self.tx.fifo.len() <= empty as usize {
            self.raw |= int::TXFIFO_EMPTY;
        }
        cx.irq(self.source(), self.raw & self.regs.get(&SPEC, spec::INT_ENA) != 0);
    }

    fn source(&self) -> IrqSource {
        [IrqSource::Uart0, IrqSource::Uart1, IrqSource::Uart2][usize::from(self.n)]
    }

    /// Stores INT_ENA. A pending interrupt that becomes enabled reaches the core after [`ENABLE_TIME`]; one that
    /// becomes disabled is withdrawn immediately.
    fn write_int_ena(&mut self, value: u32, cx: &mut Cx) {
        self.regs.set(spec::INT_ENA, value);
        if self.raw & value != 0 && !cx.sys.irq.level(self.source()) {
            cx.schedule(IRQ_TAG, cx.now.saturating_add(ENABLE_TIME));
        } else {
            self.sync_irq(cx);
        }
    }

    fn status(&self) -> u32 {
        let conf = self.regs.get(&SPEC, spec::CONF0);
        let mut value = status::TXD | status::RXD; // both lines idle high; CTS and DSR asserted (low)
        value |= if conf & conf0::SW_RTS == 0 { status::RTSN } else { 0 };
        value |= if conf & conf0::SW_DTR == 0 { status::DTRN } else { 0 };
        value |= self.tx.state() << 24;
        value |= (self.tx.fifo.len() as u32 & 0xFF) << 16;
        value | (self.rx.fifo.len() as u32 & 0xFF)
    }

    /// Packs the write pointer into bits 23:13 and the read pointer into bits 12:2, both modulo the FIFO's size.
    fn pointers(written: u32, taken: u32, size: usize) -> u32 {
        (written % size as u32) << 13 | (taken % size as u32) << 2
    }

    /// Returns the value measured by autobaud, or the maximum until an edge has been seen.
    fn measured(&self, value: u32) -> u32 {
        if self.rx.edges == 0 { 0xF_FFFF } else { value }
    }

    fn write_conf0(&mut self, value: u32, cx: &mut Cx) {
        if value & conf0::RXFIFO_RST != 0 {
            self.rx_reset();
            self.rx_refill(cx);
        }
        if value & conf0::TXFIFO_RST != 0 {
            self.tx_reset();
        }
        if value & conf0::IRDA_EN != 0 {
            cx.warn_reg(&SPEC, spec::CONF0, "IrDA coding is not modelled");
        }
        self.regs.set(spec::CONF0, value);
        self.tx_break(value & conf0::TXD_BRK != 0, cx);
    }

    fn write_stored(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        if offset == spec::RS485_CONF && value & spec::rs485_conf::RS485_EN != 0 {
            cx.warn_reg(&SPEC, offset, "RS-485 mode is not modelled");
        }
        if offset == spec::FLOW_CONF && value & spec::flow_conf::SW_FLOW_CON_EN != 0 {
            cx.warn_reg(&SPEC, offset, "software flow control is not modelled");
        }
        if offset == spec::AUTOBAUD && value & spec::autobaud::AUTOBAUD_EN == 0 {
            self.rx.edges = 0;
        }
        self.regs.write(&SPEC, offset, value, cx);
    }
}

impl Device for Uart {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, v: &DevView) -> u32 {
        match offset {
            spec::FIFO => self.rx.fifo.front().map_or(0, |b| u32::from(*b)),
            spec::INT_RAW => self.raw,
            spec::INT_ST => self.raw & self.regs.get(&SPEC, spec::INT_ENA),
            spec::INT_CLR => 0,
            spec::STATUS => self.status(),
            spec::LOWPULSE | spec::HIGHPULSE => self.measured(self.autobaud_pulse(&v.sys.clocks)),
            spec::POSPULSE | spec::NEGPULSE => self.measured(self.autobaud_period(&v.sys.clocks)),
            spec::RXD_CNT => self.rx.edges,
            spec::MEM_TX_STATUS => Self::pointers(self.tx.written, self.tx.taken, self.tx_size()),
            spec::MEM_RX_STATUS => Self::pointers(self.rx.written, self.rx.taken, self.rx_size()),
            spec::MEM_CNT_STATUS => {
                (self.tx.fifo.len() as u32 >> 8 & 7) << 3 | (self.rx.fifo.len() as u32 >> 8 & 7)
            }
            _ => self.regs.get(&SPEC, offset),
        }
    }

    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        if offset != spec::FIFO {
            return self.peek(offset, &cx.view());
        }
        let byte = self.rx_pop(cx);
        self.sync_irq(cx);
        byte
    }

    fn steady_until(&self, offset: u32, v: &DevView) -> Ticks {
        match offset {
            spec::FIFO => v.now,
            _ => STEADY,
        }
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        match offset {
            spec::FIFO => self.tx_push(value as u8, cx),
            spec::INT_CLR => {
                self.raw &= !value;
                if value & int::RXFIFO_TOUT != 0 {
                    self.rx_arm_timeout(cx);
                }
            }
            spec::INT_ENA => return self.write_int_ena(value, cx),
            spec::CONF0 => self.write_conf0(value, cx),
            spec::CONF1 => {
                self.regs.set(offset, value);
                self.rx_arm_timeout(cx);
            }
            spec::INT_RAW | spec::INT_ST | spec::STATUS | spec::LOWPULSE..=spec::RXD_CNT => {}
            spec::MEM_TX_STATUS..=spec::NEGPULSE => {}
            _ => self.write_stored(offset, value, cx),
        }
        self.sync_irq(cx);
    }

    fn event(&mut self, tag: u8, cx: &mut Cx) {
        match tag {
            TX_TAG => self.tx_done(cx),
            RX_TAG => self.rx_event(cx),
            TOUT_TAG if !self.rx.fifo.is_empty() => self.raw |= int::RXFIFO_TOUT,
            AT_TAG => self.at_event(),
            _ => {}
        }
        self.sync_irq(cx);
    }

    fn message(&mut self, msg: &DevMsg, cx: &mut Cx) {
        match msg {
            DevMsg::UartRx(bytes) => self.rx_bytes(bytes, cx),
            DevMsg::UartByte(byte) => {
                self.receive(*byte, cx);
                self.sync_irq(cx);
            }
            DevMsg::UartBreak => {
                self.receive_break(cx);
                self.sync_irq(cx);
            }
            DevMsg::ClockChanged => self.tx_retime(cx),
            _ => {}
        }
    }

    /// Resets the UART and keeps the input that has not crossed the line yet.
    fn reset(&mut self, cx: &mut Cx) {
        let queue = std::mem::take(&mut self.rx.queue);
        *self = Self { line_baud: self.line_baud, ..Self::new(self.n) };
        self.rx.queue = queue;
        [TX_TAG, TOUT_TAG, AT_TAG, IRQ_TAG].into_iter().for_each(|tag| cx.cancel(tag));
        self.rx_next(cx);
        self.sync_irq(cx);
    }
}
