//! Special and user registers: reads, and writes with their effects (ISA chapter 5).

use super::{CONFIG_ID, Cpu};
use crate::isa::{sr, ur};
use crate::memory::Memory;

/// Cache attribute of all regions after reset: 2, "RWX, bypass" (ISA 4.6.3.3).
pub const TLB_RESET: [u8; 8] = [2; 8];

impl Cpu {
    /// Reads a special register (RSR). Returns `None` if it does not exist or is not readable.
    #[must_use]
    pub fn read_special(&self, n: u8) -> Option<u32> {
        Some(match n {
            sr::LBEG => self.lbeg,
            sr::LEND => self.lend,
            sr::LCOUNT => self.lcount,
            sr::SAR => self.sar,
            sr::BR => self.br,
            sr::SCOMPARE1 => self.scompare1,
            sr::ACCLO => self.acclo,
            sr::ACCHI => self.acchi & 0xFF,
            sr::M0..=sr::M3 => self.m[usize::from(n - sr::M0)],
            sr::WINDOWBASE => self.windowbase(),
            sr::WINDOWSTART => self.windowstart,
            _ => return self.read_system(n),
        })
    }

    /// Reads the system registers for [`Cpu::read_special`].
    fn read_system(&self, n: u8) -> Option<u32> {
        Some(match n {
            sr::IBREAKENABLE => self.ibreakenable,
            sr::MEMCTL => self.memctl,
            sr::ATOMCTL => self.atomctl,
            sr::DDR => self.ddr,
            sr::IBREAKA0..=sr::IBREAKA1 => self.ibreaka[usize::from(n - sr::IBREAKA0)],
            sr::DBREAKA0..=sr::DBREAKA1 => self.dbreaka[usize::from(n - sr::DBREAKA0)],
            sr::DBREAKC0..=sr::DBREAKC1 => self.dbreakc[usize::from(n - sr::DBREAKC0)],
            sr::CONFIGID0 => self.configid0,
            sr::CONFIGID1 => CONFIG_ID.1,
            sr::EPC1..=sr::EPC7 => self.epc[usize::from(n - sr::EPC1) + 1],
            sr::DEPC => self.depc,
            sr::EPS2..=sr::EPS7 => self.eps[usize::from(n - sr::EPS2) + 2],
            sr::EXCSAVE1..=sr::EXCSAVE7 => self.excsave[usize::from(n - sr::EXCSAVE1) + 1],
            sr::CPENABLE => self.cpenable,
            sr::INTERRUPT => self.interrupt(),
            sr::INTENABLE => self.intenable,
            sr::PS => self.ps,
            sr::VECBASE => self.vecbase,
            sr::EXCCAUSE => self.exccause,
            sr::DEBUGCAUSE => self.debugcause,
            sr::CCOUNT => self.ccount(),
            sr::PRID => self.prid,
            sr::ICOUNT => self.icount,
            sr::ICOUNTLEVEL => self.icountlevel,
            sr::EXCVADDR => self.excvaddr,
            sr::CCOMPARE0..=sr::CCOMPARE2 => self.ccompare[usize::from(n - sr::CCOMPARE0)],
            sr::MISC0..=sr::MISC3 => self.misc[usize::from(n - sr::MISC0)],
            _ => return None,
        })
    }

    /// Writes a special register (WSR). Returns `None` if it does not exist or is not writable. DBREAK uses
    /// `core` and `mem`.
    pub fn write_special(&mut self, n: u8, v: u32, core: usize, mem: &mut Memory) -> Option<()> {
        match n {
            sr::LBEG => self.lbeg = v,
            sr::LEND => self.lend = v,
            sr::LCOUNT => self.lcount = v,
            sr::SAR => self.sar = v & 63,
            sr::BR => self.br = v & 0xFFFF,
            sr::SCOMPARE1 => self.scompare1 = v,
            sr::ACCLO => self.acclo = v,
            sr::ACCHI => self.acchi = v & 0xFF,
            sr::M0..=sr::M3 => self.m[usize::from(n - sr::M0)] = v,
            sr::WINDOWBASE => self.set_windowbase(v),
            sr::WINDOWSTART => self.set_windowstart(v),
            sr::DBREAKA0..=sr::DBREAKA1 => {
                self.dbreaka[usize::from(n - sr::DBREAKA0)] = v;
                self.sync_dbreak(core, mem);
            }
            sr::DBREAKC0..=sr::DBREAKC1 => {
                self.dbreakc[usize::from(n - sr::DBREAKC0)] = v & 0xC000_003F;
                self.sync_dbreak(core, mem);
            }
            _ => return self.write_system(n, v),
        }
        Some(())
    }

