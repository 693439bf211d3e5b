//! Floating-point registers of tasks that do not run: in ESP-IDF's lazily saved area, and in a core whose unit still
//! holds them. The firmware has one task that would use floats if its sensor answered. The test sets its registers so
//! that it does, and then those of another task.

use esplens_debuginfo::symbols::FileRole;
use esplens_testkit::{Rsp, boot, firmware, serve};

/// Addresses in `dht_read_float_data`: behind its call that reads the sensor; of `float.s f0, a8, 0`; of the
/// instruction behind that.
const SENSOR_READ: u32 = 0x400D_43A2;
const FLOAT: u32 = 0x400D_43A6;
const BEHIND_FLOAT: u32 = 0x400D_43A9;
/// GDB's numbers of pc, a8 and f0.
const PC: usize = 0;
const A8: usize = 165;
const F0: usize = 87;

#[test]
fn floats_of_a_task_that_does_not_run_are_found() {
    let Some(dir) = firmware("idf-6.1-dht") else { return };
    let (handle, port) = serve(boot(&std::fs::read(dir.join("flash.bin")).unwrap(), "dht"));
    handle.symbols().load_now(FileRole::App, &dir.join("app.elf")).unwrap();
    let mut g = Rsp::ready(port);
    let thread = |g: &mut Rsp, tcb: &str| assert_eq!(g.call(&format!("Hgp1.{tcb}")), "OK");
    let handle_of = |g: &mut Rsp, name: &str| {
        let table = g.monitor("freertos tasks");
        let line = table.lines().find(|l| l.starts_with(name)).unwrap_or_else(|| panic!("{table}"));
        line.rsplit("0x").next().unwrap().to_string()
    };

    // Makes a task convert a number that the test chooses, from the point where the sensor was read.
    let convert = |g: &mut Rsp, tcb: &str, number: u32, whose: &str| {
        thread(g, tcb);
        g.set_register(A8, number);
        g.set_register(PC, FLOAT);
        g.stop_at(&format!("{BEHIND_FLOAT:#x}{whose}"));
        thread(g, tcb);
        assert_eq!(f32::from_bits(g.register(F0)), number as f32);
    };

    // The first task converts a number, and the test sets the other registers of the unit.
    g.stop_at(&format!("{SENSOR_READ:#x}"));
    let dht = handle_of(&mut g, "dht_task");
    convert(&mut g, &dht, 7, "");
    for n in 1..16u16 {
        g.set_register(F0 + usize::from(n), (f32::from(n) + 0.5).to_bits());
    }
    // The task continues with another number, 0.
    let expected: Vec<f32> = std::iter::once(0.0).chain((1..16).map(|n| n as f32 + 0.5)).collect();
    let floats = |g: &mut Rsp| (0..16).map(|n| f32::from_bits(g.register(F0 + n))).collect::<Vec<_>>();

    // No other task has used floats since: the unit holds the registers while the task sleeps.
    let main = handle_of(&mut g, "main");
    g.stop_at("esp_log task main");
    thread(&mut g, &dht);
    assert!(g.monitor("freertos tasks").lines().any(|l| l.starts_with("dht_task") && !l.contains("running")));
    assert_eq!(floats(&mut g), expected, "still in the unit");

    // Another task converts a number: the kernel's exception handler saves the first task's registers.
    convert(&mut g, &main, 99, " task main");
    thread(&mut g, &dht);
    assert_eq!(floats(&mut g), expected, "from the save area");
}
