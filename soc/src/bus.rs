//! Accesses that no page table maps: peripherals, RTC slow memory, illegal cache accesses and unmapped addresses.

mod traced;

use crate::cache;
use crate::dev::{Cx, DevId, DevView, Device, Devices, ulp};
use crate::map;
use crate::system::{Narrow, System};
use esplens_core::memory::{Access, Bus, Fault, Memory, TrapInfo};
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};

/// External register number of DCRSET. With its bit EnableOCD set, ESP-IDF assumes that a debugger is attached.
const DCRSET: u32 = 0x0010_200C;
const ENABLE_OCD: u32 = 1;
/// Host work charged for calling a device.
const CALL: u64 = 100;
/// Host work charged for an access that no device answers, including the text of its warning.
const MISS: u64 = 500;
/// Limit for events run at one slice boundary. The events of a device that schedules itself for the current time again
/// and again are left until virtual time has advanced.
const MAX_EVENTS: usize = 10_000;
/// Limit for messages delivered after one access. Devices that send messages to each other in a loop are cut off.
const MAX_MESSAGES: usize = 10_000;

/// Start of a slice of virtual time; converts a core's cycle count to virtual time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeBase {
    /// Virtual time at the start of the slice.
    pub start: Ticks,
    /// Each core's cycle count at the start of the slice.
    pub cycles: [u64; 2],
    /// Ticks per cycle.
    pub cpu_ticks: u64,
    /// Virtual time at the slice's end.
    pub end: Ticks,
}

impl TimeBase {
    /// Returns the virtual time of a core's cycle.
    #[must_use]
    pub fn at(&self, core: usize, cycle: u64) -> Ticks {
        self.start + cycle.saturating_sub(self.cycles[core]) * self.cpu_ticks
    }
}

/// All devices and their shared state.
#[derive(Clone, Serialize, Deserialize)]
pub struct Soc {
    /// The peripherals.
    pub dev: Devices,
    /// Shared state.
    pub sys: System,
    /// The running slice's time base.
    pub base: TimeBase,
}

/// Owner of a bus address.
enum Target {
    Device(DevId, u32),
    RtcSlow(usize),
    /// RTC fast memory as seen by APP_CPU, which cannot reach it. PRO_CPU finds it in its page table.
    RtcFast,
    /// A cached window without a mapping.
    Cached,
    /// On the peripheral bus, but not assigned to a known peripheral.
    Hole,
    Nothing,
}

#[inline]
fn target(addr: u32) -> Target {
    let addr = map::without_ahb(addr);
    if map::PERIPHERALS.contains(&addr) {
        return DevId::at(addr).map_or(Target::Hole, |(id, offset)| Target::Device(id, offset));
    }
    if map::RTC_SLOW.contains(&addr) {
        return Target::RtcSlow((addr - map::RTC_SLOW.start) as usize);
    }
    if map::RTC_FAST_DATA.contains(&addr) || map::RTC_FAST_CODE.contains(&addr) {
        return Target::RtcFast;
    }
    if cache::is_window(addr) { Target::Cached } else { Target::Nothing }
}

impl Soc {
    /// Returns true if the current block must be left after this instruction: a request is pending, an interrupt line
    /// moved, or an event is due a cycle or more before the end of the slice.
    fn needs_service(&self) -> bool {
        self.sys.needs_service()
            || self.sys.events.next().saturating_add(self.base.cpu_ticks) <= self.base.end
    }

    /// Calls `f` on a device, then delivers the messages it caused.
    pub fn call<R>(
        &mut self,
        mem: &mut Memory,
        who: (usize, u32),
        now: Ticks,
        id: DevId,
        f: impl FnOnce(&mut dyn Device, &mut Cx) -> R,
    ) -> R {
        mem.work.charge(CALL);
        let now = now.max(self.sys.latest);
        self.sys.latest = now;
        let (core, pc) = who;
        let r = {
            let mut cx = Cx { now, dev: id, core: core as u8, pc, sys: &mut self.sys, mem };
            f(self.dev.get_mut(id), &mut cx)
        };
        if !self.sys.messages.is_empty() {
            self.deliver(mem, now);
        }
        r
    }

