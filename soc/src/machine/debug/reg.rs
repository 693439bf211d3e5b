//! Registers by the Xtensa tools' target numbers: 0x0000 a0, 0x0020 pc, 0x0030 f0, 0x0100 ar0, 0x0200 special
//! registers, 0x0300 user registers.

use super::super::Machine;
use super::DebugAction;
use esplens_core::cpu::AREGS;
use esplens_core::isa::sr;

/// The program counter.
pub const PC: u16 = 0x0020;
/// a0 of the current window; a15 is 15 further.
pub const A0: u16 = 0x0000;
/// ar0; ar63 is 63 further.
pub const AR0: u16 = 0x0100;
/// f0; f15 is 15 further.
pub const F0: u16 = 0x0030;
/// Special register 0.
pub const SR: u16 = 0x0200;
/// User register 0.
pub const UR: u16 = 0x0300;
/// PS.
pub const PS: u16 = SR + sr::PS as u16;

impl Machine {
    /// Returns a core's register; write-only ones read as the value written, or 0. `None`: no such register.
    #[must_use]
    pub fn core_register(&self, core: usize, number: u16) -> Option<u32> {
        let cpu = self.cpus.get(core)?;
        let n = (number & 0xFF) as u8;
        Some(match number {
            0x0000..=0x000F => cpu.a(n),
            PC => cpu.pc,
            0x0030..=0x003F => cpu.fr[usize::from(n & 15)],
            0x0100..=0x013F => cpu.ar[usize::from(n)],
            0x0200..=0x02FF => match n {
                sr::MMID => cpu.mmid,
                sr::INTCLEAR => 0,
                _ => cpu.read_special(n)?,
            },
            0x0300..=0x03FF => cpu.read_user(n)?,
            _ => return None,
        })
    }

    /// Writes a core's register with the architectural effect of the write; read-only ones keep their value. `None`: no
    /// such register.
    pub fn set_core_register(&mut self, core: usize, number: u16, value: u32) -> Option<()> {
        self.core_register(core, number)?;
        self.note(DebugAction::Register(core as u8, number, value));
        self.do_set_core_register(core, number, value)
    }

    pub(super) fn do_set_core_register(&mut self, core: usize, number: u16, value: u32) -> Option<()> {
        self.core_register(core, number)?;
        let cpu = &mut self.cpus[core];
        let n = (number & 0xFF) as u8;
        match number {
            0x0000..=0x000F => cpu.set_a(n, value),
            PC => {
                cpu.pc = value;
                cpu.waiting = false;
                self.debug.reported[core] = None;
            }
            0x0030..=0x003F => cpu.fr[usize::from(n & 15)] = value,
            0x0100..=0x013F => cpu.ar[usize::from(n) % AREGS] = value,
            // Registers that only RSR can access (PRID, CONFIGID1) keep their value.
            0x0200..=0x02FF => _ = cpu.write_special(n, value, core, &mut self.mem),
            _ => _ = cpu.write_user(n, value),
        }
        Some(())
    }
}
