//! QEMU's command line in front of ours: `esplens qemu ...`, or the binary under the name `qemu-system-xtensa`.
//! Its defaults are QEMU's: forwards listen on all addresses, flash writes go to the file.

use super::args::{Cli, Command};
use clap::Parser;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::path::Path;

/// Options without a value that change nothing here.
const NOTHING: [&str; 4] = ["no-shutdown", "enable-kvm", "nodefaults", "no-user-config"];
/// Options whose value changes nothing here.
const IGNORED: [&str; 6] = ["parallel", "display", "L", "smp", "vga", "name"];

/// What QEMU's arguments say.
#[derive(Default)]
struct Asked {
    out: Vec<String>,
    image: Option<String>,
    efuses: BTreeMap<String, String>,
    efuse: Option<String>,
    nic: Vec<String>,
    serials: u32,
    nographic: bool,
    /// Where monitors are wanted; `None`: QEMU's default, which `-nographic` puts on the terminal.
    monitors: Option<Vec<String>>,
}

/// The command line that stands for QEMU's; `None`: it is not QEMU's. `Err`: what to print instead; it begins with
/// the program's name when it is an error.
pub fn cli(args: &[OsString]) -> Option<Result<Box<Cli>, String>> {
    let name =
        args.first().map(|a| Path::new(a).file_stem().unwrap_or_default().to_string_lossy().into_owned());
    let rest = match args.get(1) {
        _ if name.is_some_and(|n| n.starts_with("qemu-system-xtensa")) => &args[1..],
        Some(first) if first == "qemu" => &args[2..],
        _ => return None,
    };
    let rest: Vec<String> = rest.iter().map(|a| a.to_string_lossy().into_owned()).collect();
    Some(translate(&rest))
}

fn translate(args: &[String]) -> Result<Box<Cli>, String> {
    let mut asked = Asked::default();
    let mut left = args.iter();
    while let Some(arg) = left.next() {
        let Some(option) = arg.strip_prefix("--").or_else(|| arg.strip_prefix('-')).filter(|o| !o.is_empty())
        else {
            return Err(format!("esplens qemu: {arg}: not an option"));
        };
        if !asked.flag(option)? {
            let value = left.next().ok_or_else(|| unknown(option, None))?;
            asked.valued(option, value)?;
        }
    }
    asked.finish()
}

fn unknown(option: &str, value: Option<&str>) -> String {
    let value = value.map_or(String::new(), |v| format!(" {v}"));
    format!("esplens qemu: -{option}{value} is not supported")
}

/// `a=b,c=d` as a map; a part without `=` is its own value.
fn keys(value: &str) -> BTreeMap<&str, &str> {
    value.split(',').map(|part| part.split_once('=').unwrap_or((part, part))).collect()
}

impl Asked {
    fn put(&mut self, args: &[&str]) {
        self.out.extend(args.iter().map(|a| (*a).to_string()));
    }

    /// An option without a value; false: it may be one with.
    fn flag(&mut self, option: &str) -> Result<bool, String> {
        match option {
            "version" => Err(format!("QEMU emulator version 9.2.2 (esplens {})", env!("CARGO_PKG_VERSION"))),
            "no-reboot" => {
                self.put(&["--reset-policy", "exit"]);
                Ok(true)
            }
            "s" | "S" => {
                self.put(&[&format!("-{option}")]);
                Ok(true)
            }
            "nographic" => {
                self.nographic = true;
                Ok(true)
            }
            _ => Ok(NOTHING.contains(&option)),
        }
    }

    fn valued(&mut self, option: &str, value: &str) -> Result<(), String> {
        match option {
            "M" | "machine" => match value.split(',').next() {
                Some("esp32") => {}
                Some("help" | "?") => {
                    return Err(
                        "Supported machines are:\nesp32                Espressif ESP32 machine".into()
                    );
                }
                _ => return Err(format!("esplens qemu: -{option} {value}: the only machine is esp32")),
            },
            "m" => {
                let size = value.trim_start_matches("size=");
                let size =
                    size.strip_suffix(['m', 'M']).map_or_else(|| size.to_string(), |n| format!("{n}M"));
                let size = if size.ends_with('M') { size } else { format!("{size}M") };
                self.put(&["--psram", &size]);
            }
            "drive" => self.drive(value)?,
            "global" => self.global(value)?,
            "nic" | "netdev" => self.nic.push(value.to_string()),
            // The MAC's half of -netdev.
            "net" if value.starts_with("nic") => {}
            "serial" => self.serial(value)?,
            "monitor" => self.monitor(value)?,
            "trace" => self.put(&["--trace", value.trim_start_matches("enable=")]),
            "gdb" if value == "none" => {}
            "gdb" => self.put(&["--gdb", value.split(',').next().unwrap_or("")]),
            "kernel" => self.put(&["--kernel", value]),
            "seed" => self.put(&["--seed", value]),
            _ if IGNORED.contains(&option) => {}
            _ => return Err(unknown(option, Some(value))),
        }
        Ok(())
    }