    /// Delivers messages between devices until there are none.
    pub fn deliver(&mut self, mem: &mut Memory, now: Ticks) {
        for _ in 0..MAX_MESSAGES {
            let Some((id, msg)) = self.sys.messages.pop_front() else { return };
            mem.work.charge(CALL);
            let mut cx = Cx { now, dev: id, core: 0, pc: 0, sys: &mut self.sys, mem };
            self.dev.get_mut(id).message(&msg, &mut cx);
        }
        self.sys.messages.clear();
        self.sys.warn("devices send messages to each other in a loop; cut off".into());
    }

    /// Runs the events due at or before `now`.
    pub fn run_events(&mut self, mem: &mut Memory, now: Ticks) {
        for _ in 0..MAX_EVENTS {
            let Some((slot, at)) = self.sys.events.pop(now) else { return };
            if slot == ulp::slot() {
                mem.work.charge(CALL);
                self.run_ulp(mem, at);
                if self.sys.ulp.debug.hit.is_some() {
                    return;
                }
                continue;
            }
            let (id, tag) = DevId::of_slot(slot);
            self.call(mem, (0, 0), at, id, |d, cx| d.event(tag, cx));
        }
    }

    /// Returns a register or a word of RTC slow memory without side effects, for debuggers. `None`: nothing at this
    /// address.
    #[must_use]
    pub fn peek(&self, mem: &Memory, addr: u32) -> Option<u32> {
        match target(addr & !3) {
            Target::Device(id, offset) => {
                let v = DevView { now: self.sys.latest, sys: &self.sys, mem };
                Some(self.dev.get(id).peek(offset, &v))
            }
            Target::RtcSlow(offset) => Some(self.rtc_word(mem, offset)),
            _ => None,
        }
    }

    pub(crate) fn rtc_word(&self, mem: &Memory, offset: usize) -> u32 {
        let mut bytes = [0; 4];
        if let Some(region) = self.sys.banks.rtc_slow {
            mem.read_region(region, offset, &mut bytes);
        }
        u32::from_le_bytes(bytes)
    }

    /// Warns about an access of APP_CPU to RTC fast memory. It has no effect and raises no exception
    /// (docs/decisions/rtc-fast.md).
    fn rtc_fast(&mut self, what: &str) {
        self.sys.warn(format!(
            "{what} of RTC fast memory by APP_CPU: only PRO_CPU reaches it (TRM 1.3.2.6), reads give 0, writes are lost"
        ));
    }

    fn hole(&mut self, addr: u32, what: &str) {
        self.sys.warn(format!("{what} of {addr:#010x}: no peripheral is known there"));
    }
}

/// Returns the bits of a register that an access of `size` bytes at `addr` covers (shifted down to bit 0), and their
/// shift.
fn lane(addr: u32, size: u8) -> (u32, u32) {
    let shift = (addr & 3) * 8;
    let mask = if size == 4 { u32::MAX } else { (1 << (size * 8)) - 1 };
    (mask, shift)
}

/// Describes an access narrower than a register to the device; `None` for a whole register.
fn narrow(addr: u32, size: u8, value: u32) -> Option<Narrow> {
    let (mask, _) = lane(addr, size);
    (size < 4).then_some(Narrow { byte: addr & 3, mask, value: value & mask })
}

impl Bus for Soc {
    fn on_trap(&mut self, a: &mut Access, what: TrapInfo) {
        self.trace_trap(a, what);
    }

    fn on_probed_store(&mut self, a: &mut Access, addr: u32, old: u32, value: u32) {
        self.trace_stored(a, addr, old, value);
    }

    fn pause_requested(&self) -> bool {
        !self.sys.tap.seen.is_empty()
    }

