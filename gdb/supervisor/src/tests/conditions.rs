//! Tests of conditions on points.

use super::*;
use esplens_core::memory::WatchKind;
use esplens_core::time::{TICKS_PER_US, Ticks};
use esplens_soc::machine::RunExit;
use std::sync::Arc;

pub const MS: Ticks = 1000 * TICKS_PER_US;

fn condition(code: &[u8]) -> Option<Condition> {
    Some(Condition::Agent(Arc::new(Agent::new(code.to_vec()).unwrap())))
}

/// Runs to `until` and returns the number of stops.
pub fn stops(s: &mut Supervisor, until: Ticks) -> u32 {
    let by = s.handle().client().clone();
    let mut count = 0;
    s.session().resume(&Plan::default(), &by);
    loop {
        match s.run(until) {
            DriveResult::Paused => {
                count += 1;
                s.session().resume(&Plan::default(), &by);
            }
            // The supervisor may return early.
            DriveResult::Machine(RunExit::Until) if s.view().machine().now() < until => {}
            DriveResult::Machine(RunExit::Until) => return count,
            other => panic!("{other:?}"),
        }
    }
}

/// Returns the PC after 6 ms, where a breakpoint without condition is hit, and a page of the stack for a watchpoint.
pub fn hot() -> (u32, u32) {
    let mut s = Supervisor::new(machine());
    stops(&mut s, 6 * MS);
    let cpu = s.view().machine().cpu(0);
    (cpu.pc, cpu.a(1) & !0xFFF)
}

#[test]
fn a_false_condition_leaves_no_trace_and_a_true_one_stops() {
    let mut plain = Supervisor::new(machine());
    assert_eq!(stops(&mut plain, 20 * MS), 0);
    let expected = plain.session().machine_mut().state_hash();
    let (pc, page) = hot();

    let mut s = Supervisor::new(machine());
    let me = s.handle().client().clone();
    // a1 == 0 is never true.
    let never = condition(&[0x26, 0, 158, 0x22, 0, 0x13, 0x27]);
    let id = s.session().insert_point(Point::new(PointKind::Break, pc, 1, &me).when(never.clone())).unwrap();
    let kind = PointKind::Watch(WatchKind::Access);
    s.session().insert_point(Point::new(kind, page, 0x1000, &me).when(never)).unwrap();
    assert_eq!(stops(&mut s, 20 * MS), 0);
    assert_eq!(s.session().machine_mut().state_hash(), expected);

    let mut s = Supervisor::new(machine());
    assert_eq!(id, 1);
    let is_pc = [&[0x26, 0, 0, 0x24][..], &pc.to_be_bytes(), &[0x13, 0x27]].concat();
    s.session().insert_point(Point::new(PointKind::Break, pc, 1, &me).when(condition(&is_pc))).unwrap();
    assert!(stops(&mut s, 20 * MS) > 0, "the breakpoint is hit when its condition holds");
}

#[test]
fn of_several_breakpoints_at_an_address_one_that_holds_is_enough() {
    let (pc, _) = hot();
    let mut s = Supervisor::new(machine());
    let me = s.handle().client().clone();
    let zero = || condition(&[0x22, 0, 0x27]);
    let first = s.session().insert_point(Point::new(PointKind::Break, pc, 1, &me).when(zero())).unwrap();
    assert_eq!(stops(&mut s, 10 * MS), 0);
    assert!(s.session().refine_point(first, condition(&[0x27]), None), "an expression without value");
    assert!(stops(&mut s, 11 * MS) > 0, "stops, so that the user sees why");
    let mut s = Supervisor::new(machine());
    s.session().insert_point(Point::new(PointKind::Break, pc, 1, &me).when(zero())).unwrap();
    s.session().insert_point(Point::new(PointKind::Break, pc, 1, &me)).unwrap();
    assert!(stops(&mut s, 10 * MS) > 0);
}
