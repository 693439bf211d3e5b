//! The peripherals: one folder each, `spec.rs` the registers as the manual names them, `mod.rs` the behaviour.

pub mod aes;
pub mod apb_ctrl;
pub mod dport;
pub mod efuse;
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

pub use regfile::{RegFile, Stored};
pub use table::{DevId, Devices};

use crate::irq::Source;
use crate::system::{AirInfo, Frame, Output, Request, System};
use crate::trace::{Event, Line};
use esplens_core::memory::{Memory, Region};
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use spec::Spec;

/// Work of a frame, besides that of its bytes.
const FRAME_WORK: u64 = 2_000;
/// Frames that may leave in one slice of time; no line carries more.
const MAX_WIRE: usize = 256;

/// A register's value does not change by itself ([`Device::steady_until`]).
pub const STEADY: Ticks = Ticks::MAX;

/// [`Device::steady_until`] for a value that changes once, at time `at`.
#[must_use]
pub fn steady_before(at: Ticks, v: &View) -> Ticks {
    if v.now < at { at } else { STEADY }
}

/// What one device tells another, or the outside tells a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Msg {
    /// Bytes arrive on a UART's receive line.
    UartRx(Vec<u8>),
    /// A break on a UART's receive line.
    UartBreak,
    /// A byte has crossed a UART's receive line just now (from another UART over the GPIO matrix).
    UartByte(u8),
    /// A peripheral drives its GPIO-matrix output signal (TRM table 4-2). To [`DevId::Gpio`].
    SignalOut(u16, bool),
    /// The GPIO matrix drives a peripheral's input signal.
    SignalIn(u16, bool),
    /// The outside drives a pad (`None`: lets go). To [`DevId::Gpio`].
    Pad(u8, Option<bool>),
    /// [`System::wires`] changed. From GPIO to the peripherals that play edges only when somebody listens.
    WiresChanged,
    /// A pad's IO_MUX register changed (GPIO number, its value). From IO_MUX to [`DevId::Gpio`].
    IoMux(u8, u32),
    /// A pad's RTC side changed (GPIO number). From RTCIO to [`DevId::Gpio`].
    RtcPad(u8, rtcio::RtcPad),
    /// Which of the digital pads (a bit a GPIO number) RTCIO holds as they are. To [`DevId::Gpio`].
    PadHold(u64),
    /// CPU, APB or RTC slow clock changed: rebase what counts with it.
    ClockChanged,
    /// A sleep begins (true: deep): clocks of the digital core stop.
    Sleep(bool),
    /// A light sleep ends: clocks run on.
    Wake,
    /// The ULP or a touch pad or ... asks the RTC to wake the chip (RTC_CNTL wake-up cause bits 10:0; with EXT1,
    /// bits 28:11 are the RTC pads that caused it).
    WakeCause(u32),
    /// An Ethernet frame arrives.
    Frame(Vec<u8>),
    /// The Ethernet cable is plugged in (true) or pulled out.
    Link(bool),
    /// A Wi-Fi frame reaches the antenna. To [`DevId::WifiMac`].
    AirFrame(crate::net::air::OnAir),
    /// A frame of a transmit slot was answered with this signal strength in dBm, or not. To [`DevId::WifiMac`].
    AirAnswer(u8, Option<i8>),
}

/// What a side-effect-free read may look at.
pub struct View<'a> {
    /// Virtual time.
    pub now: Ticks,
    /// Shared state.
    pub sys: &'a System,
    /// All storage.
    pub mem: &'a Memory,
}

/// What a device may look at and change while it handles an access, event or message.
pub struct Cx<'a> {
    /// Virtual time of the access; never runs backwards.
    pub now: Ticks,
    /// Which device is being called.
    pub dev: DevId,
    /// The core that accesses (0 for events and messages).
    pub core: u8,
    /// The accessing instruction's address (0 for events and messages).
    pub pc: u32,
    /// Shared state.
    pub sys: &'a mut System,
    /// All storage, for DMA.
    pub mem: &'a mut Memory,
}

