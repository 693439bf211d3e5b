//! Test bench for a single device: registers, virtual time, interrupt lines and outputs, without a machine.

use super::{Cx, DevId, DevMsg, DevView, Device};
use crate::irq::IrqSource;
use crate::system::{Banks, Output, STRAP_GPIO0, System};
use crate::trace::TraceEvent;
use esplens_core::memory::Memory;
use esplens_core::time::{TICKS_PER_US, Ticks};

/// A device under test with everything a [`Cx`] needs.
pub struct Bench<D> {
    /// The device.
    pub dev: D,
    /// Its identifier; events and messages are addressed by it.
    pub id: DevId,
    /// Shared state.
    pub sys: System,
    /// Memories: the three SRAM banks, for DMA.
    pub mem: Memory,
    /// Virtual time.
    pub now: Ticks,
    /// Messages that the device sent to other devices.
    pub sent: Vec<(DevId, DevMsg)>,
}

impl<D: Device> Bench<D> {
    /// Creates a bench at time 0.
    pub fn new(id: DevId, dev: D) -> Self {
        let mut mem = Memory::default();
        let banks = Banks {
            sram0: Some(mem.add(192 << 10, 0)),
            sram1: Some(mem.add(128 << 10, 0)),
            sram2: Some(mem.add(200 << 10, 0)),
            ..Banks::default()
        };
        let sys = System { banks, strap: STRAP_GPIO0, ..System::default() };
        Self { dev, id, sys, mem, now: 0, sent: Vec::new() }
    }

    fn call<R>(&mut self, f: impl FnOnce(&mut D, &mut Cx) -> R) -> R {
        let mut cx =
            Cx { now: self.now, dev: self.id, core: 0, pc: 0, sys: &mut self.sys, mem: &mut self.mem };
        let r = f(&mut self.dev, &mut cx);
        while let Some((to, msg)) = self.sys.messages.pop_front() {
            if to == self.id {
                let mut cx = Cx {
                    now: self.now,
                    dev: self.id,
                    core: 0,
                    pc: 0,
                    sys: &mut self.sys,
                    mem: &mut self.mem,
                };
                self.dev.message(&msg, &mut cx);
            } else {
                self.sent.push((to, msg));
            }
        }
        r
    }

    /// Reads the register at `offset` as the guest does.
    pub fn read(&mut self, offset: u32) -> u32 {
        self.call(|d, cx| d.read(offset, cx))
    }

    /// Writes the register at `offset` as the guest does.
    pub fn write(&mut self, offset: u32, value: u32) {
        self.call(|d, cx| d.write(offset, value, cx));
    }

    /// Reads the register at `offset` without side effects.
    pub fn peek(&self, offset: u32) -> u32 {
        self.dev.peek(offset, &DevView { now: self.now, sys: &self.sys, mem: &self.mem })
    }

    /// Delivers a message from another device or from outside the chip.
    pub fn message(&mut self, msg: &DevMsg) {
        self.call(|d, cx| d.message(msg, cx));
    }

    /// Resets the device.
    pub fn reset(&mut self) {
        self.call(|d, cx| d.reset(cx));
    }

    /// Advances virtual time by `us` microseconds and delivers the device's events in between.
    pub fn advance(&mut self, us: u64) {
        self.advance_ticks(us * TICKS_PER_US);
    }

    /// Advances virtual time as [`Bench::advance`] does, by a number of ticks.
    pub fn advance_ticks(&mut self, ticks: Ticks) {
        let end = self.now + ticks;
        while let Some((slot, at)) = self.sys.events.pop(end) {
            let (id, tag) = DevId::of_slot(slot);
            self.now = self.now.max(at);
            if id == self.id {
                self.call(|d, cx| d.event(tag, cx));
            }
        }
        self.now = end;
    }

    /// Returns true if an interrupt line is high.
    pub fn irq(&self, source: IrqSource) -> bool {
        self.sys.irq.level(source)
    }

    /// Takes the bytes that UART transmitters sent since the last call.
    pub fn uart_out(&mut self) -> Vec<u8> {
        let out = std::mem::take(&mut self.sys.out);
        out.iter()
            .filter_map(|o| if let Output::Uart { byte, .. } = o { Some(*byte) } else { None })
            .collect()
    }

    /// Takes the trace lines of `event` since the last call. The first call enables the event and returns no lines.
    pub fn traced(&mut self, event: TraceEvent) -> Vec<String> {
        self.sys.trace.apply(event.name());
        let out = std::mem::take(&mut self.sys.out);
        let lines = out.into_iter().filter_map(|o| match o {
            Output::Trace(line) if line.event == event => Some(line.text),
            _ => None,
        });
        lines.collect()
    }

    /// Returns all warnings so far.
    pub fn warnings(&self) -> Vec<&String> {
        self.sys.warned.iter().collect()
    }
}
