//! Help and version texts of QEMU's command line, in the form that tools parse.

use esplens_server::monitor;

/// Output of `-machine help`.
pub const MACHINES: &str = "Supported machines are:\nesp32                Espressif ESP32 machine";

/// Returns the output of `-version`. Tools compare the number.
pub fn version() -> String {
    format!("QEMU emulator version {}", monitor::version())
}

/// Returns the output of `-d help`.
pub fn log_items(traced: &[(&str, &[&str])], warned: &[&str]) -> String {
    let mut out = String::from("Log items (comma separated):\n");
    traced.iter().for_each(|(item, events)| out.push_str(&format!("{item:16}{}\n", events.join(", "))));
    warned.iter().for_each(|item| out.push_str(&format!("{item:16}warnings, which are always given\n")));
    out.push_str("trace:PATTERN   trace events");
    out
}

/// Returns the output of `-h`.
pub fn usage() -> String {
    format!(
        "{}\nusage: qemu-system-xtensa [options]\n\n\
-machine esp32               the machine; -machine help lists it\n\
-m SIZE                      PSRAM: 2M, 4M or 8M\n\
-drive file=F,if=mtd,format=raw\n\
                             the flash chip's file\n\
-drive file=F,if=sd,format=raw\n\
                             an SD card in slot 1; a second one in slot 0\n\
-drive file=F,if=none,id=ID,format=raw -global driver=nvram.esp32.efuse,property=drive,value=ID\n\
                             the eFuses' file\n\
-global driver=esp32.gpio,property=strap_mode,value=0x0f\n\
                             boot straps: 0x12 flash, 0x0f download\n\
-kernel ELF                  a bare program without ROM boot\n\
-snapshot                    flash writes do not change the file\n\
-nic user|socket|tap|none[,model=open_eth|emac][,hostfwd=...]\n\
-netdev ... -net nic,...     the same in two parts\n\
-object filter-dump,id=ID,netdev=ID,file=FILE\n\
                             frames on the wire into a file\n\
-nographic                   serial line and monitor on the terminal\n\
-serial DEV                  stdio, mon:stdio, tcp:HOST:PORT,server, unix:F,server, file:F, pty, null,\n\
                             chardev:ID\n\
-chardev BACKEND,id=ID,...   socket, stdio, file, pty, null\n\
-monitor DEV                 stdio, tcp:, telnet:, unix:, none, chardev:ID\n\
-mon chardev=ID[,mode=readline|control][,pretty=on]\n\
-qmp DEV, -qmp-pretty DEV    tcp:HOST:PORT,server=on, unix:PATH,server=on, chardev:ID\n\
-s, -gdb DEV, -S             GDB on port 1234 or there; stop before the first instruction\n\
-no-reboot, -no-shutdown, -action ACTION=WHAT\n\
-trace [enable=]PATTERN, -trace events=FILE, -trace file=FILE\n\
-d ITEMS, -D FILE            int, cpu_reset, trace:PATTERN; into a file\n\
-semihosting, -semihosting-config enable=on,arg=WORD\n\
                             SIMCALL and break 1, 14; files inside the current folder\n\
-seed N, -pidfile FILE, -daemonize\n\
-version, -h\n\n\
Options that mean nothing for this machine are taken with a line on stderr. `esplens run --help` has more.",
        version()
    )
}
