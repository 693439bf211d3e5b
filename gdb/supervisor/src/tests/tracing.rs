//! Tests of tracepoints: collected data, ends of a run, and that the guest is not affected.

use super::conditions::{MS, hot, stops};
use super::tracepoints::{CollectAction, Find, TraceBlock, TraceState, Tracepoint};
use super::*;
use esplens_core::time::TICKS_PER_US;
use proptest::prelude::*;
use std::sync::Arc;

/// Address of the example's stack, used as data to collect.
const STACK: u32 = 0x3FFE_0000;

fn agent(code: &[u8]) -> Arc<Agent> {
    Arc::new(Agent::new(code.to_vec()).unwrap())
}

/// Creates a supervisor that collects at `point`.
fn tracing(point: Tracepoint) -> Supervisor {
    let mut s = Supervisor::new(machine());
    let by = s.handle().client().clone();
    assert!(s.session().traces_mut().define(point));
    s.session().traces_mut().start(0, &by);
    s
}

fn state(s: &Supervisor) -> TraceState {
    s.view().traces().state().clone()
}

/// Increments a trace state variable: `$2 = $2 + 1`.
const COUNT: [u8; 10] = [0x2C, 0, 2, 0x22, 1, 0x02, 0x2D, 0, 2, 0x27];

#[test]
fn every_crossing_is_a_frame_and_the_run_is_the_same() {
    let (pc, _) = hot();
    let mut plain = Supervisor::new(machine());
    assert_eq!(stops(&mut plain, 7 * MS), 0);
    let expected = plain.session().machine_mut().state_hash();
    let mut stopping = Supervisor::new(machine());
    let me = stopping.handle().client().clone();
    stopping.session().add_point(PointKind::Break, pc, 1, &me);
    let crossings = u64::from(stops(&mut stopping, 7 * MS));
    assert!(crossings > 0);

    let mut point = Tracepoint::new(3, pc);
    point.add_action(CollectAction::Memory { base: None, offset: STACK, len: 16 });
    // A UART's FIFO and status: reading them must have no side effects.
    point.add_action(CollectAction::Expression(agent(&[0x24, 0x3F, 0xF4, 0, 0, 0x0D, 8, 0x27])));
    point.add_action(CollectAction::Expression(agent(&[0x2E, 0, 1, 0x27])));
    let mut s = tracing(point);
    s.session().traces_mut().buffer.circular = true;
    assert_eq!(stops(&mut s, 7 * MS), 0);
    assert_eq!(s.session().machine_mut().state_hash(), expected);
    assert_eq!(state(&s), TraceState::Running);
    let traces = s.view().traces();
    assert_eq!(traces.points().next().unwrap().hits, crossings);
    assert_eq!(traces.buffer.created(), crossings);
    let (n, frame) = traces.buffer.find(&Find::Tracepoint(3), None).unwrap();
    assert_eq!((n, frame.pc(), frame.register(0)), (0, pc, Some(pc.into())));
    let mut bytes = [0; 24];
    assert_eq!(frame.memory(STACK, &mut bytes), 16);
    assert_eq!(frame.memory(STACK - 1, &mut bytes), 0);
    assert_eq!(frame.memory(0x3FF4_0002, &mut bytes), 6);
    let at = frame.variable(1).unwrap();
    assert!(at > 0 && at <= 7 * MS / TICKS_PER_US, "{at} us");
}

#[test]
fn a_pass_count_a_condition_and_an_error_end_it() {
    let (pc, _) = hot();
    let mut s = tracing(Tracepoint { pass_count: 2, ..Tracepoint::new(1, pc) });
    stops(&mut s, 7 * MS);
    assert_eq!((state(&s), s.view().traces().buffer.len()), (TraceState::PassCount(1), 2));

    let never = Some(agent(&[0x22, 0, 0x27]));
    let mut s = tracing(Tracepoint { condition: never, ..Tracepoint::new(1, pc) });
    stops(&mut s, 7 * MS);
    assert_eq!((state(&s), s.view().traces().buffer.len()), (TraceState::Running, 0));

    let division = Some(agent(&[0x22, 1, 0x22, 0, 0x06, 0x27]));
    let mut s = tracing(Tracepoint { condition: division, ..Tracepoint::new(1, pc) });
    stops(&mut s, 7 * MS);
    assert_eq!(state(&s), TraceState::Error(AgentError::Division, 1));

    let mut point = Tracepoint::new(1, pc);
    point.add_action(CollectAction::Memory { base: None, offset: 0x1000, len: 4 });
    let mut s = tracing(point);
    stops(&mut s, 7 * MS);
    assert_eq!(state(&s), TraceState::Error(AgentError::Memory(0x1000), 1));
    assert_eq!(s.view().traces().buffer.len(), 1, "what was collected before the error is kept");
}

#[test]
fn variables_live_from_hit_to_hit_and_begin_anew() {
    let (pc, _) = hot();
    let mut point = Tracepoint { pass_count: 3, ..Tracepoint::new(1, pc) };
    point.add_action(CollectAction::Expression(agent(&COUNT)));
    point.add_action(CollectAction::Expression(agent(&[0x2E, 0, 2, 0x27])));
    let mut s = tracing(point);
    assert!(s.session().traces_mut().variables.define(2, b"n".to_vec(), 40));
    stops(&mut s, 7 * MS);
    let values: Vec<_> = (0..3)
        .map(|n| s.view().traces().buffer.find(&Find::Number(n), None).unwrap().1.variable(2))
        .collect();
    assert_eq!(values, [Some(41), Some(42), Some(43)]);
    let by = s.handle().client().clone();
    s.session().traces_mut().start(0, &by);
    let value = |s: &Supervisor| s.view().traces().variables.value(2, s.view().machine());
    assert_eq!((value(&s), s.view().traces().buffer.len()), (Some(40), 0));
}

