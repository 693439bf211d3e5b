//! Traces the demo's crash to its cause in the monitor, and checks the monitor's output at difficult places.

use esplens_core::time::TICKS_PER_US;
use esplens_debuginfo::symbols::FileRole;
use esplens_server::monitor;
use esplens_soc::machine::Input;
use esplens_supervisor::{Handle, RunState, Speed, Stopped, spawn};
use esplens_testkit::{demo, demo_elf};
use std::time::{Duration, Instant};

/// Monitor of the demo, 300 ms after its start, with `crash` typed on its console.
struct Monitor(Handle);

impl Monitor {
    fn about_to_crash() -> Self {
        let mut machine = demo();
        machine.run(300_000 * TICKS_PER_US);
        machine.input(Input::Uart(0, b"crash\n".to_vec()));
        let handle = spawn(machine, Speed::Max).unwrap().0.register("monitor");
        handle.symbols().load_now(FileRole::App, &demo_elf()).unwrap();
        Self(handle)
    }

    /// Returns the monitor's output for a command.
    fn says(&self, line: &str) -> String {
        monitor::run(&self.0, line)
    }

    /// Runs a command and checks that its output contains these words.
    fn expect(&self, line: &str, words: &[&str]) -> String {
        let said = self.says(line);
        assert!(words.iter().all(|w| said.contains(w)), "{line}: {said:?}, not {words:?}");
        said
    }

