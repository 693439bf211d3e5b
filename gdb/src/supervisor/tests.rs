//! The supervisor with the built-in example.

use super::testing::machine;
use super::*;
use esplens_soc::machine::{Plan, Step};
use std::time::Duration;
use tokio::sync::broadcast::Receiver;

fn wait_stop(events: &mut Receiver<Event>) -> Stopped {
    loop {
        if let Event::Stopped(stopped) = events.blocking_recv().unwrap() {
            return stopped;
        }
    }
}

#[test]
fn clients_hear_who_stopped_the_machine_and_time_stands_still() {
    let (root, thread) = spawn(machine(), Speed::Max).unwrap();
    let (a, b) = (root.register("a"), root.register("b"));
    let mut events = b.subscribe();
    let by = a.client().clone();
    a.call(move |s| s.resume(&Plan::default(), &by)).unwrap();
    std::thread::sleep(Duration::from_millis(30));
    let by = a.client().clone();
    let stopped = a.call(move |s| s.stop(&by)).unwrap();
    assert_eq!(stopped.why, Why::Asked(a.client().clone()));
    assert_eq!(wait_stop(&mut events), stopped);
    let before = b.call(|s| s.machine_mut().state_hash()).unwrap();
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(b.call(|s| s.machine_mut().state_hash()).unwrap(), before);
    let by = b.client().clone();
    b.call(move |s| s.quit(&by)).unwrap();
    assert!(thread.join().unwrap().now() > 0);
    assert_eq!(a.call(|s| s.is_running()), Err(Gone));
}

#[test]
fn a_breakpoint_is_hit_passed_and_removed_with_its_client() {
    let (root, _thread) = spawn(machine(), Speed::Max).unwrap();
    let h = root.register("t");
    let (by, mut events) = (h.client().clone(), h.subscribe());
    let pc = {
        let by = by.clone();
        h.call(move |s| {
            let step = Step { core: 0, range: 0..0, irq: false };
            for _ in 0..100 {
                s.resume(&Plan { frozen: [false; 2], step: Some(step.clone()) }, &by);
            }
            s.machine().cpu(0).pc
        })
        .unwrap()
    };
    let c = by.clone();
    h.call(move |s| {
        s.add_point(PointKind::Break, pc, 1, &c);
        s.reset(&c);
        s.resume(&Plan::default(), &c);
    })
    .unwrap();
    let stopped = loop {
        let stopped = wait_stop(&mut events);
        if stopped.why != Why::Step {
            break stopped;
        }
    };
    assert_eq!((stopped.pc, &stopped.why), (pc, &Why::Breakpoint));
    let left = h
        .call(move |s| {
            s.remove_points_of(&by);
            s.points().count()
        })
        .unwrap();
    assert_eq!(left, 0);
}

mod conditions;
mod vocabulary;
