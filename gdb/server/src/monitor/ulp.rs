//! `ulp`: the ULP coprocessor.

use super::{Error, Result, number};
use clap::{Args, Subcommand};
use esplens_soc::dev::ulp::{UlpState, isa};
use esplens_soc::machine::{Machine, Plan};
use esplens_soc::map::{RTC_BYTES, RTC_SLOW};
use esplens_supervisor::Handle;
use std::fmt::Write;

/// Shows the ULP coprocessor, or steps it, sets its breakpoints, disassembles. Addresses are those of RTC slow memory
/// (0x50000000) or byte offsets in it.
#[derive(Debug, Args)]
pub struct UlpCommand {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Run the machine to the ULP's next instruction.
    Step,
    /// Stop the machine before the ULP's instruction at an address, or list these breakpoints.
    Break {
        #[arg(value_parser = number)]
        addr: Option<u32>,
    },
    /// Delete a breakpoint of the ULP, or all.
    Delete {
        #[arg(value_parser = number)]
        addr: Option<u32>,
    },
    /// Disassemble.
    Disas {
        #[arg(value_parser = number)]
        addr: u32,
        /// Number of instructions.
        #[arg(default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=2048))]
        count: u32,
    },
}

impl UlpCommand {
    pub fn run(&self, handle: &Handle) -> Result {
        match self.what {
            None => Ok(handle.call(|s| describe(s.machine()))?),
            Some(What::Step) => step(handle),
            Some(What::Break { addr: Some(addr) }) => set(handle, Some(offset(addr)?), true),
            Some(What::Delete { addr }) => set(handle, addr.map(offset).transpose()?, false),
            Some(What::Break { addr: None }) => Ok(handle.call(|s| breaks(s.machine()))?),
            Some(What::Disas { addr, count }) => {
                let addr = offset(addr)?;
                Ok(handle.call(move |s| disassembly(s.machine(), addr, count))?)
            }
        }
    }
}

/// Returns the byte offset in RTC slow memory.
fn offset(addr: u32) -> std::result::Result<u32, Error> {
    let at = addr.checked_sub(RTC_SLOW.start).unwrap_or(addr);
    if at < RTC_BYTES as u32 && at.is_multiple_of(4) {
        return Ok(at);
    }
    Err(Error::User(format!(
        "{addr:#x} is no word of RTC slow memory: 0x50000000 to 0x50001ffc, or 0 to 0x1ffc"
    )))
}

fn step(handle: &Handle) -> Result {
    let by = handle.client().clone();
    let off = handle.call(move |s| {
        let off = s.machine().soc().sys.ulp.state == UlpState::Off;
        if !off {
            s.machine_mut().step_ulp();
            s.resume(&Plan::default(), &by);
        }
        off
    })?;
    if off {
        return Err(Error::User("the ULP is off; 'ulp break ADDR' stops at its first instruction".into()));
    }
    Ok(String::new())
}

/// Sets or deletes a breakpoint; `None` deletes all.
fn set(handle: &Handle, at: Option<u32>, on: bool) -> Result {
    let text = handle.call(move |s| {
        let all = s.machine().soc().sys.ulp.debug.breaks.iter().map(|word| u32::from(*word) * 4);
        let which: Vec<u32> = at.map_or_else(|| all.collect(), |at| vec![at]);
        which.into_iter().for_each(|at| s.machine_mut().set_ulp_breakpoint(at, on));
        if on { breaks(s.machine()) } else { String::new() }
    })?;
    Ok(text)
}

fn breaks(m: &Machine) -> String {
    let breaks = &m.soc().sys.ulp.debug.breaks;
    if breaks.is_empty() {
        return "no breakpoints of the ULP\n".into();
    }
    breaks.iter().map(|word| disassembly(m, u32::from(*word) * 4, 1)).collect()
}

