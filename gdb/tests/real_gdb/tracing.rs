//! Tracepoints: the demo's producer and consumer, watched without a stop.

use crate::script::Bench;
use std::io::Write;

/// Line of the demo's main.c that holds `text`.
fn line(text: &str) -> usize {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/demo/main.c");
    let source = std::fs::read_to_string(path).unwrap();
    source.lines().position(|l| l.contains(text)).unwrap() + 1
}

/// A file of commands: GDB reads a list of actions from files only.
fn script(commands: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".gdb").tempfile().unwrap();
    file.write_all(commands.as_bytes()).unwrap();
    file
}

#[test]
fn a_producer_and_a_consumer_are_traced() {
    let Some(bench) = Bench::demo() else { return };
    let dir = tempfile::tempdir().unwrap();
    let saved = dir.path().join("trace.tf").display().to_string();
    let (made, taken) = (line("counters.produced++"), line("counters.consumed++"));
    let file = script(&format!(
        "trace main.c:{made}\n\
         actions\ncollect message, counters.produced, $trace_timestamp\nend\n\
         trace main.c:{taken} if message.number % 2 == 0\n\
         actions\ncollect $regs, $locals, counters.consumed\nteval $even = $even + 1\ncollect $even\nend\n\
         trace xQueueGenericSend\n\
         actions\ncollect $args\nend\npasscount 1000000 3\n"
    ));
    let t = bench.run(&[
        "tb app_main",
        "c",
        "tvariable $even = 100",
        &format!("source {}", file.path().display()),
        "tstart",
        "tb heartbeat_fired",
        "c",
        "tstop",
        "tstatus",
        "info tracepoints",
        "tfind start",
        "tdump",
        "tfind tracepoint 2",
        "p message.number",
        "tdump",
        "info threads",
        "p counters",
        "tfind",
        "p message.number",
        "tfind tracepoint 3",
        "info args",
        "tfind end",
        "p counters",
        &format!("tsave {saved}"),
    ]);
    println!("{t}");
    let t = bench.run_bare(&[&format!("target tfile {saved}"), "tstatus", "tfind 0", "tdump", "tfind 1", "tdump", "tfind 2", "tdump", "p $pc"]);
    println!("{t}");
}
