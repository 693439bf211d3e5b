//! A real `xtensa-esp32-elf-gdb` (`cargo xtask gdb`, or the one that ESPLENS_GDB_BIN names) with batch scripts.
//! Skipped, and said so, where there is none.

mod common;

use common::{boot, firmware, serve};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn gdb() -> Option<PathBuf> {
    let given = std::env::var_os("ESPLENS_GDB_BIN").map(PathBuf::from);
    let built = std::env::var_os("HOME").map(|h| Path::new(&h).join(".cache/esplens/gdb/build/gdb/gdb"));
    let found = given.or(built).filter(|p| p.exists());
    if found.is_none() {
        eprintln!("skipped: no xtensa-esp32-elf-gdb; cargo xtask gdb builds one");
    }
    found
}

/// Runs commands against a firmware, `PORT` replaced; the transcript.
fn session(name: &str, commands: &[&str]) -> Option<String> {
    let (gdb, dir) = (gdb()?, firmware(name)?);
    let (_handle, port) = serve(boot(&std::fs::read(dir.join("flash.bin")).unwrap(), name));
    let mut command = Command::new("timeout");
    command.arg("120").arg(gdb).args(["-nx", "-batch"]).arg(dir.join("app.elf"));
    for line in ["set confirm off", "set width 0", "set height 0"].iter().chain(commands) {
        command.arg("-ex").arg(line.replace("PORT", &port.to_string()));
    }
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {text}");
    Some(text)
}

const WITH_ELF: [&str; 10] = [
    "idf-3.2-hello",
    "idf-4.0-httpd-wifi",
    "idf-4.2-hello",
    "idf-4.3-gpio",
    "idf-5.0-hello",
    "idf-5.2-deadline",
    "idf-5.2-uart",
    "idf-5.3-blink",
    "idf-6.1-coredump",
    "idf-6.1-dht",
];

#[test]
fn the_papers_commands_stop_at_app_main_of_every_firmware() {
    for name in WITH_ELF {
        let commands =
            ["target remote :PORT", "monitor system_reset", "tb app_main", "c", "bt", "info registers pc"];
        let Some(text) = session(name, &commands) else { return };
        assert!(text.contains("Temporary breakpoint 1, app_main ("), "{name}: {text}");
        assert!(text.contains("in main_task (args="), "{name}: {text}");
        assert!(text.contains("<app_main"), "{name}: {text}");
    }
}

#[test]
fn idfs_connect_script_works_and_bt_is_right_in_the_tick_interrupt() {
    for name in WITH_ELF {
        let commands = [
            "set remotetimeout 10",
            "target remote :PORT",
            "monitor reset halt",
            "maintenance flush register-cache",
            "thbreak app_main",
            "continue",
            "info threads",
            "thbreak xTaskIncrementTick",
            "c",
            "bt 6",
            "up",
            "finish",
        ];
        let Some(text) = session(name, &commands) else { return };
        for part in [
            "halted at the reset vector",
            "Temporary breakpoint 1, app_main (",
            "\"main\" (running on core 0",
            "#0  xTaskIncrementTick ()",
            "in xPortSysTickHandler ()",
            "in _frxt_timer_int ()",
            "in _xt_lowint1 ()",
            "Value returned is $1",
        ] {
            assert!(text.contains(part), "{name}: {part}: {text}");
        }
    }
}

#[test]
fn everything_around_a_stop_on_blink() {
    let commands = [
        "target remote :PORT",
        "monitor threads cores",
        "tb app_main",
        "c",
        "x/6i $pc",
        "stepi",
        "stepi",
        "bt",
        "info locals",
        "display/x $a1",
        "next",
        "tb blink_led",
        "c",
        "finish",
        "watch s_led_state",
        "c",
        "c",
        "delete",
        "tb vTaskDelay",
        "c",
        "p/x $windowbase",
        "p $ps = $ps",
        "p $psintlevel",
        "call (int)esp_log_timestamp()",
        "info registers all",
        "thread 2",
        "bt 3",
        "p $prid",
        "break xTaskIncrementTick if xTickCount > 140",
        "ignore 5 3",
        "c",
        "p xTickCount",
        "delete",
        "p/x *(unsigned*)0x3ff44004",
        "p/x *(unsigned*)0x50000000",
        "p/x *(unsigned*)0x40000400",
        "monitor info status",
        "info mem",
        "detach",
    ];
    let Some(text) = session("idf-5.3-blink", &commands) else { return };
    eprintln!("{text}");
    for part in [
        "app_main () at ",
        "call8\t0x",
        "configure_led ()",
        "blink_led ()",
        "Hardware watchpoint 3: s_led_state",
        "Old value = 0",
        "New value = 1",
        "vTaskDelay (xTicksToDelay=",
        "f64r_lo",
        "[Switching to thread 2",
        "= 144",
        "VM status: paused",
        " ro ",
        "detached",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("Cannot access memory"), "{text}");
}

#[test]
fn attach_to_a_running_firmware() {
    let (Some(gdb), Some(dir)) = (gdb(), firmware("idf-5.0-hello")) else { return };
    let (handle, port) = serve(boot(&std::fs::read(dir.join("flash.bin")).unwrap(), "hello"));
    let h = handle.register("test");
    let by = h.client().clone();
    h.call(move |s| {
        s.set_speed(esplens_gdb::supervisor::Speed::Real);
        s.resume(&Default::default(), &by);
    })
    .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1500));
    let output = Command::new("timeout")
        .arg("60")
        .arg(gdb)
        .args(["-nx", "-batch"])
        .arg(dir.join("app.elf"))
        .args([
            "-ex",
            &format!("target remote :{port}"),
            "-ex",
            "bt",
            "-ex",
            "thread apply all bt",
            "-ex",
            "detach",
        ])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("prvIdleTask"), "both cores idle between two countdowns: {text}");
    assert!(h.call(|s| s.is_running()).unwrap(), "it runs on after the detach");
}