    /// Continues to the next stop.
    fn go_on(&self) -> Stopped {
        assert_eq!(self.says("c"), "");
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            match self.0.call(|s| s.status().state).unwrap() {
                RunState::Stopped(stopped) => return stopped,
                RunState::Running => assert!(Instant::now() < end, "no stop"),
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn core(&self) -> usize {
        self.0.call(|s| s.last_core()).unwrap()
    }
}

#[test]
fn the_monitor_takes_the_crash_to_its_cause() {
    let m = Monitor::about_to_crash();
    m.expect(
        "break panic",
        &["port_panic", "the chip's panic", " in port_panic at /fixtures/demo/port/port.c:"],
    );
    m.expect("record", &["recording is on"]);
    let stop = m.go_on();
    assert!(stop.to_string().starts_with("guest panic (port_panic)"), "{stop}");
    let bt =
        m.expect("bt", &["<interrupted here>", "in read_sensor at ", "in average at ", "in demo_crash at "]);
    let number = |function: &str| {
        let line = bt.lines().find(|l| l.contains(function)).unwrap_or_else(|| panic!("{function}: {bt}"));
        line[1..].split_whitespace().next().unwrap().to_string()
    };
    m.expect(&format!("frame {}", number("in read_sensor")), &["in read_sensor at ", "main.c:"]);
    m.expect("info args", &["sensor = ", "index = 0"]);
    m.expect("p *sensor", &["id = 42", "readings = 0x0"]);
    m.expect("up", &["in average at "]);
    m.expect("info locals", &["sum = 0"]);
    m.expect("down", &["in read_sensor at "]);
    m.expect(&format!("frame {}", number("in demo_crash")), &["in demo_crash at "]);
    let watch =
        m.expect("watch broken.readings", &["watch w broken.readings (", " at 0x3ff", ", 4 bytes, monitor"]);
    let end = m.expect("reverse-continue", &["watchpoint: store to 0x3ff", "in demo_crash at ", "main.c:30"]);
    assert!(end.contains(watch.split(" at ").nth(1).unwrap().split(',').next().unwrap()), "{watch} {end}");
    // All commands apply to the core that stopped, and to the innermost frame again.
    let core = m.core();
    assert!(
        m.says("list").contains("{ 42, NULL }") || m.says("bt").contains("demo_crash"),
        "{}",
        m.says("list")
    );
    m.expect("reg pc", &[&format!("{:#010x}", m.0.call(move |s| s.machine().cpu(core).pc).unwrap())]);
    m.expect("x/i $pc", &["s32i"]);
    // Forward again to the same panic.
    m.says("delete all");
    m.says("break panic");
    assert!(m.go_on().to_string().starts_with("guest panic (port_panic)"));
}

#[test]
fn parameters_at_an_entry_and_the_stack_in_the_vector() {
    let m = Monitor::about_to_crash();
    let entry = m.0.symbols().current().symbol("read_sensor").unwrap().addr;
    m.expect(&format!("break {entry:#x}"), &["1: break 0x", " in read_sensor at ", "main.c:"]);
    let stop = m.go_on();
    assert_eq!((stop.pc, m.says("x/i $pc").contains("entry")), (entry, true));
    m.expect("bt", &["#0  0x", "in read_sensor", "#1  0x", "in average", "in demo_crash"]);
    // a3 is still the caller's a3 here; the parameter is in a11.
    m.expect("info args", &["index = 0", "sensor = "]);
    m.expect("p *sensor", &["id = 42", "readings = 0x0"]);
    m.expect("info breakpoints", &["1: break", "1 hit, monitor"]);
    m.expect("disable 1", &[", off, "]);
    let said = (0..20).map(|_| m.says("step")).find(|s| s.contains("LoadProhibited")).expect("the fault");
    assert!(said.contains("LoadProhibited at 0x400") && said.contains("address 0x0, core"), "{said}");
    for n in 0..6 {
        let bt = m.says("bt");
        let after = bt.split("<interrupted here>").nth(1).unwrap_or_else(|| panic!("{n}: {bt}"));
        let names: Vec<_> = after.lines().filter_map(|l| l.split(" in ").nth(1)?.split(' ').next()).collect();
        assert_eq!(names[..3], ["read_sensor", "average", "demo_crash"], "{n}: {bt}");
        m.says("step");
    }
}

#[test]
fn lines_and_calls_either_way() {
    let m = Monitor::about_to_crash();
    m.says("break average");
    m.go_on();
    m.says("delete all");
    m.expect("up", &["in demo_crash at "]);
    m.expect("frame 99", &["No frame at level 99."]);
    m.expect("frame 0", &["in average at "]);
    m.expect("down", &["Bottom (innermost) frame selected"]);
    m.expect("reverse-finish", &["in demo_crash at "]);
    m.expect("x/i $pc", &["callx8"]);
    m.says("break panic");
    let stop = m.go_on();
    assert!(stop.to_string().contains("guest panic"), "{stop}");

    let m = Monitor::about_to_crash();
    m.says("break producer_task");
    m.go_on();
    m.says("delete all");
    let line = |said: &str| {
        assert!(said.contains("in producer_task at "), "{said}");
        said.split("main.c:").nth(1).unwrap_or(said).lines().next().unwrap().to_string()
    };
    let mut seen = vec![line(&m.says("frame"))];
    (0..4).for_each(|_| seen.push(line(&m.says("next"))));
    assert!(seen.windows(2).all(|w| w[0] != w[1]), "{seen:?}");
    for expected in seen.iter().rev().skip(1) {
        assert_eq!(line(&m.says("reverse-next")), *expected, "{seen:?}");
    }
}

#[test]
fn a_function_that_returns_is_said_to_be_finished() {
    let m = Monitor::about_to_crash();
    m.says("break xQueueGenericSend");
    m.go_on();
    let core = m.core();
    m.says("delete all");
    m.expect("finish", &["finished xQueueGenericSend, core "]);
    assert_eq!(m.core(), core, "a step is its core's");
    assert!(m.says("break").contains("no break- or watchpoints"));
    m.expect("next --core 2", &["next: "]);
}

#[test]
fn mistakes_are_told_in_a_line_of_our_own() {
    let m = Monitor::about_to_crash();
    for (line, said) in [
        ("frobnicate", "no command \"frobnicate\"; help lists them\n"),
        ("delete", "delete: number is missing; help delete tells more\n"),
        ("delete 7", "there is no point 7\n"),
        ("mdw zz", "mdw: \"zz\" is no 32-bit number; help mdw tells more\n"),
        ("system_reset now", "system_reset: \"now\" is too much here; help system_reset tells more\n"),
        ("watch nosuch", "no symbol \"nosuch\" in the loaded files\n"),
        ("watch 1 + 1", "1 + 1 lies in no memory: there is nothing to watch\n"),
        ("step-irq maybe", "step-irq: \"maybe\" is none of on, off; help step-irq tells more\n"),
    ] {
        assert_eq!(m.says(line).to_lowercase(), said.to_lowercase(), "{line}");
    }
}

#[test]
fn panics_stop_the_machine_or_do_not() {
    let m = Monitor::about_to_crash();
    m.expect("panic-stop", &["is off"]);
    m.expect("panic-stop on", &["is on: ", "port_panic"]);
    assert!(m.go_on().to_string().contains("guest panic"));
    let panic = m.0.call({
        let (symbols, rtos) = (m.0.symbols().current(), m.0.rtos());
        move |s| esplens_supervisor::panics::describe(s.machine(), s.last_core(), &symbols, rtos.as_deref())
    });
    let panic = panic.unwrap().to_string();
    assert!(panic.starts_with("LoadProhibited at read_sensor main.c:"), "{panic}");
    assert!(panic.ends_with(", address 0x0 (task console)"), "{panic}");
    m.expect("panic-stop off", &["is off"]);
    assert!(m.says("break").contains("no break- or watchpoints"));
}

#[test]
fn recording_begins_with_the_first_point_and_stays_as_it_is_wished() {
    let m = Monitor::about_to_crash();
    m.expect("record", &["recording is off"]);
    m.says("break average");
    m.expect("record", &["recording is on"]);
    m.expect("record off", &["recording is off"]);
    m.says("break demo_crash");
    m.expect("record", &["recording is off"]);
    m.expect("info record", &["recording is off"]);
}