    fn rer(&mut self, _a: &mut Access, addr: u32) -> u32 {
        if addr == DCRSET && self.sys.ocd { ENABLE_OCD } else { 0 }
    }

    fn steady(&self, a: &Access, addr: u32, size: u8) -> Option<(u32, u64)> {
        let (mask, shift) = lane(addr, size);
        let (word, until) = match target(addr) {
            Target::Device(id, offset) => {
                let now = self.base.at(a.core, a.cycle).max(self.sys.latest);
                let v = DevView { now, sys: &self.sys, mem: a.mem };
                let until = self.dev.get(id).steady_until(offset & !3, &v);
                let cycles = until.saturating_sub(self.base.start) / self.base.cpu_ticks.max(1);
                let until = self.base.cycles[a.core].saturating_add(cycles);
                (self.dev.get(id).peek(offset & !3, &v), until)
            }
            Target::RtcSlow(offset) => (self.rtc_word(a.mem, offset & !3), u64::MAX),
            _ => return None,
        };
        Some((word >> shift & mask, until))
    }

    fn fetch_failed(&mut self, a: &mut Access, addr: u32) {
        cache::illegal_access(&mut self.sys, a.core, addr, true);
        a.request_exit |= self.needs_service();
    }

    fn read(&mut self, a: &mut Access, addr: u32, size: u8) -> Result<u32, Fault> {
        if !addr.is_multiple_of(size.into()) {
            return Err(Fault::Unaligned(addr));
        }
        let (mask, shift) = lane(addr, size);
        let word = match target(addr) {
            Target::Device(id, offset) => {
                let now = self.base.at(a.core, a.cycle);
                self.sys.narrow = narrow(addr, size, 0);
                let v = self.call(a.mem, (a.core, a.pc), now, id, |d, cx| d.read(offset & !3, cx));
                self.sys.narrow = None;
                a.request_exit |= self.needs_service();
                v
            }
            Target::RtcSlow(offset) => self.rtc_word(a.mem, offset & !3),
            Target::Cached => {
                let v = cache::illegal_access(&mut self.sys, a.core, addr, false).ok_or(Fault::Bus(addr))?;
                a.request_exit |= self.needs_service();
                v
            }
            Target::RtcFast => {
                self.rtc_fast("read");
                0
            }
            Target::Hole => {
                a.mem.work.charge(MISS);
                self.hole(addr, "read");
                0
            }
            Target::Nothing => return Err(Fault::Bus(addr)),
        };
        Ok(word >> shift & mask)
    }

    fn write(&mut self, a: &mut Access, addr: u32, size: u8, value: u32) -> Result<(), Fault> {
        if !addr.is_multiple_of(size.into()) {
            return Err(Fault::Unaligned(addr));
        }
        let (mask, shift) = lane(addr, size);
        match target(addr) {
            Target::Device(id, offset) => {
                let now = self.base.at(a.core, a.cycle);
                let offset = offset & !3;
                self.sys.narrow = narrow(addr, size, value);
                self.call(a.mem, (a.core, a.pc), now, id, |d, cx| {
                    let merged = if size == 4 {
                        value
                    } else {
                        d.peek(offset, &cx.view()) & !(mask << shift) | (value & mask) << shift
                    };
                    d.write(offset, merged, cx);
                });
                self.sys.narrow = None;
                a.request_exit |= self.needs_service();
            }
            Target::RtcSlow(offset) => {
                if let Some(region) = self.sys.banks.rtc_slow {
                    a.mem.write_region(region, offset, &value.to_le_bytes()[..size.into()]);
                }
            }
            Target::Cached => {
                cache::illegal_access(&mut self.sys, a.core, addr, false).ok_or(Fault::Bus(addr))?;
                a.request_exit |= self.needs_service();
            }
            Target::RtcFast => self.rtc_fast("write"),
            Target::Hole => {
                a.mem.work.charge(MISS);
                self.hole(addr, "write");
            }
            Target::Nothing => return Err(Fault::Bus(addr)),
        }
        Ok(())
    }
}
