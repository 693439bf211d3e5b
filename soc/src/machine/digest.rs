//! A hash of the machine's architectural state, for users who compare runs. It does not depend on this program's
//! internal formats: it stays comparable between versions whose saved states are not.

use super::Machine;
use super::debug::reg;
use crate::bus::Soc;
use crate::dev::DevId;
use crate::dev::ulp::UlpState;
use esplens_core::memory::{CORES, Region};
use sha2::{Digest, Sha256};

/// Bytes hashed at once.
const CHUNK: usize = 1 << 16;

impl Machine {
    /// Returns a SHA-256 over the state visible to the guest and a debugger, all numbers little-endian:
    ///
    /// 1. virtual time in ticks of 1/480 µs and each core's retired instructions, 64 bits each;
    /// 2. for each core PC, AR0 to AR63, F0 to F15, then its special registers 0 to 255 and user registers 0 to 255,
    ///    only those that exist, 32 bits each;
    /// 3. SRAM 0, SRAM 1, SRAM 2, RTC fast memory, RTC slow memory, flash, PSRAM, only those that exist;
    /// 4. the registers of each peripheral that the register reference lists, by address, 32 bits each;
    /// 5. only while a program of the ULP coprocessor runs, 32 bits each: its PC in bytes, R0 to R3, the stage counter,
    ///    the flags (zero in bit 0, overflow in bit 1).
    /// 6. each SD card with what was written to it ([`crate::card::SdCards::digest`]).
    ///
    /// Takes about 10 ms for every 4 MB of flash and PSRAM.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.now().to_le_bytes());
        for cpu in &self.cpus {
            hash.update(cpu.retired.to_le_bytes());
        }
        for core in 0..CORES {
            self.digest_core(core, &mut hash);
        }
        let (sys, banks) = (&self.soc.sys, &self.soc.sys.banks);
        let memories = [banks.sram0, banks.sram1, banks.sram2, banks.rtc_fast, banks.rtc_slow];
        for region in memories.into_iter().chain([sys.flash, sys.psram]).flatten() {
            self.digest_memory(region, &mut hash);
        }
        self.digest_devices(&self.soc, &mut hash);
        self.digest_ulp(&mut hash);
        self.soc.sys.sd.digest(&mut hash);
        hash.finalize().into()
    }

    fn digest_core(&self, core: usize, hash: &mut Sha256) {
        let numbers = [reg::PC..reg::PC + 1, reg::AR0..reg::AR0 + 64, reg::F0..reg::F0 + 16];
        let others = [reg::SR..reg::SR + 256, reg::UR..reg::UR + 256];
        for number in numbers.into_iter().chain(others).flatten() {
            if let Some(value) = self.core_register(core, number) {
                hash.update(value.to_le_bytes());
            }
        }
    }

    fn digest_ulp(&self, hash: &mut Sha256) {
        let ulp = &self.soc.sys.ulp;
        if ulp.state != UlpState::Running {
            return;
        }
        let flags = u32::from(ulp.zero) | u32::from(ulp.overflow) << 1;
        let r = ulp.r.map(u32::from);
        for value in [u32::from(ulp.pc) * 4, r[0], r[1], r[2], r[3], ulp.stage.into(), flags] {
            hash.update(value.to_le_bytes());
        }
    }

    fn digest_memory(&self, region: Region, hash: &mut Sha256) {
        let mut chunk = vec![0; CHUNK.min(region.bytes())];
        for at in (0..region.bytes()).step_by(CHUNK) {
            let part = chunk.len().min(region.bytes() - at);
            self.mem.read_region(region, at, &mut chunk[..part]);
            hash.update(&chunk[..part]);
        }
    }

    fn digest_devices(&self, soc: &Soc, hash: &mut Sha256) {
        let mut devices = DevId::ALL.to_vec();
        devices.sort_by_key(|id| id.range().0);
        for id in devices {
            let base = id.range().0;
            for register in soc.dev.get(id).spec().regs {
                for n in 0..register.count {
                    let value = soc.peek(&self.mem, base + register.offset + n * register.stride);
                    hash.update(value.unwrap_or_default().to_le_bytes());
                }
            }
        }
    }
}
