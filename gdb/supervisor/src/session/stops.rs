//! Stops: their reasons, panic stops, and the stack frame that each client has selected.

use crate::event::{Client, Event, PointId, Stopped, Why};
use crate::point::{Point, PointKind};
use crate::session::{RunState, Session};
use esplens_core::cpu::exception::{Cause, vector};
use esplens_core::cpu::{Cpu, ps};
use esplens_core::debug::Stop;
use std::collections::BTreeMap;

/// Data about past stops.
#[derive(Default)]
pub struct Stops {
    /// Number of stops so far.
    pub count: u64,
    /// The core of the last stop.
    core: usize,
    /// The stack frame that each client selected and the stop at which it did, by client number.
    frames: BTreeMap<u32, (u64, usize)>,
}

/// Returns the exception that a core took with its last instruction, if its PC is at the vector.
fn exception(cpu: &Cpu) -> Option<Why> {
    if cpu.ps & ps::EXCM == 0 || cpu.exccause == Cause::Level1Interrupt as u32 {
        return None;
    }
    let pc = match cpu.pc.wrapping_sub(cpu.vecbase) {
        vector::KERNEL | vector::USER => cpu.epc[1],
        vector::DOUBLE => cpu.depc,
        _ => return None,
    };
    Some(Why::Exception { cause: cpu.exccause, pc, addr: cpu.excvaddr })
}

impl Session {
    /// Returns the number of the last stop; 0 before the first.
    #[must_use]
    pub fn stop_number(&self) -> u64 {
        self.stops.count
    }

    /// Records and publishes a stop.
    pub(crate) fn stopped(&mut self, core: usize, why: Why) -> Stopped {
        self.stops.count += 1;
        self.stops.core = core;
        self.enable_recording_by_default();
        let m = &self.machine;
        let stopped = Stopped { core, pc: m.cpu(core).pc, now: m.now(), why, number: self.stops.count };
        self.state = RunState::Stopped(stopped.clone());
        self.publish(Event::Stopped(stopped.clone()));
        stopped
    }

    /// Returns the reason for a stop of the machine.
    pub(crate) fn why(&self, core: usize, stop: Stop) -> Why {
        let taken = if stop == Stop::Step { exception(self.machine.cpu(core)) } else { None };
        taken.unwrap_or_else(|| self.points.why(&self.machine, core, stop))
    }

    /// Replaces the reason of stop `number` if it is the current one: the result of a step that consists of several
    /// stops.
    pub fn retell(&mut self, number: u64, why: Why) {
        if let RunState::Stopped(stopped) = &mut self.state
            && stopped.number == number
        {
            stopped.why = why;
            self.touched = true;
        }
    }

    /// Returns the core of the last stop.
    #[must_use]
    pub fn last_core(&self) -> usize {
        match &self.state {
            RunState::Stopped(stopped) => stopped.core,
            RunState::Running => self.stops.core,
        }
    }

    /// Returns the stack frame that a client has selected; 0, the innermost, after each stop.
    #[must_use]
    pub fn frame_of(&self, client: &Client) -> usize {
        let chosen = self.stops.frames.get(&client.id).filter(|(stop, _)| *stop == self.stops.count);
        chosen.map_or(0, |(_, frame)| *frame)
    }

    /// Selects a stack frame for a client until the next stop.
    pub fn choose_frame(&mut self, client: &Client, frame: usize) {
        self.stops.frames.insert(client.id, (self.stops.count, frame));
    }

    /// Adds a breakpoint at the guest's panic handler `name`. The machine stops at the first such breakpoint after a
    /// reset.
    pub fn add_panic_point(&mut self, addr: u32, name: &str, client: &Client) -> Option<PointId> {
        let panic = Some(name.to_string());
        self.insert_point(Point { panic, ..Point::new(PointKind::Break, addr, 1, client) })
    }

    /// Returns true if the machine stops at guest panics because any client asked for it.
    #[must_use]
    pub fn stops_at_panics(&self) -> bool {
        self.stop_on_reset || self.panic_points().any(|(_, p)| p.enabled)
    }

    /// Returns the points at panic handlers: those set by users and those of `panic-stop`.
    pub fn panic_points(&self) -> impl Iterator<Item = (PointId, &Point)> {
        self.points.iter().filter(|(_, p)| p.panic.is_some())
    }

    /// Removes all points at panic handlers.
    pub fn remove_panic_points(&mut self) {
        let ids: Vec<PointId> = self.panic_points().map(|(id, _)| id).collect();
        ids.into_iter().for_each(|id| _ = self.remove_point(id));
    }
}
