//! Tracepoints: the demo's producer and consumer, traced without a stop.

use crate::script::Bench;
use esplens_testkit::built_gdb;
use std::io::Write;

/// Returns the number of the line of the demo's main.c that contains `text`.
fn line(text: &str) -> usize {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/demo/main.c");
    let source = std::fs::read_to_string(path).unwrap();
    source.lines().position(|l| l.contains(text)).unwrap() + 1
}

/// Creates a file of commands: GDB reads a list of actions from files only.
fn script(commands: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".gdb").tempfile().unwrap();
    file.write_all(commands.as_bytes()).unwrap();
    file
}

/// Only a GDB with the stock register map starts a trace: Espressif's has no stack pointer among its target's registers
/// ("No virtual frame pointer available").
fn stock_bench() -> Option<Bench> {
    Bench::demo_with(built_gdb("xtensa-esp32-elf-gdb-stock"))
}

#[test]
fn a_producer_and_a_consumer_are_traced() {
    let Some(bench) = stock_bench() else { return };
    let dir = tempfile::tempdir().unwrap();
    let saved = dir.path().join("trace.tf").display().to_string();
    let taken = line("counters.consumed++");
    // The consumer's message is a local struct, which this GDB does not collect by its name.
    let file = script(&format!(
        "trace xQueueGenericSend if xQueue == messages\n\
         actions\ncollect $args, ((uint32_t *) pvItemToQueue)[0], ((uint32_t *) pvItemToQueue)[1]\n\
         collect counters.produced, $trace_timestamp\nend\n\
         trace main.c:{taken}\n\
         actions\ncollect $regs, *(uint32_t *) ($a1 + 32), counters\nteval $seen = $seen + 1\ncollect $seen\nend\n\
         trace vTaskDelay\nactions\ncollect $args, $locals\nend\npasscount 1000000 4\n\
         trace vQueueAddToRegistry\nactions\ncollect/s pcQueueName\nend\n"
    ));
    let [source, save] = [format!("source {}", file.path().display()), format!("tsave {saved}")];
    let sent =
        ["p ((uint32_t *) pvItemToQueue)[0]", "p ((uint32_t *) pvItemToQueue)[1]", "p counters.produced"];
    let got = "p *(uint32_t *) ($a1 + 32)";
    let mut commands =
        vec!["tb app_main", "c", "tvariable $seen = 100", &source, "tstart", "tb heartbeat_fired", "c"];
    commands.extend(["tstop", "tstatus", "info tracepoints", "tfind start", "p pcQueueName", "tdump"]);
    for _ in 0..2 {
        commands.push("tfind tracepoint 2");
        commands.extend(sent);
        commands.extend(["p xTicksToWait", "p $trace_timestamp"]);
    }
    commands.extend(["info args", "x/i $pc", "p counters.consumed", "tdump", "frame"]);
    commands.extend([
        "tfind tracepoint 3",
        got,
        "p counters.consumed",
        "p $seen",
        "p $prid",
        "tfind pc",
        got,
    ]);
    commands.extend([
        "tfind",
        "tfind tracepoint 4",
        "p xTicksToDelay",
        "tfind none",
        "p counters.timer_fired",
        &save,
    ]);
    let t = bench.run(&commands);
    t.expect(
        "tstatus",
        &["Trace stopped by a tstop command", "trace frames", "Trace will stop if GDB disconnects"],
    );
    t.expect("info tracepoints", &["trace only if xQueue == messages", "tracepoint already hit"]);
    t.expect("tfind start", &["Found trace frame 0, tracepoint 5"]);
    t.expect("p pcQueueName", &["\"TmrQ\""]);
    for (n, expected) in [[1, 1, 0], [2, 4, 1]].iter().enumerate() {
        assert_eq!(sent.map(|command| t.number_nth(command, n)), *expected, "message {n}\n{t}");
        assert_eq!(t.number_nth("p xTicksToWait", n), u64::from(u32::MAX), "{t}");
    }
    let apart = t.number_nth("p $trace_timestamp", 1) - t.number_nth("p $trace_timestamp", 0);
    assert!((190_000..=210_000).contains(&apart), "{apart} us between two messages\n{t}");
    t.expect("x/i $pc", &["=> 0x", "<xQueueGenericSend+"]);
    t.expect("p counters.consumed", &["<unavailable>"]);
    t.expect_nth(
        "tdump",
        1,
        &["Data collected at tracepoint 2", "xTicksToWait = 4294967295", "counters.produced = 1"],
    );
    t.expect("frame", &["xQueueGenericSend ("]);
    let number = t.number(got);
    assert_eq!(t.number_nth("p counters.consumed", 1), number - 1, "before the line is run\n{t}");
    assert_eq!((t.number("p $seen"), t.number("p $prid")), (100 + number, 0xABAB), "{t}");
    t.expect("tfind pc", &["tracepoint 3"]);
    assert_eq!(t.number_nth(got, 1), number + 1, "{t}");
    t.expect("tfind", &["Found trace frame"]);
    assert!(t.number("p xTicksToDelay") < 1000, "{t}");
    assert_eq!(t.number("p counters.timer_fired"), 0, "{t}");

    // The file contains the registers of a `g` packet: a stock GDB lacks a0 in it and can show no stack frame, but all
    // memory.
    let first =
        t.of("tfind tracepoint 2").trim_start_matches("Found trace frame ").split(',').next().unwrap();
    let find = format!("tfind {first}");
    let t =
        bench.run_bare(&[&format!("target tfile {saved}"), "tstatus", &find, "p counters.produced", "p $pc"]);
    t.expect("tstatus", &["Using a trace file", "trace frames"]);
    t.expect(&find, &[&format!("Found trace frame {first}, ")]);
    assert_eq!(t.number("p counters.produced"), 0, "{t}");
    t.expect("p $pc", &["<xQueueGenericSend+"]);
    // Espressif's GDB computes a0 from the window and shows the stack frame.
    let Some(other) = Bench::demo() else { return };
    let t = other.run_bare(&[&format!("target tfile {saved}"), &find, "bt 1", "p xTicksToWait"]);
    t.expect("bt 1", &["#0  xQueueGenericSend ("]);
    assert_eq!(t.number("p xTicksToWait"), u64::from(u32::MAX), "{t}");
}

