//! Traces the demo's crash to its cause in GDB: the session of docs/user/gdb.md.

use crate::script::Bench;
use esplens_debuginfo::symbols::FileRole;
use esplens_soc::machine::Input;
use esplens_testkit::demo_elf;

#[test]
fn gdb_takes_the_crash_to_its_cause() {
    let Some(bench) = Bench::demo() else { return };
    bench.handle.symbols().load_now(FileRole::App, &demo_elf()).unwrap();
    bench.run_and_stop(300);
    bench.handle.call(|s| s.machine_mut().input(Input::Uart(0, b"crash\n".to_vec()))).unwrap();
    let t = bench.run(&[
        "monitor break panic",
        "c",
        "monitor bt",
        "tb *frame->pc",
        "reverse-continue",
        "p *sensor",
        "up 2",
        "p broken",
        "watch -l broken.readings",
        "reverse-continue",
        "info symbol $pc",
        "p broken.readings",
        "delete",
        "c",
    ]);
    t.expect("monitor break panic", &["panic is ", "in port_panic at "]);
    t.expect("c", &["received signal SIGABRT", "port_panic"]);
    t.expect("monitor bt", &["<interrupted here>", "in read_sensor", "in average", "in demo_crash"]);
    t.expect("reverse-continue", &["read_sensor (", "main.c:290"]);
    t.expect("p *sensor", &["id = 42", "readings = 0x0"]);
    t.expect("up 2", &["demo_crash (", "main.c:306"]);
    t.expect("p broken", &["id = 42", "readings = 0x0"]);
    t.expect_nth("reverse-continue", 1, &["watchpoint", "Old value = (uint32_t *) 0x0", "main.c:304"]);
    t.expect("info symbol $pc", &["demo_crash"]);
    // And forward again to the same panic.
    t.expect_nth("c", 1, &["No more reverse-execution history", "port_panic (frame="]);
    t.no_complaints();
}
