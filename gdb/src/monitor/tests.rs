//! Commands against a machine.

use super::*;
use crate::supervisor::testing::machine;
use crate::supervisor::{Speed, spawn};

fn handle() -> Handle {
    spawn(machine(), Speed::Max).unwrap().0.register("test")
}

#[test]
fn the_definition_is_sound_and_every_command_has_a_line_of_help() {
    Command::command().debug_assert();
    assert!(commands().iter().all(|(_, about)| !about.is_empty()));
}

#[test]
fn commands_people_type() {
    let h = handle();
    let says = |line: &str| run(&h, line);
    assert!(says("info status").contains("paused: not started"), "{}", says("info status"));
    assert_eq!(says("system_reset"), "");
    assert!(says("reset halt").contains("0x40000400"));
    assert!(says("x/2i 0x40000400").starts_with("40000400: "), "{}", says("x/2i 0x40000400"));
    assert!(says("xp/2xw 0x40000400").starts_with("40000400: 0x"));
    assert!(says("x /2xb 0x40000400").starts_with("40000400: 0x"));
    assert_eq!(says("mww 0x3ffb0000 0x12345678"), "");
    assert_eq!(says("mdw 0x3ffb0000"), "3ffb0000: 0x12345678\n");
    assert_eq!(says("mdh 0x3ffb0002"), "3ffb0002: 0x1234\n");
    assert_eq!(says("mdw --real 0x3ffb0000"), "0x12345678\n");
    assert!(says("mww 0x1000 1").contains("nothing answers"));
    assert_eq!(says("reg a3 0x55"), "a3 0x00000055\n");
    assert!(says("reg nosuch").contains("no register"));
    assert!(says("info registers").contains("PRO_CPU"));
    assert!(says("step 3").starts_with("4000"));
    assert_eq!(says("savevm one"), "");
    assert_eq!(says("info snapshots"), "one\n");
    assert_eq!(says("loadvm one"), "");
    assert!(says("loadvm two").contains("no snapshot"));
    assert!(says("speed x2").contains("2"));
    assert!(says("break 0x400d0000").contains("break"));
    assert!(says("help").contains("savevm"));
    assert!(says("help reset").contains("halt"));
    assert!(says("set_link wlan0 off").contains("'wlan0' not found"), "{}", says("set_link wlan0 off"));
    assert_eq!(says("set_link open_eth.0 off"), "");
    assert!(says("hostfwd_add tcp::1-:2").contains("could not set up host forwarding rule 'tcp::1-:2'"));
    assert!(says("hostfwd_add other tcp::1-:2").contains("unrecognized netdev id 'other'"));
    assert!(says("hostfwd_add nonsense").contains("hostport"));
    assert_eq!(says("hostfwd_remove tcp::1"), "host forwarding rule for tcp::1 not found\n");
    assert!(says("hostfwd_remove nonsense").contains("invalid format"));
    assert!(says("nonsense").contains("nonsense"));
    assert_eq!(says(""), "");
    for what in ["mtree", "qtree", "irq", "network", "roms", "cpus", "breakpoints"] {
        assert!(!says(&format!("info {what}")).is_empty(), "{what}");
    }
}