    /// `file=F,if=mtd,format=raw` is the flash, `if=none,id=efuse` the eFuses.
    fn drive(&mut self, value: &str) -> Result<(), String> {
        let keys = keys(value);
        let file = keys.get("file").ok_or_else(|| unknown("drive", Some(value)))?;
        match keys.get("if") {
            // The second spelling is a slip in a published command line that people copy.
            Some(&"mtd" | &"mtdev") => self.image = Some((*file).to_string()),
            Some(&"none") => {
                let id = keys.get("id").unwrap_or(&"");
                self.efuses.insert((*id).to_string(), (*file).to_string());
            }
            _ => return Err(unknown("drive", Some(value))),
        }
        Ok(())
    }

    fn global(&mut self, value: &str) -> Result<(), String> {
        let keys = keys(value);
        let get = |key: &str| keys.get(key).copied().unwrap_or("");
        match (get("driver"), get("property")) {
            ("nvram.esp32.efuse", "drive") => self.efuse = Some(get("value").to_string()),
            // They count virtual time here: no slow host makes them bark.
            ("timer.esp32.timg", "wdt_disable") => {}
            ("esp32.gpio", "strap_mode") => self.put(&["--strap", get("value")]),
            _ => return Err(unknown("global", Some(value))),
        }
        Ok(())
    }

    fn serial(&mut self, value: &str) -> Result<(), String> {
        let n = self.serials;
        self.serials += 1;
        let value = match value.strip_prefix("mon:") {
            Some("stdio") => {
                self.monitor("stdio")?;
                "stdio"
            }
            Some(_) => return Err(format!("{}: only mon:stdio is shared", unknown("serial", Some(value)))),
            None => value,
        };
        let to = match value.split_once(':') {
            Some(("tcp", address)) => format!("tcp:{}", address.split(',').next().unwrap_or("")),
            _ if value == "none" => "null".into(),
            _ => value.to_string(),
        };
        self.put(&["--serial", &format!("{n}={to}")]);
        Ok(())
    }

    /// `stdio`, `tcp:` and `telnet:` addresses, `unix:PATH`; their options (server, nowait) are what happens anyway.
    fn monitor(&mut self, value: &str) -> Result<(), String> {
        let bare = value.split(',').next().unwrap_or(value);
        let to = match bare.split_once(':') {
            None if matches!(bare, "none" | "null") => None,
            None if bare == "stdio" => Some("stdio".into()),
            Some(("mon", "stdio")) => Some("stdio".into()),
            Some(("tcp" | "telnet", at)) => Some(format!("tcp:{at}")),
            Some(("unix", _)) => Some(bare.into()),
            _ => return Err(unknown("monitor", Some(value))),
        };
        self.monitors.get_or_insert_default().extend(to);
        Ok(())
    }

    /// What `-nographic` implies: serial line and monitor share the terminal, each unless it is elsewhere.
    fn monitors(&mut self) {
        let default = if self.nographic { vec!["stdio".to_string()] } else { Vec::new() };
        let mut monitors = self.monitors.take().unwrap_or(default);
        monitors.dedup();
        monitors.iter().for_each(|to| self.put(&["--monitor", to]));
    }

