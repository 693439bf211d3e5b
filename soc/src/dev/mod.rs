//! The peripherals, one folder each: `spec.rs` has the registers by the manual's names, `mod.rs` the behaviour.

pub mod aes;
pub mod apb_ctrl;
pub mod dport;
pub mod efuse;
pub mod emac;
pub mod eth;
pub mod flash_encryption;
pub mod frc;
pub mod gpio;
pub mod hinf;
pub mod i2c;
pub mod i2s;
pub mod io_mux;
pub mod ledc;
pub mod mcpwm;
pub mod mmu;
pub mod pcnt;
pub mod radio;
pub mod regfile;
pub mod rmt;
pub mod rng;
pub mod rsa;
pub mod rtc_cntl;
pub mod rtc_i2c;
pub mod rtcio;
pub mod sdmmc;
pub mod secure_boot;
pub mod sens;
pub mod sha;
pub mod slc;
pub mod slchost;
pub mod spec;
pub mod spi;
mod table;
#[cfg(test)]
pub(crate) mod testing;
pub mod timg;
pub mod twai;
pub mod uart;
pub mod uhci;
pub mod ulp;

pub use regfile::{RegFile, Stored};
pub use table::{DevId, Devices, plain_name};

use crate::irq::IrqSource;
use crate::map;
use crate::system::{AirInfo, NetFrame, Output, Request, System};
use crate::trace::{TraceEvent, TraceLine};
use esplens_core::memory::{Memory, Region};
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use spec::Spec;

/// Host work charged for each sent Ethernet frame, in addition to that of its bytes.
const FRAME_WORK: u64 = 2_000;
/// Limit of Ethernet frames sent in one slice, more than a real line carries; further ones are dropped.
const MAX_WIRE: usize = 256;

/// Result of [`Device::steady_until`] for a value that does not change by itself.
pub const STEADY: Ticks = Ticks::MAX;

/// Returns [`Device::steady_until`] for a value that changes once, at time `at`.
#[must_use]
pub fn steady_before(at: Ticks, v: &DevView) -> Ticks {
    if v.now < at { at } else { STEADY }
}

/// A message from one device to another, or from outside the chip to a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DevMsg {
    /// Bytes arrive on a UART's receive line.
    UartRx(Vec<u8>),
    /// A break condition arrives on a UART's receive line.
    UartBreak,
    /// A byte is complete on a UART's receive line (from another UART over the GPIO matrix).
    UartByte(u8),
    /// A peripheral drives its GPIO-matrix output signal (TRM table 4-2). To [`DevId::Gpio`].
    SignalOut(u16, bool),
    /// The GPIO matrix drives a peripheral's input signal.
    SignalIn(u16, bool),
    /// A source outside the chip drives a pad (`None`: releases it). To [`DevId::Gpio`].
    Pad(u8, Option<bool>),
    /// A resistor outside the chip pulls a pad to the supply (true) or to ground, or is removed. To [`DevId::Gpio`].
    PadPull(u8, Option<bool>),
    /// A source outside the chip outputs pulses to a pad. To [`DevId::Gpio`].
    PadPulse(u8, gpio::Pulse),
    /// RTC pads that RTC_CNTL holds at their level, one bit per GPIO number. To [`DevId::Gpio`].
    ForceHold(u64),
    /// A voltage is applied to a pad, or removed. To [`DevId::Sens`].
    Analog(u8, Option<sens::AnalogLevel>),
    /// A touch pad's count is given from outside (pad number as in the pads' names), or measured again. To
    /// [`DevId::Sens`].
    TouchCount(u8, Option<u16>),
    /// [`System::matrix_loopbacks`] changed. From GPIO to LEDC, which generates edges only while a wire exists.
    LoopbacksChanged,
    /// A pad's IO_MUX register changed (GPIO number, its value). From IO_MUX to [`DevId::Gpio`].
    IoMux(u8, u32),
    /// The RTC configuration of a pad changed (GPIO number, new state). From RTCIO to [`DevId::Gpio`].
    RtcPad(u8, rtcio::RtcPad),
    /// Digital pads that RTCIO holds at their level, one bit per GPIO number. To [`DevId::Gpio`].
    PadHold(u64),
    /// The CPU, APB or RTC slow clock changed: counters that use it are rebased.
    ClockChanged,
    /// A sleep begins (true: deep sleep): the clocks of the digital core stop.
    Sleep(bool),
    /// A light sleep ends: the clocks of the digital core continue.
    Wake,
    /// A wake-up source (ULP, touch pad, ...) asks the RTC to wake the chip. Bits 10:0 are RTC_CNTL's wake-up cause;
    /// with EXT1, bits 28:11 are the RTC pads that caused it.
    WakeCause(u32),
    /// An Ethernet frame arrives.
    Frame(Vec<u8>),
    /// The Ethernet cable is plugged in (true) or pulled out.
    Link(bool),
    /// An 802.11 frame arrives at the antenna. To [`DevId::WifiMac`].
    AirFrame(crate::net::air::OnAir),
    /// The answer to the 802.11 frame of a transmit slot: its signal strength in dBm, or `None` without an answer.
    /// To [`DevId::WifiMac`].
    AirAnswer(u8, Option<i8>),
}

