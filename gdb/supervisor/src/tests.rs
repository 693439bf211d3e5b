//! Tests of the supervisor with the built-in example.

use super::*;
use crate::testing::machine;
use esplens_soc::machine::{Machine, Plan, Step};
use esplens_soc::system::Output;
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

/// A running machine with its supervisor, driven by the test.
fn supervisor() -> Supervisor {
    let mut s = Supervisor::new(machine());
    let by = s.handle().register("t").client().clone();
    s.session().resume(&Plan::default(), &by);
    s
}

#[test]
fn streams_are_filtered_bounded_and_counted() {
    let mut s = supervisor();
    let trace = |pattern: &str| {
        let mut trace = esplens_soc::trace::TraceSet::default();
        assert!(trace.apply(pattern));
        trace
    };
    let uart = s.session().stream_lines(trace("uart_tx"), usize::MAX);
    let slow = s.session().stream_lines(trace("*"), 10);
    s.session().trace_mut().apply("mmu_cache");
    let mut machine_text = 0;
    let mut mine = Vec::new();
    for ms in 1..=200 {
        s.run(ms * 1000 * esplens_core::time::TICKS_PER_US);
        mine.extend(s.take_output().into_iter().filter_map(|o| match o {
            Output::Trace(line) => Some(line),
            Output::Uart { .. } => {
                machine_text += 1;
                None
            }
            _ => None,
        }));
    }
    assert!(machine_text > 100);
    assert!(!mine.is_empty() && mine.iter().all(|l| l.event.name() == "mmu_cache"), "only --trace's");
    let uart = uart.take();
    assert_eq!((uart.items.len(), uart.lost), (machine_text, 0));
    let batch = slow.take();
    assert_eq!(batch.items.len(), 10, "no more than was asked for");
    assert!(batch.lost > 1000, "{}", batch.lost);
    assert_eq!(slow.take().lost, 0);
    // A dropped stream no longer selects events.
    drop(slow);
    s.take_output();
    s.session().trace_mut().apply("-*");
    s.run(201_000 * esplens_core::time::TICKS_PER_US);
    assert!(!s.take_output().iter().any(|o| matches!(o, Output::Trace(_))));
}

mod conditions;
mod tracing;
mod vocabulary;

/// Returns the next event other than output: the pad levels at power-on are published when the machine's thread handles
/// them.
fn next(events: &mut tokio::sync::broadcast::Receiver<Event>) -> Event {
    loop {
        match events.blocking_recv().unwrap() {
            Event::Output(_) => {}
            other => return other,
        }
    }
}

#[test]
fn a_change_to_a_machine_that_stands_still_is_told_a_look_is_not() {
    let (root, thread) = spawn(machine(), Speed::Max).unwrap();
    let h = root.register("a");
    let mut events = h.subscribe();
    // The speed was set before the first request.
    h.call(|s| s.status()).unwrap();
    assert!(matches!(next(&mut events), Event::Touched));
    // Any event caused by the first request is published before the second one is executed.
    h.call(|s| s.status()).unwrap();
    h.call(|s| s.status()).unwrap();
    let told = std::iter::from_fn(|| events.try_recv().ok()).find(|e| !matches!(e, Event::Output(_)));
    assert!(told.is_none(), "looking changes nothing, but {told:?} was told");
    let by = h.client().clone();
    h.call(move |s| s.add_point(PointKind::Break, 0x4000_0400, 1, &by)).unwrap();
    // The event follows the response.
    assert!(matches!(next(&mut events), Event::Touched));
    let other = h.register("b");
    assert!(matches!(next(&mut events), Event::Touched), "a client came");
    drop(other);
    assert!(matches!(next(&mut events), Event::Touched), "and went");
    let by = h.client().clone();
    h.call(move |s| s.quit(&by)).unwrap();
    thread.join().unwrap();
    assert!(matches!(next(&mut events), Event::Quit(_)));
    // Remaining output is published before.
    while !matches!(events.blocking_recv().unwrap(), Event::Gone) {}
}

#[test]
fn a_request_rings_for_a_thread_that_rests_and_for_no_other() {
    let mut supervisor = Supervisor::new(machine());
    assert!(!supervisor.is_idle(), "nothing would wake it");
    let (ring, rung) = std::sync::mpsc::channel();
    let ring = std::sync::Mutex::new(ring);
    supervisor.on_request(move || ring.lock().unwrap().send(()).unwrap());
    let ask = |h: Handle| std::thread::spawn(move || h.call(|s| s.stop_number()).unwrap());
    let early = ask(supervisor.handle());
    while !early.is_finished() {
        supervisor.serve(Duration::from_millis(1));
    }
    assert!(rung.try_recv().is_err(), "it did not rest");
    assert!(supervisor.is_idle());
    let late = ask(supervisor.handle());
    rung.recv_timeout(Duration::from_secs(60)).expect("it rings");
    while !late.is_finished() {
        supervisor.serve(Duration::from_millis(1));
    }
    assert!(rung.try_recv().is_err(), "once");
}