    fn finish(mut self) -> Result<Box<Cli>, String> {
        self.monitors();
        match self.nic.len() {
            0 => {}
            1 => {
                let nic = std::mem::take(&mut self.nic[0]);
                self.put(&["--nic", &nic]);
            }
            _ => return Err("esplens qemu: the ESP32 has one Ethernet MAC: one -nic".into()),
        }
        if let Some(id) = self.efuse.take() {
            let file = self.efuses.get(&id).cloned();
            let file = file.ok_or_else(|| format!("esplens qemu: no -drive has id={id}"))?;
            self.put(&["--efuse", &file]);
        }
        if let Some(image) = self.image.take() {
            self.put(&["--persist", &image]);
        }
        let line = ["esplens", "run"].map(String::from).into_iter().chain(self.out);
        let mut cli =
            Cli::try_parse_from(line).map_err(|e| format!("esplens qemu: {}", e.to_string().trim_end()))?;
        if let Command::Run(args) = &mut cli.command {
            args.nic.listen = Ipv4Addr::UNSPECIFIED;
        }
        Ok(Box::new(cli))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::RunArgs;

    fn run(line: &str) -> Result<RunArgs, String> {
        let args: Vec<OsString> =
            format!("qemu-system-xtensa {line}").split_whitespace().map(Into::into).collect();
        match cli(&args).unwrap()?.command {
            Command::Run(args) => Ok(*args),
            _ => unreachable!("run was made"),
        }
    }

    const PAPER: &str = "-nographic -machine esp32 -nic user,model=open_eth,id=lo0,hostfwd=tcp::8000-:80 \
                         -drive file=merged_qemu.bin,if=mtdev,format=raw";

    #[test]
    fn the_papers_lines() {
        for line in [PAPER.to_string(), PAPER.replace("mtdev", "mtd"), format!("{PAPER} --trace open_eth*")] {
            let args = run(&line).unwrap();
            assert_eq!(args.image, Some("merged_qemu.bin".into()));
            assert!(args.persist);
            assert_eq!((args.nic.listen, args.nic.user.forwards[0].port), (Ipv4Addr::UNSPECIFIED, 8000));
            assert_eq!(args.trace.len(), usize::from(line.contains("trace")));
        }
        let args = run(&format!("{PAPER} -s -S")).unwrap();
        assert!(args.debug.stopped && args.debug.default_gdb);
    }

    #[test]
    fn idf_pys_line() {
        let args = run(
            "-M esp32 -m 4M -drive file=f.bin,if=mtd,format=raw -drive file=e.bin,if=none,format=raw,id=efuse \
             -global driver=nvram.esp32.efuse,property=drive,value=efuse \
             -global driver=timer.esp32.timg,property=wdt_disable,value=true -nic user,model=open_eth -nographic \
             -serial tcp::5555,server,nowait -global driver=esp32.gpio,property=strap_mode,value=0x0f",
        )
        .unwrap();
        assert_eq!((args.psram, args.strap), (Some(4 << 20), 0x0F));
        assert_eq!(args.efuse, Some("e.bin".into()));
        assert_eq!(args.serial.len(), 1);
    }

    #[test]
    fn the_monitor_is_where_qemu_has_it() {
        let monitors = |line: &str| run(line).unwrap().debug.monitor;
        for line in ["-nographic", "-serial mon:stdio", "-nographic -serial mon:stdio", "-monitor stdio"] {
            assert_eq!(monitors(line), ["stdio"], "{line}");
        }
        assert_eq!(monitors("-nographic -serial tcp::5555,server,nowait"), ["stdio"]);
        assert_eq!(monitors("-nographic -monitor telnet::4444,server,nowait"), ["tcp::4444"]);
        assert_eq!(monitors("-monitor unix:/tmp/m,server=on"), ["unix:/tmp/m"]);
        for line in ["", "-serial stdio", "-nographic -monitor none"] {
            assert!(monitors(line).is_empty(), "{line}");
        }
        let serial = run("-serial mon:stdio").unwrap().serial;
        assert_eq!(serial, ["0=stdio".parse().unwrap()]);
    }

    #[test]
    fn what_is_not_known_gets_one_clear_error() {
        for (line, word) in [
            ("-cpu lx6", "-cpu lx6"),
            ("-machine esp32s3", "esp32s3"),
            ("flash.bin", "flash.bin"),
            ("-global driver=x,property=y,value=z", "driver=x"),
            ("-nic user,colour=red", "colour"),
            ("-serial mon:tcp::5555,server", "only mon:stdio"),
            ("-monitor pty", "-monitor pty"),
        ] {
            let why = run(line).unwrap_err();
            assert!(why.starts_with("esplens qemu: ") && why.contains(word), "{line}: {why}");
        }
        assert!(run("-version").unwrap_err().starts_with("QEMU emulator version"));
        assert!(cli(&["esplens".into(), "run".into()]).is_none());
    }
}