/// Disassembles `count` words from a byte offset.
fn disassembly(m: &Machine, addr: u32, count: u32) -> String {
    let mut out = String::new();
    for at in (addr..RTC_BYTES as u32).step_by(4).take(count as usize) {
        let word = m.soc().peek(m.memory(), RTC_SLOW.start + at).unwrap_or(0);
        let _ = writeln!(out, "{at:#06x}: {word:08x} {}", isa::disassemble(word));
    }
    out
}

/// Describes the state of the ULP.
pub fn describe(m: &Machine) -> String {
    let ulp = &m.soc().sys.ulp;
    let state = match ulp.state {
        UlpState::Off => "off",
        UlpState::Sleeping => "sleeping, the timer will start it",
        UlpState::Running => "running",
    };
    let r = ulp.r;
    let flag = |on, name| if on { name } else { "" };
    let mut out = format!(
        "ULP: {state}, {} instructions so far\npc {:#06x} r0 {:04x} r1 {:04x} r2 {:04x} r3 {:04x} stage {} flags{}{} \
         sleep time {}\n",
        ulp.instructions,
        ulp.pc * 4,
        r[0],
        r[1],
        r[2],
        r[3],
        ulp.stage,
        flag(ulp.zero, " Z"),
        flag(ulp.overflow, " OV"),
        ulp.sleep_time,
    );
    if ulp.state == UlpState::Running {
        out += &disassembly(m, u32::from(ulp.pc) * 4, 4);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::run;
    use esplens_soc::dev::DevId;
    use esplens_supervisor::{RunState, Speed, Why, spawn};
    use esplens_testkit::hello as machine;

    /// Counts in memory word 16, and halts.
    const PROGRAM: [u32; 5] = [0x7280_0101, 0xD000_0006, 0x7200_001A, 0x6800_0006, 0xB000_0000];

    fn stopped_at(h: &Handle) -> Option<u32> {
        for _ in 0..2000 {
            let state = h.call(|s| s.status().state).unwrap();
            if let RunState::Stopped(stopped) = state {
                return match stopped.why {
                    Why::Ulp(addr) => Some(addr),
                    _ => None,
                };
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        None
    }

    #[test]
    fn breakpoints_and_steps_stop_the_machine() {
        let h = spawn(machine(), Speed::Max).unwrap().0.register("test");
        for (n, word) in PROGRAM.iter().enumerate() {
            run(&h, &format!("mww {:#x} {word:#x}", RTC_SLOW.start + 4 * n as u32));
        }
        assert_eq!(
            run(&h, "ulp disas 0 5"),
            "0x0000: 72800101 move r1, 16\n0x0004: d0000006 ld r2, r1, 0\n0x0008: 7200001a add r2, r2, 1\n\
             0x000c: 68000006 st r2, r1, 0\n0x0010: b0000000 halt\n"
        );
        assert!(run(&h, "ulp").starts_with("ULP: off"));
        assert!(run(&h, "ulp step").contains("off"));
        assert!(run(&h, "ulp break 0x3000").contains("no word"));
        assert!(run(&h, "ulp break 0x50000008").contains("add r2, r2, 1"));
        // STATE0.ULP_CP_SLP_TIMER_EN.
        run(&h, &format!("mww {:#x} 0x01300000", DevId::RtcCntl.range().0 + 0x18));
        run(&h, "resume");
        assert_eq!(stopped_at(&h), Some(8));
        assert!(run(&h, "ulp").contains("r1 0010 r2 0000"), "{}", run(&h, "ulp"));
        run(&h, "ulp step");
        assert_eq!(stopped_at(&h), Some(12));
        assert!(run(&h, "ulp").contains("r2 0001"), "{}", run(&h, "ulp"));
        run(&h, "resume");
        assert_eq!(stopped_at(&h), Some(8), "the timer has started it again");
        assert!(run(&h, "info ulp").contains("r2 0001"), "{}", run(&h, "info ulp"));
        assert_eq!(run(&h, "ulp delete"), "");
        assert!(run(&h, "ulp break").contains("no breakpoints"));
    }
}