#[test]
fn a_trace_outlives_its_gdb() {
    let Some(bench) = stock_bench() else { return };
    let file = script("trace xTaskIncrementTick if xTickCount % 10 == 0\nactions\ncollect xTickCount\nend\n");
    let source = format!("source {}", file.path().display());
    bench.run(&["tb app_main", "c", &source, "set disconnected-tracing on", "tstart", "detach"]);
    bench.wait_until(3000);
    let t = bench.run(&[
        "tstatus",
        "info tracepoints",
        "tstop",
        "tfind start",
        "p xTickCount",
        "tfind 5",
        "p xTickCount",
    ]);
    t.expect("tstatus", &["Trace is running on the target", "Trace will continue if GDB disconnects"]);
    t.expect(
        "info tracepoints",
        &["in xTaskIncrementTick", "trace only if xTickCount % 10 == 0", "collect xTickCount"],
    );
    let first = t.number("p xTickCount");
    assert_eq!((first % 10, t.number_nth("p xTickCount", 1)), (0, first + 50), "{t}");
}

#[test]
fn dprintf_in_agent_style_talks_without_a_stop() {
    let Some(bench) = Bench::demo() else { return };
    let made = line("counters.produced++");
    let value = "counters.produced, counters.produced * counters.produced";
    let dprintf = format!("dprintf main.c:{made},\"%u made, squared %u\\n\",{value}");
    let t = bench.run(&[
        "tb app_main",
        "c",
        "set dprintf-style agent",
        &dprintf,
        "tb heartbeat_fired",
        "c",
        "p counters",
    ]);
    t.expect_nth(
        "c",
        1,
        &["0 made, squared 0\n", "1 made, squared 1\n", "4 made, squared 16\n", "heartbeat_fired"],
    );
    t.expect("p counters", &["produced = 5"]);
    t.no_complaints();
}