    /// Writes the system registers for [`Cpu::write_special`].
    fn write_system(&mut self, n: u8, v: u32) -> Option<()> {
        match n {
            sr::MMID => self.mmid = v,
            sr::IBREAKENABLE => self.ibreakenable = v & 3,
            sr::MEMCTL => self.memctl = v & 1,
            sr::ATOMCTL => self.atomctl = v & 0x3F,
            sr::DDR => self.ddr = v,
            sr::IBREAKA0..=sr::IBREAKA1 => self.ibreaka[usize::from(n - sr::IBREAKA0)] = v,
            // Writing CONFIGID0 is allowed and has no effect (ISA 5.3, ConfigID0).
            sr::CONFIGID0 => {}
            sr::EPC1..=sr::EPC7 => self.epc[usize::from(n - sr::EPC1) + 1] = v,
            sr::DEPC => self.depc = v,
            sr::EPS2..=sr::EPS7 => self.eps[usize::from(n - sr::EPS2) + 2] = v & super::ps::MASK,
            sr::EXCSAVE1..=sr::EXCSAVE7 => self.excsave[usize::from(n - sr::EXCSAVE1) + 1] = v,
            sr::CPENABLE => self.cpenable = v & 0xFF,
            sr::INTSET => self.intset(v),
            sr::INTCLEAR => self.intclear(v),
            sr::INTENABLE => self.intenable = v,
            sr::PS => self.set_ps(v),
            sr::VECBASE => self.vecbase = v & !0x3FF,
            sr::EXCCAUSE => self.exccause = v & 0x3F,
            sr::DEBUGCAUSE => self.debugcause = v & 0xFFF,
            sr::CCOUNT => self.ccount_offset = v.wrapping_sub(self.cycles as u32),
            sr::ICOUNT => self.icount = v,
            sr::ICOUNTLEVEL => self.icountlevel = v & 15,
            sr::EXCVADDR => self.excvaddr = v,
            sr::CCOMPARE0..=sr::CCOMPARE2 => self.set_ccompare(usize::from(n - sr::CCOMPARE0), v),
            sr::MISC0..=sr::MISC3 => self.misc[usize::from(n - sr::MISC0)] = v,
            _ => return None,
        }
        Some(())
    }

    /// Reads a user register (RUR). Returns `None` if it does not exist. FCR and FSR need coprocessor 0,
    /// which the caller checks.
    #[must_use]
    pub fn read_user(&self, n: u8) -> Option<u32> {
        Some(match n {
            ur::EXPSTATE => self.expstate,
            ur::THREADPTR => self.threadptr,
            ur::FCR => self.fp.fcr,
            ur::FSR => self.fp.fsr,
            ur::F64R_LO => self.f64r_lo,
            ur::F64R_HI => self.f64r_hi,
            ur::F64S => self.f64s,
            _ => return None,
        })
    }

    /// Writes a user register (WUR). Returns `None` if it does not exist.
    pub fn write_user(&mut self, n: u8, v: u32) -> Option<()> {
        match n {
            ur::EXPSTATE => self.expstate = v,
            ur::THREADPTR => self.threadptr = v,
            ur::FCR => self.fp.set_fcr(v),
            ur::FSR => self.fp.set_fsr(v),
            ur::F64R_LO => self.f64r_lo = v,
            ur::F64R_HI => self.f64r_hi = v,
            ur::F64S => self.f64s = v,
            _ => return None,
        }
        Some(())
    }
}
