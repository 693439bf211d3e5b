//! Stops: what they are about, which of them panics are, and the stack frame that a client looks at since.

use super::event::{Event, Stopped, Why};
use super::handle::Client;
use super::point::{Point, PointId, PointKind};
use super::session::{RunState, Session};
use esplens_core::cpu::exception::{Cause, vector};
use esplens_core::cpu::{Cpu, ps};
use esplens_core::debug::Stop;
use std::collections::BTreeMap;

/// What is known of the last stops beside the one that holds.
#[derive(Default)]
pub struct Stops {
    /// How many there were.
    pub count: u64,
    /// The core that the last one was about.
    core: usize,
    /// The stack frame that each client looks at, and since which stop.
    frames: BTreeMap<u32, (u64, usize)>,
}

/// The exception that a core took with its last instruction, when it stands at the vector.
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
    /// Number of the last stop; 0 before the first.
    #[must_use]
    pub fn stop_number(&self) -> u64 {
        self.stops.count
    }

    /// Notes and publishes a stop.
    pub(super) fn stopped(&mut self, core: usize, why: Why) -> Stopped {
        self.stops.count += 1;
        self.stops.core = core;
        self.record_by_itself();
        let m = &self.machine;
        let stopped = Stopped { core, pc: m.cpu(core).pc, now: m.now(), why, number: self.stops.count };
        self.state = RunState::Stopped(stopped.clone());
        self.publish(Event::Stopped(stopped.clone()));
        stopped
    }

    /// Why a stop of the machine's is one.
    pub(super) fn why(&self, core: usize, stop: Stop) -> Why {
        let taken = if stop == Stop::Step { exception(self.machine.cpu(core)) } else { None };
        taken.unwrap_or_else(|| self.points.why(&self.machine, core, stop))
    }

    /// Says better why the machine stands, when that stop still holds: what a step of several stops came to.
    pub fn retell(&mut self, number: u64, why: Why) {
        if let RunState::Stopped(stopped) = &mut self.state
            && stopped.number == number
        {
            stopped.why = why;
            self.touched = true;
        }
    }

    /// The core that the last stop was about.
    #[must_use]
    pub fn last_core(&self) -> usize {
        match &self.state {
            RunState::Stopped(stopped) => stopped.core,
            RunState::Running => self.stops.core,
        }
    }

    /// The stack frame that a client looks at: 0, the innermost, after each stop.
    #[must_use]
    pub fn frame_of(&self, client: &Client) -> usize {
        let chosen = self.stops.frames.get(&client.id).filter(|(stop, _)| *stop == self.stops.count);
        chosen.map_or(0, |(_, frame)| *frame)
    }

    /// Lets a client look at a stack frame until the next stop.
    pub fn choose_frame(&mut self, client: &Client, frame: usize) {
        self.stops.frames.insert(client.id, (self.stops.count, frame));
    }

    /// Marks `addr` as the guest's panic handler `name`: the machine stops there, at the first such point after a reset.
    pub fn add_panic_point(&mut self, addr: u32, name: &str, client: &Client) -> Option<PointId> {
        let panic = Some(name.to_string());
        self.insert_point(Point { panic, ..Point::new(PointKind::Break, addr, 1, client) })
    }

    /// Whether the machine stops when the guest panics, by whichever client's wish.
    #[must_use]
    pub fn stops_at_panics(&self) -> bool {
        self.stop_on_reset || self.panic_points().any(|(_, p)| p.enabled)
    }

    /// The points at panic handlers, users' own and those of `panic-stop`.
    pub fn panic_points(&self) -> impl Iterator<Item = (PointId, &Point)> {
        self.points.iter().filter(|(_, p)| p.panic.is_some())
    }

    /// Takes away all points at panic handlers.
    pub fn remove_panic_points(&mut self) {
        let ids: Vec<PointId> = self.panic_points().map(|(id, _)| id).collect();
        ids.into_iter().for_each(|id| _ = self.remove_point(id));
    }
}
