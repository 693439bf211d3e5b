//! Random accesses to every peripheral: no register access of a guest may harm the host.

use esplens_core::memory::{Access, Bus, Memory, Page};
use esplens_core::time::Ticks;
use esplens_soc::bus::{Soc, TimeBase};
use esplens_soc::dev::DevId;
use esplens_soc::machine::{Machine, MachineConfig};

/// Random number generator xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) as u32
    }

    fn below(&mut self, n: u32) -> u32 {
        self.next() % n
    }

    /// Returns a register's address, its AHB alias, an unmapped address, an address in a cache window, or any
    /// other.
    fn addr(&mut self) -> u32 {
        let (base, size) = DevId::ALL[self.below(DevId::ALL.len() as u32) as usize].range();
        let within = base + (self.below(size) & if self.below(8) == 0 { !0 } else { !3 });
        match self.below(16) {
            0 if (0x3FF4_0000..0x3FF8_0000).contains(&within) => within - 0x3FF4_0000 + 0x6000_0000,
            1 => 0x3FF0_0000 + self.below(0x8_0000),
            2 => {
                [0x3F40_0000, 0x3F80_0000, 0x400D_0000, 0x5000_0000, 0x3FFB_0000][self.below(5) as usize]
                    + self.below(0x2_0000)
            }
            3 => self.next(),
            _ => within,
        }
    }

    /// Returns values with an effect on registers: bits, small counts, addresses of DMA memory, noise.
    fn value(&mut self) -> u32 {
        match self.below(8) {
            0 => 0,
            1 => u32::MAX,
            2 => 1 << self.below(32),
            3 => self.below(64),
            4 => 0x3FFB_0000 + (self.below(0x1_0000) & !3),
            5 => !(1 << self.below(32)),
            _ => self.next(),
        }
    }
}

/// Target of random accesses.
struct Fuzz {
    soc: Soc,
    mem: Memory,
    now: Ticks,
}

impl Fuzz {
    /// Creates the SoC of a machine with flash and PSRAM.
    fn new() -> Self {
        let page = std::sync::Arc::new(Page([0xFF; 4096]));
        let mut config = MachineConfig::new(vec![page; 512]);
        config.psram_bytes = 4 << 20;
        let (soc, mem) = Machine::new(config).into_parts();
        Self { soc, mem, now: 0 }
    }

    fn step(&mut self, r: &mut Random) {
        if r.below(4) == 0 {
            self.pass(r);
        }
        let core = r.below(2) as usize;
        let (addr, size) = (r.addr(), 1 << r.below(3));
        let value = r.value();
        let mut a = Access { core, cycle: 0, pc: 0x4008_0000, mem: &mut self.mem, request_exit: false };
        if r.below(3) == 0 {
            let _ = self.soc.read(&mut a, addr, size);
        } else {
            let _ = self.soc.write(&mut a, addr, size, value);
        }
        let _ = self.soc.peek(&self.mem, addr);
        self.soc.sys.requests.clear();
        self.soc.sys.out.clear();
    }

    /// Advances time from event to event as a machine does: mostly microseconds, sometimes days.
    fn pass(&mut self, r: &mut Random) {
        let step = u64::from(r.next()) >> r.below(32);
        let until = self.now + if r.below(2000) == 0 { step << 20 } else { step & 0xF_FFFF };
        for _ in 0..64 {
            self.now = self.soc.sys.events.next().clamp(self.now, until);
            self.soc.run_events(&mut self.mem, self.now);
        }
        self.soc.base = TimeBase {
            start: self.now,
            cycles: [0; 2],
            cpu_ticks: self.soc.sys.clocks.cpu_ticks(),
            end: self.now,
        };
    }
}

#[test]
fn random_accesses_to_every_peripheral_do_no_harm() {
    let full = std::env::var_os("ESPLENS_FULL").is_some();
    let (rounds, accesses) = if full { (500, 20_000) } else { (20, 10_000) };
    for seed in 1..=rounds {
        let mut r = Random(u64::wrapping_mul(seed, 0x9E37_79B9_7F4A_7C15));
        let mut fuzz = Fuzz::new();
        let started = std::time::Instant::now();
        for n in 0..accesses {
            fuzz.step(&mut r);
            assert!(started.elapsed().as_secs() < 120, "seed {seed}: hangs at access {n}");
        }
    }
}

/// ESP-IDF 5 reads `s_adc_tsen_enabled` there on the core that enters sleep (docs/decisions/rtc-fast.md).
#[test]
fn app_cpu_finds_nothing_in_rtc_fast_memory_and_no_exception() {
    let mut fuzz = Fuzz::new();
    assert_eq!(fuzz.mem.poke(0, 0x3FF8_0064, &[1]), 1);
    fuzz.soc.sys.out.clear();
    for addr in [0x3FF8_0064, 0x400C_0064] {
        let mut app = Access { core: 1, cycle: 0, pc: 0x4008_0000, mem: &mut fuzz.mem, request_exit: false };
        assert_eq!(fuzz.soc.write(&mut app, addr, 4, 0x55), Ok(()));
        assert_eq!(fuzz.soc.read(&mut app, addr, 1), Ok(0));
    }
    let mut seen = [0];
    fuzz.mem.peek(0, 0x3FF8_0064, &mut seen);
    assert_eq!(seen, [1], "PRO_CPU's memory is as it was");
    assert_eq!(fuzz.soc.sys.out.len(), 2, "one warning for reads, one for writes");
    let mut app = Access { core: 1, cycle: 0, pc: 0x4008_0000, mem: &mut fuzz.mem, request_exit: false };
    assert!(fuzz.soc.read(&mut app, 0x3FF8_2000, 4).is_err(), "the memory ends there");
}
