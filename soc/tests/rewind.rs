//! Reverse execution to any position of a run and forward again always gives the same machine.

use esplens_core::time::{TICKS_PER_US, Ticks};
use esplens_soc::boot::{LoadOptions, input};
use esplens_soc::machine::{
    ExecPosition, Goal, Input, Machine, MachineConfig, MachineState, Plan, RunExit, Step,
};
use esplens_soc::system::Output;

/// A random number generator with the same sequence in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

fn demo() -> Machine {
    let flash = include_bytes!("../../fixtures/demo/flash.bin");
    let input = input::from_bytes("demo".as_ref(), flash, &LoadOptions::default()).unwrap();
    Machine::new(MachineConfig::new(input.flash))
}

/// A position at which a run stopped, and the machine's state there.
#[derive(Debug, PartialEq, Eq)]
struct Mark {
    position: ExecPosition,
    now: Ticks,
    hash: [u8; 32],
}

fn mark(m: &mut Machine) -> Mark {
    Mark { position: m.position(), now: m.now(), hash: m.state_hash() }
}

/// The number of marks before a saved state, the state, the cores held there.
type Saved = (usize, MachineState, [bool; 2]);

/// Runs the demo with debugger actions and typed input. Returns it with its marks and some saved states.
fn run(random: &mut Random) -> (Machine, Vec<Mark>, Vec<Saved>) {
    let mut m = demo();
    let (mut marks, mut saved) = (Vec::new(), vec![(0, m.save(), [false; 2])]);
    m.run(300_000 * TICKS_PER_US);
    while marks.len() < 150 {
        match random.below(12) {
            0 => {
                let before = m.log().len();
                m.input(Input::Uart(0, b"stack 3\r".to_vec()));
                while m.log().len() == before {
                    m.run(m.now() + 100);
                }
            }
            1 => {
                let core = random.below(2) as usize;
                let irq = random.below(2) == 0;
                m.begin(&Plan { step: Some(Step { core, range: 0..0, irq }), ..Plan::default() });
                let until = m.now() + 100 * TICKS_PER_US;
                m.run_debug(until);
                m.abandon_plan();
            }
            2 => drop(m.read_real(0, 0x3FF4_8000, 4)),
            3 => saved.push((marks.len(), m.save(), m.frozen())),
            4 => drop(m.run(m.now() + random.below(20_000) * TICKS_PER_US)),
            5 => {
                let frozen = [0; 2].map(|_| random.below(3) == 0);
                m.begin(&Plan { frozen, step: None });
            }
            6..8 => drop(m.run(m.now() + random.below(3000))),
            _ => drop(m.run(m.now() + random.below(40_000_000))),
        }
        marks.push(mark(&mut m));
    }
    (m, marks, saved)
}

fn to(m: &mut Machine, position: ExecPosition) -> RunExit {
    loop {
        match m.run_goal(Goal::Position(position), Ticks::MAX, &mut |_, _, _| false) {
            RunExit::Reset(..) => {}
            exit => return exit,
        }
    }
}

#[test]
fn any_place_of_a_run_is_found_again() {
    let mut random = Random(11);
    let (mut m, marks, saved) = run(&mut random);
    assert!(m.log().len() > 20);
    m.take_output();
    let (end, log) = (marks.last().unwrap(), m.log().to_vec());
    for _ in 0..60 {
        let n = random.below(marks.len() as u64) as usize;
        let from = saved.iter().rev().find(|(before, ..)| *before <= n).unwrap();
        assert!(m.rewind(&from.1, from.2) && m.is_replaying());
        let exit = to(&mut m, marks[n].position);
        assert!(matches!(exit, RunExit::Stopped { .. }), "{n}: {exit:?}");
        assert_eq!(mark(&mut m), marks[n], "{n}");
    }
    let exit = loop {
        match m.run(Ticks::MAX) {
            RunExit::Reset(..) => {}
            exit => break exit,
        }
    };
    assert_eq!((exit, m.is_replaying()), (RunExit::ReplayFinished, false));
    assert_eq!(&mark(&mut m), end);
    assert_eq!(m.log(), log);
}

/// A debugger's write in the past makes the run diverge; input is queued until the end of the replay.
#[test]
fn a_deed_in_the_past_is_another_run() {
    let mut m = demo();
    m.run(500_000 * TICKS_PER_US);
    let early = m.save();
    m.input(Input::Uart(0, b"help\r".to_vec()));
    m.run(700_000 * TICKS_PER_US);
    let inputs = m.log().len();
    m.take_output();

    assert!(m.rewind(&early, [false; 2]));
    m.input(Input::Uart(0, b"stack 2\r".to_vec()));
    m.run(600_000 * TICKS_PER_US);
    assert!(m.is_replaying() && m.log().len() == inputs, "what was typed in the past waits");
    m.set_core_register(0, 0x0100, 1);
    assert!(!m.is_replaying());
    m.take_output();
    m.run(900_000 * TICKS_PER_US);
    let said: Vec<u8> = m
        .take_output()
        .into_iter()
        .filter_map(|o| if let Output::Uart { byte, .. } = o { Some(byte) } else { None })
        .collect();
    assert!(String::from_utf8_lossy(&said).contains("stack 2"), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn a_log_that_was_cut_does_not_reach_back() {
    let mut m = demo();
    let begin = m.save();
    m.run(500_000 * TICKS_PER_US);
    (0..2000).for_each(|_| m.input(Input::Uart(1, vec![b'x'; 100])));
    m.run(600_000 * TICKS_PER_US);
    m.trim_log(1000);
    let here = mark(&mut m);
    assert!(!m.rewind(&begin, [false; 2]) && !m.is_replaying());
    assert_eq!(mark(&mut m), here);
}
