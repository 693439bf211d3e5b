//! Save, restore and compare: all state of a machine is data.

use super::{Input, Machine, Sleep, Slice};
use crate::bus::Soc;
use crate::net::Net;
use crate::net::air::Air;
use crate::system::PacketTap;
use crate::{banks, cache};
use esplens_core::cpu::Cpu;
use esplens_core::engine::Engine;
use esplens_core::memory::{CORES, MemoryState};
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Version of the serialised format; other versions are refused. Must be raised with every change of the saved state.
const VERSION: u32 = 6;

/// A machine at one instant. It is cheap to clone and keep: pages are shared until they are written.
#[derive(Clone, Serialize, Deserialize)]
pub struct MachineState {
    version: u32,
    cpus: [Cpu; CORES],
    soc: Soc,
    now: Ticks,
    slice: Option<Slice>,
    sleep: Option<Sleep>,
    inputs: Vec<Input>,
    applied: u64,
    net: Option<Net>,
    air: Air,
    memory: MemoryState,
}

/// Reason why a saved state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Not a saved state, or truncated.
    #[error("not a saved machine: {0}")]
    Format(#[from] postcard::Error),
    /// Saved by another version of the format.
    #[error(
        "a machine saved in version {0} of the format; this esplens reads version {VERSION}: boot the image anew"
    )]
    Version(u32),
}

impl MachineState {
    /// Serialises the state.
    ///
    /// # Errors
    /// [`StateError::Format`] when it cannot be serialised.
    pub fn to_bytes(&self) -> Result<Vec<u8>, StateError> {
        Ok(postcard::to_stdvec(self)?)
    }

    /// Deserialises a state from [`MachineState::to_bytes`].
    ///
    /// # Errors
    /// [`StateError`] for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        let (version, _) = postcard::take_from_bytes::<u32>(bytes)?;
        if version != VERSION {
            return Err(StateError::Version(version));
        }
        Ok(postcard::from_bytes(bytes)?)
    }

    /// Returns the number of inputs that had taken effect when it was saved.
    #[must_use]
    pub fn applied(&self) -> u64 {
        self.applied
    }

    /// Returns the virtual time at which it was saved.
    #[must_use]
    pub fn now(&self) -> Ticks {
        self.now
    }

    /// Returns a SHA-256 of the whole state.
    ///
    /// # Errors
    /// [`StateError::Format`] when it cannot be serialised.
    pub fn hash(&self) -> Result<[u8; 32], StateError> {
        Ok(Sha256::digest(self.to_bytes()?).into())
    }
}

impl Machine {
    /// Saves the machine; also possible inside a slice.
    #[must_use]
    pub fn save(&mut self) -> MachineState {
        let mut soc = self.soc.clone();
        // Not part of the state: outputs, and the record of warnings given.
        soc.sys.out.clear();
        soc.sys.warned.clear();
        soc.sys.ulp.debug = Default::default();
        MachineState {
            version: VERSION,
            cpus: self.cpus.clone(),
            soc,
            now: self.now,
            slice: self.slice,
            sleep: self.sleep,
            inputs: self.inputs.clone(),
            applied: self.applied,
            net: self.net.clone(),
            air: self.air.clone(),
            memory: self.mem.save(),
        }
    }

    /// Restores a state saved by a machine with the same configuration. A running [`Machine::replay`] is dropped.
    pub fn restore(&mut self, state: &MachineState) {
        let (out, warned) = (std::mem::take(&mut self.soc.sys.out), std::mem::take(&mut self.soc.sys.warned));
        let images = std::mem::take(&mut self.soc.sys.sd.images);
        let (trace, current_tcb_addrs, tap) =
            (self.soc.sys.trace, self.soc.sys.current_tcb_addrs, self.soc.sys.tap.on);
        let mut ulp_debug = std::mem::take(&mut self.soc.sys.ulp.debug);
        ulp_debug.hit = None;
        self.cpus = state.cpus.clone();
        self.soc = state.soc.clone();
        (self.soc.sys.out, self.soc.sys.warned) = (out, warned);
        (self.soc.sys.trace, self.soc.sys.current_tcb_addrs) = (trace, current_tcb_addrs);
        self.soc.sys.sd.images = images;
        self.soc.sys.tap = PacketTap { on: tap, seen: Vec::new() };
        self.soc.sys.ulp.debug = ulp_debug;
        self.resumes_events = false;
        self.now = state.now;
        self.slice = state.slice;
        self.sleep = state.sleep;
        self.inputs = state.inputs.clone();
        self.net = state.net.clone();
        self.air = state.air.clone();
        self.stale = self.net.is_some();
        self.rewind_log(state.applied);
        self.mem.restore(&state.memory);
        self.remap();
    }

    /// Truncates the log to the first `applied` inputs; clears it if it does not contain that position. Ends a replay.
    fn rewind_log(&mut self, applied: u64) {
        match applied.checked_sub(self.log_begin()) {
            Some(n) if n <= self.log.len() as u64 => self.log.truncate(n as usize),
            _ => self.log.clear(),
        }
        self.log_bytes = self.log.iter().map(|(_, input)| input.bytes()).sum();
        self.applied = applied;
        self.replay.clear();
        self.debug.end = None;
    }

    /// Rebuilds the page tables from the state.
    fn remap(&mut self) {
        banks::map_banks(&mut self.mem, &self.soc.sys);
        cache::refresh(&mut self.soc.sys, &mut self.mem);
        for core in 0..CORES {
            for region in 1..=2 {
                let illegal = self.cpus[core].dtlb[region as usize] == 15;
                self.mem.guard_region(core, region, illegal);
            }
            self.cpus[core].sync_dbreak(core, &mut self.mem);
            self.engines[core].flush();
        }
    }

    /// Returns a SHA-256 of the whole state; equal hashes are equal machines.
    #[must_use]
    pub fn state_hash(&mut self) -> [u8; 32] {
        // Serialising plain data into memory cannot fail.
        self.save().hash().unwrap_or_default()
    }
}
