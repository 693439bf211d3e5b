//! A chip without cores: registers over the bus, virtual time, events.

use esplens_core::memory::{Access, Bus, Memory};
use esplens_core::time::{TICKS_PER_US, Ticks};
use esplens_soc::banks;
use esplens_soc::boot::RomSet;
use esplens_soc::bus::{Soc, TimeBase};
use esplens_soc::dev::rtc_cntl::spec as rtc;
use esplens_soc::dev::{DevId, DevMsg, Devices};
use esplens_soc::system::{Output, System};

/// All devices and storage.
pub struct Chip {
    /// The devices.
    pub soc: Soc,
    /// The storage.
    pub mem: Memory,
    /// Virtual time.
    pub now: Ticks,
}

impl Chip {
    /// Creates a chip after power-on, with the PLL as IDF's start-up configures it: APB 80 MHz.
    pub fn powered() -> Self {
        let mut mem = Memory::default();
        let mut sys = System { strap: 0x12, random: 1, ..System::default() };
        sys.banks = banks::add_banks(&mut mem, &RomSet::builtin(3));
        sys.flash = Some(mem.add(4 << 20, 0xFF));
        sys.psram = Some(mem.add(4 << 20, 0));
        let soc = Soc { dev: Devices::new(), sys, base: TimeBase::default() };
        let mut chip = Self { soc, mem, now: 0 };
        for id in DevId::ALL {
            chip.soc.call(&mut chip.mem, (0, 0), 0, *id, |d, cx| d.reset(cx));
        }
        chip.set(DevId::RtcCntl, rtc::CLK_CONF, 0, 1 << 27);
        chip.write(DevId::RtcCntl, rtc::WDTCONFIG0, 0);
        chip.write(DevId::Timg0, esplens_soc::dev::timg::spec::WDTWPROTECT, 0x50D8_3AA1);
        chip.write(DevId::Timg0, esplens_soc::dev::timg::spec::WDTCONFIG0, 0);
        chip.soc.sys.requests.clear();
        chip
    }

    fn access(&mut self) -> (Access<'_>, &mut Soc) {
        self.soc.base = TimeBase { start: self.now, cycles: [0, 0], cpu_ticks: 1, end: self.now };
        (
            Access { core: 0, cycle: 0, pc: 0x400D_0000, mem: &mut self.mem, request_exit: false },
            &mut self.soc,
        )
    }

    /// Loads a register as the guest does.
    pub fn read(&mut self, id: DevId, offset: u32) -> u32 {
        let (mut a, soc) = self.access();
        soc.read(&mut a, id.range().0 + offset, 4).expect("a register answers")
    }

    /// Stores to a register as the guest does.
    pub fn write(&mut self, id: DevId, offset: u32, value: u32) {
        let (mut a, soc) = self.access();
        soc.write(&mut a, id.range().0 + offset, 4, value).expect("a register answers");
    }

    /// Clears and sets bits.
    pub fn set(&mut self, id: DevId, offset: u32, clear: u32, set: u32) {
        let old = self.read(id, offset);
        self.write(id, offset, old & !clear | set);
    }

    /// Advances virtual time.
    pub fn advance(&mut self, us: u64) {
        self.now += us * TICKS_PER_US;
        self.soc.run_events(&mut self.mem, self.now);
    }

    /// Runs a driver's wait loop, with one poll each microsecond. Returns the time in µs, at most `max_us`.
    pub fn wait(&mut self, what: &str, max_us: u64, done: impl Fn(&mut Self) -> bool) -> u64 {
        for us in 0..=max_us {
            if done(self) {
                return us;
            }
            self.advance(1);
        }
        panic!("{what} waits for more than {max_us} us");
    }

    /// Waits for bits to be set. Returns the time in µs.
    pub fn wait_set(&mut self, what: &str, max_us: u64, id: DevId, offset: u32, bits: u32) -> u64 {
        self.wait(what, max_us, |c| c.read(id, offset) & bits != 0)
    }

    /// Waits for bits to be clear. Returns the time in µs.
    pub fn wait_clear(&mut self, what: &str, max_us: u64, id: DevId, offset: u32, bits: u32) -> u64 {
        self.wait(what, max_us, |c| c.read(id, offset) & bits == 0)
    }

    /// Drives a pad from outside.
    pub fn pad(&mut self, n: u8, level: bool) {
        self.soc.sys.messages.push_back((DevId::Gpio, DevMsg::Pad(n, Some(level))));
        self.soc.deliver(&mut self.mem, self.now);
    }

    /// Writes to SRAM2 for DMA.
    pub fn poke(&mut self, addr: u32, bytes: &[u8]) {
        let region = self.soc.sys.banks.sram2.expect("SRAM2 is there");
        self.mem.write_region(region, (addr - 0x3FFA_E000) as usize, bytes);
    }

    /// Takes the warnings since the last call.
    pub fn warnings(&mut self) -> Vec<String> {
        let out = std::mem::take(&mut self.soc.sys.out);
        out.into_iter().filter_map(|o| if let Output::Warning(w) = o { Some(w) } else { None }).collect()
    }

    /// Routes a pin as `gpio_set_direction(pin, GPIO_MODE_INPUT_OUTPUT)` does, with the GPIO matrix's output and
    /// inputs.
    pub fn route(&mut self, pin: u8, output: Option<u8>, inputs: &[u8]) {
        use esplens_soc::dev::{gpio::spec as gpio, io_mux};
        let mux = io_mux::spec::OFFSET[usize::from(pin)];
        self.write(DevId::IoMux, mux, 2 << 12 | 1 << 9);
        if let Some(signal) = output {
            self.write(DevId::Gpio, gpio::ENABLE_W1TS, 1 << pin);
            self.write(DevId::Gpio, gpio::FUNC_OUT_SEL_CFG + 4 * u32::from(pin), signal.into());
        }
        for signal in inputs {
            let at = gpio::FUNC_IN_SEL_CFG + 4 * u32::from(*signal);
            self.write(DevId::Gpio, at, gpio::in_sel::SIG | u32::from(pin));
        }
    }
}