impl Cx<'_> {
    /// The same without the right to change anything.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View { now: self.now, sys: self.sys, mem: self.mem }
    }

    /// Counts host work beyond that of a call ([`esplens_core::work::Work`]): an operation whose length the guest
    /// chooses must say so.
    pub fn charge(&self, units: u64) {
        self.mem.work.charge(units);
    }

    /// Drives an interrupt line.
    pub fn irq(&mut self, source: Source, level: bool) {
        if self.sys.irq.set(source, level) && self.sys.trace.on(Event::IrqSource) {
            let text = self.sys.irq.describe(source);
            self.trace(Event::IrqSource, || text);
        }
    }

    /// Calls this device's [`Device::event`] with `tag` (0..15) at time `at`; replaces an earlier call for that tag.
    pub fn schedule(&mut self, tag: u8, at: Ticks) {
        self.sys.events.schedule(self.dev.slot(tag), at);
    }

    /// Takes back [`Cx::schedule`].
    pub fn cancel(&mut self, tag: u8) {
        self.sys.events.cancel(self.dev.slot(tag));
    }

    /// Sends a message; delivered right after the current call returns.
    pub fn send(&mut self, to: DevId, msg: Msg) {
        self.sys.messages.push_back((to, msg));
    }

    /// Asks the machine for something.
    pub fn request(&mut self, request: Request) {
        self.sys.requests.push(request);
    }

    /// Hands something to the outside.
    pub fn output(&mut self, output: Output) {
        self.sys.out.push(output);
    }

    /// A frame leaves the MAC: to the network, and to whoever watches.
    pub fn send_frame(&mut self, frame: Vec<u8>) {
        self.charge(FRAME_WORK + 4 * frame.len() as u64);
        if self.sys.wire.len() < MAX_WIRE {
            self.sys.wire.push(frame.clone());
        }
        self.show_frame(frame, None);
    }

    /// Shows a frame that the guest sends to debuggers and captures.
    pub fn show_frame(&mut self, bytes: Vec<u8>, air: Option<AirInfo>) {
        let (at, core, pc) = (self.now, self.core, self.pc);
        let frame = Frame { at, to_guest: false, core, pc, bytes, air };
        self.sys.tap.note(&frame);
        self.output(Output::Frame(frame));
    }

    /// Traces an event, if it is on.
    #[inline]
    pub fn trace(&mut self, event: Event, text: impl FnOnce() -> String) {
        if self.sys.trace.on(event) {
            self.traced(event, text);
        }
    }

    /// Apart, so that a device's registers are as quick to reach as without it: firmware polls them.
    #[cold]
    #[inline(never)]
    fn traced(&mut self, event: Event, text: impl FnOnce() -> String) {
        let line = Line::new(event, self.now, (self.core, self.pc), text());
        self.sys.trace_line(self.mem, line);
    }

    /// Tells every device that counts with it that a clock changed. Call after changing `sys.clocks`.
    pub fn clock_changed(&mut self) {
        for dev in DevId::ALL {
            self.send(*dev, Msg::ClockChanged);
        }
        self.sys.irq.changed = true; // the machine rebases the cores' budgets
    }

    /// Warns once about a register.
    pub fn warn_reg(&mut self, spec: &Spec, offset: u32, what: &str) {
        let name = spec.at(offset).map_or("?", |r| r.name);
        self.sys.warn(format!("{} {name} (offset {offset:#05x}): {what}", spec.name));
    }

    /// Finds the storage behind an address that a DMA engine uses (internal SRAM on the data bus).
    #[must_use]
    pub fn dma_region(&self, addr: u32) -> Option<(Region, usize)> {
        let b = &self.sys.banks;
        let banks = [(0x3FFE_0000, b.sram1), (0x3FFA_E000, b.sram2)];
        banks.into_iter().find_map(|(base, region)| {
            let (region, offset) = (region?, addr.checked_sub(base)? as usize);
            (offset < region.bytes()).then_some((region, offset))
        })
    }

    /// DMA read of internal SRAM; false when part of it is not DMA-capable memory.
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

    /// DMA write to internal SRAM; false when part of it is not DMA-capable memory.
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

/// A peripheral. Offsets are byte offsets from its base, a multiple of 4; narrower guest accesses are turned into
/// whole-register ones by the bus.
pub trait Device {
    /// Its registers.
    fn spec(&self) -> &'static Spec;
    /// A register's value without any side effect.
    fn peek(&self, offset: u32, v: &View) -> u32;
    /// A guest's read; where reading has no effect this is [`Device::peek`].
    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        self.peek(offset, &cx.view())
    }
    /// Virtual time up to which reads of the register all return the same value and change nothing, provided that no other
    /// access, event or message reaches the device before ([`STEADY`]: until one does). Lets busy-waiting loops be
    /// skipped. The default, `v.now`, promises nothing.
    fn steady_until(&self, _offset: u32, v: &View) -> Ticks {
        v.now
    }
    /// A guest's write.
    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx);
    /// A time asked for with [`Cx::schedule`] has come.
    fn event(&mut self, _tag: u8, _cx: &mut Cx) {}
    /// A message from another device or the outside.
    fn message(&mut self, _msg: &Msg, _cx: &mut Cx) {}
    /// Back to the reset values; events and interrupt lines are this device's to clear.
    fn reset(&mut self, cx: &mut Cx);
}