#[test]
fn a_full_buffer_ends_it_and_a_circular_one_goes_on() {
    let (pc, _) = hot();
    let size = 3000;
    let mut s = tracing(Tracepoint::new(1, pc));
    s.session().traces_mut().buffer.resize(size);
    stops(&mut s, 7 * MS);
    let full = s.view().traces();
    assert_eq!(*full.state(), TraceState::Full);
    let kept = full.buffer.len();
    assert!(kept > 1 && full.buffer.created() == kept as u64);

    let mut s = tracing(Tracepoint::new(1, pc));
    s.session().traces_mut().buffer.resize(size);
    s.session().traces_mut().buffer.circular = true;
    stops(&mut s, 7 * MS);
    let buffer = &s.view().traces().buffer;
    assert_eq!((state(&s), buffer.len()), (TraceState::Running, kept));
    assert!(buffer.created() > kept as u64 && buffer.free() < size as usize);
    let whole = buffer.read(0, usize::MAX);
    assert_eq!(whole.len(), kept * (6 + 421 + 27), "registers and the save area behind a head each");
    let pieces: Vec<u8> =
        (0..).map(|n| buffer.read(n * 100, 100)).take_while(|p| !p.is_empty()).flatten().collect();
    assert_eq!(pieces, whole);

    let mut point = Tracepoint::new(1, pc);
    point.add_action(CollectAction::Expression(agent(&[0x24, 0x3F, 0xFE, 0, 0, 0x23, 0x80, 0, 0x0C, 0x27])));
    let mut s = tracing(point);
    s.session().traces_mut().buffer.resize(size);
    s.session().traces_mut().buffer.circular = true;
    stops(&mut s, 7 * MS);
    assert_eq!(state(&s), TraceState::Full, "32 KiB never fit");
}

#[test]
fn steps_count_an_instruction_once() {
    let (pc, _) = hot();
    let mut s = tracing(Tracepoint::new(1, pc));
    let me = s.handle().client().clone();
    s.session().add_point(PointKind::Break, pc, 1, &me);
    let step = Plan { step: Some(Step { core: 0, range: 0..0, irq: false }), ..Plan::default() };
    s.session().resume(&Plan::default(), &me);
    assert_eq!(s.run(20 * MS), DriveResult::Paused);
    s.session().resume(&step, &me);
    assert_eq!(s.view().traces().buffer.created(), 1, "stopped there, then stepped over it");
    // Steps to the next hit and over it.
    for _ in 0..100_000 {
        let before = s.view().traces().buffer.created();
        let here = s.view().machine().cpu(0).pc;
        s.session().resume(&step, &me);
        if here == pc {
            assert_eq!(s.view().traces().buffer.created(), before + 1);
            return;
        }
        assert_eq!(s.view().traces().buffer.created(), before);
    }
    panic!("the loop does not come back");
}

#[test]
fn it_ends_with_its_client_unless_told_otherwise() {
    let (pc, _) = hot();
    for (disconnected, expected) in [(false, TraceState::Left), (true, TraceState::Running)] {
        let mut s = tracing(Tracepoint::new(1, pc));
        let (me, other) = (s.handle().client().clone(), s.handle().register("other").client().clone());
        s.session().traces_mut().disconnected = disconnected;
        s.session().traces_mut().left(5, &other);
        assert_eq!(state(&s), TraceState::Running);
        s.session().traces_mut().left(5, &me);
        assert_eq!(state(&s), expected);
    }
}

#[test]
fn strings_end_at_their_zero() {
    let mut m = machine();
    m.write_memory(0, STACK, b"hello\0world");
    let mut variables = Default::default();
    let hit = PointHit { machine: &m, core: 0 };
    let collect = |code: &[u8], variables: &mut _| {
        let mut point = Tracepoint::new(1, 0);
        point.add_action(CollectAction::Expression(agent(code)));
        tracepoints::testing::collect(&hit, &point, variables, 10_000)
    };
    let at = [0x24, 0x3F, 0xFE, 0, 0];
    for (max, expected) in [(100, &b"hello\0"[..]), (3, b"hel")] {
        let (frame, result) = collect(&[&at[..], &[0x22, max, 0x2F, 0x27]].concat(), &mut variables);
        assert_eq!(result, Ok(()));
        assert_eq!(
            frame.blocks().last(),
            Some(&TraceBlock::Memory { addr: STACK, bytes: expected.to_vec() })
        );
    }
}

proptest! {
    #[test]
    fn no_bytecode_collects_more_than_there_is_room_for(
        code in proptest::collection::vec(prop_oneof![0u8..0x36, any::<u8>()], 0..200),
        room in 700usize..5000,
    ) {
        thread_local!(static MACHINE: Machine = machine());
        MACHINE.with(|m| {
            let mut variables = Default::default();
            let mut point = Tracepoint::new(1, 0);
            point.add_action(CollectAction::Expression(agent(&code)));
            let hit = PointHit { machine: m, core: 0 };
            let (frame, _) = tracepoints::testing::collect(&hit, &point, &mut variables, room);
            assert!(frame.size() <= room, "{} bytes of {room}", frame.size());
        });
    }
}