/// Context of a read without side effects.
pub struct DevView<'a> {
    /// Virtual time.
    pub now: Ticks,
    /// Shared state.
    pub sys: &'a System,
    /// All memories.
    pub mem: &'a Memory,
}

impl DevView<'_> {
    /// Returns the memory region and the offset in it for a DMA address (internal SRAM on the data bus).
    #[must_use]
    pub fn dma_region(&self, addr: u32) -> Option<(Region, usize)> {
        let b = &self.sys.banks;
        let banks = [(map::SRAM1.start, b.sram1), (map::SRAM2.start, b.sram2)];
        banks.into_iter().find_map(|(base, region)| {
            let (region, offset) = (region?, addr.checked_sub(base)? as usize);
            (offset < region.bytes()).then_some((region, offset))
        })
    }

    /// Reads internal SRAM by DMA. Returns false if part of the range is not DMA-capable memory.
    pub fn dma_read(&self, addr: u32, out: &mut [u8]) -> bool {
        let mut done = 0;
        while done < out.len() {
            let Some((region, offset)) = self.dma_region(addr.wrapping_add(done as u32)) else {
                return false;
            };
            let n = (out.len() - done).min(region.bytes() - offset);
            self.mem.read_region(region, offset, &mut out[done..done + n]);
            done += n;
        }
        true
    }
}

/// Context of a device call: everything a device may read or change while it handles an access, event or message.
pub struct Cx<'a> {
    /// Virtual time of the access; never runs backwards.
    pub now: Ticks,
    /// The device being called.
    pub dev: DevId,
    /// The core that accesses (0 for events and messages).
    pub core: u8,
    /// The accessing instruction's address (0 for events and messages).
    pub pc: u32,
    /// Shared state.
    pub sys: &'a mut System,
    /// All memories, for DMA.
    pub mem: &'a mut Memory,
}

