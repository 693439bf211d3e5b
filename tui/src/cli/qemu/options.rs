//! QEMU's options.

use super::{Asked, End, Result, help, keys, parts, unknown, wrong};
use esplens_soc::hostfile;
use std::path::Path;

/// Options without a value that have no effect here.
const FLAGS: [&str; 5] = ["enable-kvm", "nodefaults", "no-user-config", "no-fd-bootchk", "no-hpet"];
/// Options with a value that have no effect here.
const VALUED: [&str; 18] = [
    "parallel",
    "display",
    "L",
    "smp",
    "vga",
    "name",
    "rtc",
    "icount",
    "echr",
    "watchdog-action",
    "accel",
    "k",
    "vnc",
    "uuid",
    "msg",
    "boot",
    "audio",
    "sandbox",
];
const NOTHING: &str = "nothing to do here";
/// Maximum size in bytes of a file with event names.
const MAX_EVENTS: u64 = 1 << 20;
/// Log items of `-d` that are traced here, with their events.
const LOGGED: [(&str, &[&str]); 2] = [("int", &["irq_take", "exception"]), ("cpu_reset", &["reset"])];
/// Log items that are always printed: warnings on stderr.
const WARNED: [&str; 2] = ["unimp", "guest_errors"];

impl Asked {
    /// Processes an option without a value. Returns false if the option may need one.
    pub(super) fn flag(&mut self, option: &str) -> Result<bool> {
        match option {
            "version" => return Err(End::Say(help::version())),
            "h" | "help" => return Err(End::Say(help::usage())),
            "no-reboot" => self.set("--reset-policy", "exit"),
            "no-shutdown" => self.turn_on("--pause-on-exit"),
            "s" => self.turn_on("-s"),
            "S" => self.turn_on("-S"),
            "daemonize" => self.turn_on("--daemonize"),
            "semihosting" => self.set("--semihosting", "."),
            "nographic" => self.nographic = true,
            "snapshot" => self.snapshot = true,
            _ if FLAGS.contains(&option) => self.note(option, "", NOTHING),
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(super) fn valued(&mut self, option: &str, value: &str) -> Result<()> {
        match option {
            "M" | "machine" => return machine(option, value),
            "m" => self.memory(value),
            "drive" => return self.drive(value),
            "global" => return self.global(value),
            "nic" | "netdev" => self.nic.push(value.to_string()),
            // The MAC part of -netdev.
            "net" if value.starts_with("nic") => {}
            "object" => return self.object(value),
            "chardev" => return self.chardev(value),
            "serial" | "monitor" | "mon" | "qmp" | "qmp-pretty" | "gdb" => {
                self.devices.push((option.to_string(), value.to_string()));
            }
            "trace" => return self.trace(value),
            "d" => return self.log(value),
            "D" => self.set("--trace-file", value),
            "kernel" => self.set("--kernel", value),
            "seed" => self.set("--seed", value),
            "pidfile" => self.set("--pidfile", value),
            "semihosting-config" => self.semihosting(value),
            "action" => return self.action(value),
            _ if VALUED.contains(&option) => self.note(option, value, NOTHING),
            _ => return unknown(option, Some(value)),
        }
        Ok(())
    }

    fn memory(&mut self, value: &str) {
        let size = value.trim_start_matches("size=");
        let size = size.strip_suffix(['m', 'M']).map_or_else(|| size.to_string(), |n| format!("{n}M"));
        let size = if size.ends_with('M') { size } else { format!("{size}M") };
        self.set("--psram", &size);
    }

    /// Processes a drive: `file=F,if=mtd,format=raw` is the flash, `if=sd` a card, `if=none,id=efuse` the
    /// eFuses.
    fn drive(&mut self, value: &str) -> Result<()> {
        let keys = keys(value);
        let Some(file) = keys.get("file") else { return unknown("drive", Some(value)) };
        match keys.get("if") {
            // The second spelling is an error in a published command line that is widely copied.
            Some("mtd" | "mtdev") => {
                self.image = Some(file.to_string());
                self.snapshot |= keys.get("snapshot") == Some("on");
            }
            Some("none") => {
                let id = keys.get("id").unwrap_or_default();
                self.drives.insert(id.to_string(), file.to_string());
            }
            Some("sd") => {
                let readonly =
                    if matches!(keys.get("readonly"), Some("on" | "yes")) { ",readonly=on" } else { "" };
                self.cards.push(format!("{}{readonly}", file.replace(',', ",,")));
                self.snapshot |= keys.get("snapshot") == Some("on");
            }
            _ => return unknown("drive", Some(value)),
        }
        Ok(())
    }

    fn global(&mut self, value: &str) -> Result<()> {
        let keys = keys(value);
        let get = |key: &str| keys.get(key).unwrap_or_default();
        // QEMU's short form is DRIVER.PROPERTY=VALUE.
        let short = value.split_once('=').and_then(|(name, v)| Some((name.rsplit_once('.')?, v)));
        let (driver, property, set) = match short {
            Some(((driver, property), v)) if keys.get("driver").is_none() => (driver, property, v),
            _ => (get("driver"), get("property"), get("value")),
        };
        match (driver, property) {
            ("nvram.esp32.efuse", "drive") => self.efuse = Some(set.to_string()),
            // The watchdogs count virtual time here: a slow host does not trigger them.
            ("timer.esp32.timg", "wdt_disable") => {}
            ("esp32.gpio", "strap_mode") => self.set("--strap", set),
            _ => return unknown("global", Some(value)),
        }
        Ok(())
    }

    /// Processes `filter-dump,id=f,netdev=n,file=x.pcap`: a capture of Ethernet frames.
    fn object(&mut self, value: &str) -> Result<()> {
        let keys = keys(value);
        let dump = keys.get("filter-dump").is_some() || keys.get("qom-type") == Some("filter-dump");
        let Some(file) = keys.get("file").filter(|_| dump) else { return unknown("object", Some(value)) };
        self.set("--pcap", file);
        Ok(())
    }

    /// Processes `[enable=]PATTERN`, `events=FILE` with one pattern per line, `file=FILE` for the output.
    fn trace(&mut self, value: &str) -> Result<()> {
        for part in parts(value) {
            match part.split_once('=') {
                Some(("enable", pattern)) => self.put(&["--trace", pattern]),
                Some(("file", file)) => self.set("--trace-file", file),
                Some(("events", file)) => self.events(file)?,
                Some(_) => return unknown("trace", Some(value)),
                None if matches!(&*part, "help" | "?") => self.put(&["--trace", "list"]),
                None => self.put(&["--trace", &part]),
            }
        }
        Ok(())
    }

    /// Reads a file with one pattern per line.
    fn events(&mut self, file: &str) -> Result<()> {
        let text = match hostfile::read(Path::new(file), MAX_EVENTS) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => return wrong(format!("-trace events={file}: {error}")),
        };
        let lines = text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
        lines.for_each(|pattern| self.put(&["--trace", pattern]));
        Ok(())
    }

    /// Processes `-d ITEM,ITEM`.
    fn log(&mut self, value: &str) -> Result<()> {
        for item in value.split(',') {
            if let Some((_, events)) = LOGGED.iter().find(|(name, _)| *name == item) {
                events.iter().for_each(|event| self.put(&["--trace", event]));
            } else if let Some(pattern) = item.strip_prefix("trace:") {
                self.put(&["--trace", pattern]);
            } else if matches!(item, "help" | "?") {
                return Err(End::Say(help::log_items(&LOGGED, &WARNED)));
            } else if WARNED.contains(&item) {
                self.note("d", item, "these warnings are always given");
            } else {
                self.note("d", item, "this log is not available here; use -trace for events");
            }
        }
        Ok(())
    }

    /// Enables semihosting for the current folder only: QEMU would let the guest open any file.
    fn semihosting(&mut self, value: &str) {
        if matches!(keys(value).get("enable"), Some("off" | "no")) {
            return self.unset("--semihosting");
        }
        self.set("--semihosting", ".");
        self.words.extend(parts(value).iter().filter_map(|part| part.strip_prefix("arg=")).map(String::from));
    }

    /// Processes the actions for a reset, a program's end, a panic and a watchdog.
    fn action(&mut self, value: &str) -> Result<()> {
        for part in value.split(',') {
            match part.split_once('=') {
                Some(("reboot", "shutdown")) => self.set("--reset-policy", "exit"),
                Some(("shutdown", "pause")) => self.turn_on("--pause-on-exit"),
                Some(("reboot", "reset")) => self.unset("--reset-policy"),
                Some(("shutdown", "poweroff")) => self.unset("--pause-on-exit"),
                Some(("panic" | "watchdog", _)) => self.note("action", part, NOTHING),
                _ => return unknown("action", Some(value)),
            }
        }
        Ok(())
    }
}

fn machine(option: &str, value: &str) -> Result<()> {
    match value.trim_start_matches("type=").split(',').next() {
        Some("esp32") => Ok(()),
        Some("help" | "?") => Err(End::Say(help::MACHINES.into())),
        _ => wrong(format!("-{option} {value}: the only machine is esp32")),
    }
}
