//! The supervisor with the built-in example.

use super::testing::machine;
use super::*;
use esplens_soc::machine::{Machine, Plan, Step};
use esplens_soc::system::Output;
use esplens_soc::trace::Line;
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

/// The machine with its owner, driven by hand.
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
        let mut trace = esplens_soc::trace::Trace::default();
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
    // Whoever goes takes the wish along: nothing is traced for nobody.
    drop(slow);
    s.take_output();
    s.session().trace_mut().apply("-*");
    s.run(201_000 * esplens_core::time::TICKS_PER_US);
    assert!(!s.take_output().iter().any(|o| matches!(o, Output::Trace(_))));
}

#[test]
fn lines_get_their_context_before_anybody_sees_them() {
    let mut s = supervisor();
    s.session().set_context(Box::new(|_: &Machine, line: &Line| Where {
        task: (line.pc != 0).then(|| "main".into()),
        symbol: Some(format!("f+{:#x}", line.pc & 0xFF).into()),
    }));
    let mut flash = esplens_soc::trace::Trace::default();
    flash.apply("flash_command");
    let stream = s.session().stream_lines(flash, 100);
    s.run(100_000 * esplens_core::time::TICKS_PER_US);
    s.take_output();
    let batch = stream.take();
    assert!(!batch.items.is_empty());
    assert!(batch.items.iter().all(|l| l.task.as_deref() == Some("main")));
    assert!(batch.items.iter().all(|l| l.symbol.as_deref().is_some_and(|s| s.starts_with("f+0x"))));
}
mod conditions;
mod tracing;
mod vocabulary;