impl Cx<'_> {
    /// Returns the read-only part of this context.
    #[must_use]
    pub fn view(&self) -> DevView<'_> {
        DevView { now: self.now, sys: self.sys, mem: self.mem }
    }

    /// Charges host work beyond that of a plain call ([`esplens_core::work::Work`]). An operation whose length the
    /// guest chooses must call this.
    pub fn charge(&self, units: u64) {
        self.mem.work.charge(units);
    }

    /// Sets the level of an interrupt source.
    pub fn irq(&mut self, source: IrqSource, level: bool) {
        if self.sys.irq.set(source, level) && self.sys.trace.on(TraceEvent::IrqSource) {
            let text = self.sys.irq.describe(source);
            self.trace(TraceEvent::IrqSource, || text);
        }
    }

    /// Schedules a call of this device's [`Device::event`] with `tag` (0..15) at time `at`. Replaces an earlier request
    /// for that tag.
    pub fn schedule(&mut self, tag: u8, at: Ticks) {
        self.sys.events.schedule(self.dev.slot(tag), at);
    }

    /// Cancels the event that [`Cx::schedule`] requested for `tag`.
    pub fn cancel(&mut self, tag: u8) {
        self.sys.events.cancel(self.dev.slot(tag));
    }

    /// Sends a message to a device. It is delivered right after the current call returns.
    pub fn send(&mut self, to: DevId, msg: DevMsg) {
        self.sys.messages.push_back((to, msg));
    }

    /// Sends a request to the machine.
    pub fn request(&mut self, request: Request) {
        self.sys.requests.push(request);
    }

    /// Adds an output of the machine.
    pub fn output(&mut self, output: Output) {
        self.sys.out.push(output);
    }

    /// Sends an Ethernet frame to the network, and reports it to debuggers and captures.
    pub fn send_frame(&mut self, frame: Vec<u8>) {
        self.charge(FRAME_WORK + 4 * frame.len() as u64);
        if self.sys.wire.len() < MAX_WIRE {
            self.sys.wire.push(frame.clone());
        }
        self.show_frame(frame, None);
    }

    /// Reports a packet that the guest sends to debuggers and captures.
    pub fn show_frame(&mut self, bytes: Vec<u8>, air: Option<AirInfo>) {
        let (at, core, pc) = (self.now, self.core, self.pc);
        let frame = NetFrame { at, to_guest: false, core, pc, bytes, air };
        self.sys.tap.note(&frame);
        self.output(Output::NetFrame(frame));
    }

    /// Traces an event if it is enabled.
    #[inline]
    pub fn trace(&mut self, event: TraceEvent, text: impl FnOnce() -> String) {
        if self.sys.trace.on(event) {
            self.traced(event, text);
        }
    }

    /// The cold part of [`Cx::trace`]. It is not inlined, to keep register accesses fast: firmware polls registers.
    #[cold]
    #[inline(never)]
    fn traced(&mut self, event: TraceEvent, text: impl FnOnce() -> String) {
        let line = TraceLine::new(event, self.now, (self.core, self.pc), text());
        self.sys.trace_line(self.mem, line);
    }

    /// Notifies all devices that a clock changed. Must be called after a change of `sys.clocks`.
    pub fn clock_changed(&mut self) {
        for dev in DevId::ALL {
            self.send(*dev, DevMsg::ClockChanged);
        }
        self.sys.irq.changed = true; // the machine rebases the cores' budgets
    }

    /// Warns once about the register at `offset`.
    pub fn warn_reg(&mut self, spec: &Spec, offset: u32, what: &str) {
        let name = spec.at(offset).map_or("?", |r| r.name);
        self.sys.warn(format!("{} {name} (offset {offset:#05x}): {what}", spec.name));
    }

    /// Returns the memory region and the offset in it for a DMA address (internal SRAM on the data bus).
    #[must_use]
    pub fn dma_region(&self, addr: u32) -> Option<(Region, usize)> {
        self.view().dma_region(addr)
    }

    /// Reads internal SRAM by DMA. Returns false if part of the range is not DMA-capable memory.
    pub fn dma_read(&self, addr: u32, out: &mut [u8]) -> bool {
        self.view().dma_read(addr, out)
    }

    /// Writes internal SRAM by DMA. Returns false if part of the range is not DMA-capable memory.
    pub fn dma_write(&mut self, addr: u32, data: &[u8]) -> bool {
        let mut done = 0;
        while done < data.len() {
            let Some((region, offset)) = self.dma_region(addr.wrapping_add(done as u32)) else {
                return false;
            };
            let n = (data.len() - done).min(region.bytes() - offset);
            self.mem.write_region(region, offset, &data[done..done + n]);
            done += n;
        }
        true
    }
}

/// A peripheral. Offsets are byte offsets from its base and multiples of 4. The bus converts narrower guest accesses
/// to whole-register ones.
pub trait Device {
    /// Returns the register table.
    fn spec(&self) -> &'static Spec;
    /// Returns a register's value without side effects.
    fn peek(&self, offset: u32, v: &DevView) -> u32;
    /// Handles a guest's read. By default reading has no side effects and this is [`Device::peek`].
    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        self.peek(offset, &cx.view())
    }
    /// Returns the virtual time up to which reads of the register return the same value and change nothing, provided that no
    /// other access, event or message reaches the device before ([`STEADY`]: until one does). Lets busy-waiting loops
    /// be skipped. The default, `v.now`, promises nothing.
    fn steady_until(&self, _offset: u32, v: &DevView) -> Ticks {
        v.now
    }
    /// Handles a guest's write.
    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx);
    /// Handles an event at the time requested with [`Cx::schedule`].
    fn event(&mut self, _tag: u8, _cx: &mut Cx) {}
    /// Handles a message from another device or from outside the chip.
    fn message(&mut self, _msg: &DevMsg, _cx: &mut Cx) {}
    /// Sets the registers to their reset values. The device must also cancel its events and clear its interrupt lines.
    fn reset(&mut self, cx: &mut Cx);
}
