//! Serial lines, monitors, QMP and GDB: QEMU's character devices.

use super::{Asked, Result, keys, parts, unknown, wrong};

/// A `-chardev`, for the options that name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chardev {
    /// The terminal; `mux=on`: the monitor shares it.
    Stdio,
    /// A listener: `tcp:HOST:PORT` or `unix:PATH`.
    Listen(String),
    /// A file for the output.
    File(String),
    Pty,
    Null,
}

/// Returns true for a socket that QEMU would connect instead of listening.
fn connects(value: &str) -> bool {
    !matches!(keys(value).get("server"), Some("server" | "on" | "yes"))
}

/// Parses `tcp:HOST:PORT,...`, `telnet:`, `unix:PATH,...`, `stdio`, `pty`, `null`, `none`, `file:PATH`.
fn device(value: &str) -> Option<Chardev> {
    let bare = &*parts(value)[0];
    Some(match bare.split_once(':') {
        None if bare == "stdio" => Chardev::Stdio,
        None if bare == "pty" => Chardev::Pty,
        None if matches!(bare, "null" | "none") => Chardev::Null,
        Some(("tcp" | "telnet", at)) => Chardev::Listen(format!("tcp:{at}")),
        Some(("unix", _)) => Chardev::Listen(bare.into()),
        // A file name may contain commas.
        Some(("file", path)) if !path.is_empty() => Chardev::File(value.trim_start_matches("file:").into()),
        _ => return None,
    })
}

impl Asked {
    /// Processes a serial line, monitor, QMP or GDB, after all of `-chardev` is known.
    pub(super) fn device(&mut self, option: &str, value: &str) -> Result<()> {
        match option {
            "serial" => self.serial(value),
            "monitor" => self.monitor(value),
            "mon" => self.mon(value),
            "gdb" => self.gdb(value),
            _ => self.qmp(value, option == "qmp-pretty"),
        }
    }

    /// Returns a device, or the `-chardev` that `chardev:ID` names.
    fn line(&mut self, option: &str, value: &str) -> Result<Chardev> {
        if let Some(id) = value.strip_prefix("chardev:") {
            return self.named(id);
        }
        let bare = value.split(',').next().unwrap_or_default();
        if (bare.starts_with("tcp:") || bare.starts_with("unix:")) && connects(value) && option != "gdb" {
            self.note(option, value, "it listens there, as with server=on");
        }
        device(value).map_or_else(|| unknown(option, Some(value)), Ok)
    }

    fn named(&self, id: &str) -> Result<Chardev> {
        self.chardevs.get(id).cloned().map_or_else(|| wrong(format!("no -chardev has id={id}")), Ok)
    }

    /// Processes `BACKEND,id=ID,...`.
    pub(super) fn chardev(&mut self, value: &str) -> Result<()> {
        let keys = keys(value);
        let get = |key: &str| keys.get(key).filter(|v| !v.is_empty());
        let Some(id) = get("id") else { return wrong(format!("-chardev {value}: no id=")) };
        let device = match (value.split(',').next().unwrap_or_default(), get("path")) {
            ("stdio", _) => Chardev::Stdio,
            ("pty", _) => Chardev::Pty,
            ("null", _) => Chardev::Null,
            ("file", Some(path)) => Chardev::File(path.into()),
            ("socket", Some(path)) => Chardev::Listen(format!("unix:{path}")),
            ("socket", None) => match get("port") {
                Some(port) => Chardev::Listen(format!("tcp:{}:{port}", get("host").unwrap_or_default())),
                None => return unknown("chardev", Some(value)),
            },
            _ => return unknown("chardev", Some(value)),
        };
        self.chardevs.insert(id.to_string(), device);
        Ok(())
    }

    fn serial(&mut self, value: &str) -> Result<()> {
        let n = self.serials;
        self.serials += 1;
        let device = match value.strip_prefix("mon:") {
            Some("stdio") => {
                self.monitor("stdio")?;
                Chardev::Stdio
            }
            Some(_) => return wrong(format!("-serial {value} is not supported: only mon:stdio is shared")),
            None => self.line("serial", value)?,
        };
        let to = match device {
            Chardev::Stdio => "stdio".into(),
            Chardev::Listen(at) => at,
            Chardev::File(path) => format!("file:{path}"),
            Chardev::Pty => "pty".into(),
            Chardev::Null => "null".into(),
        };
        self.put(&["--serial", &format!("{n}={to}")]);
        Ok(())
    }

    /// Processes `stdio`, `tcp:` and `telnet:` addresses, `unix:PATH`. Their options (server, nowait) are the default
    /// here.
    fn monitor(&mut self, value: &str) -> Result<()> {
        let device = self.line("monitor", value.trim_start_matches("mon:"))?;
        let to = match device {
            Chardev::Stdio => Some("stdio".into()),
            Chardev::Listen(at) => Some(at),
            Chardev::Null => None,
            Chardev::File(_) | Chardev::Pty => return unknown("monitor", Some(value)),
        };
        self.monitors.get_or_insert_default().extend(to);
        Ok(())
    }

    /// Processes `chardev=ID,mode=readline|control`.
    fn mon(&mut self, value: &str) -> Result<()> {
        let keys = keys(value);
        let short = || keys.0.keys().find(|k| self.chardevs.contains_key(*k)).map(String::as_str);
        let id = keys.get("chardev").or_else(short);
        let Some(id) = id else { return wrong(format!("-mon {value}: no chardev=")) };
        let name = format!("chardev:{id}");
        match keys.get("mode").unwrap_or("readline") {
            "readline" => self.monitor(&name),
            "control" => self.qmp(&name, keys.get("pretty") == Some("on")),
            _ => unknown("mon", Some(value)),
        }
    }

    fn qmp(&mut self, value: &str, pretty: bool) -> Result<()> {
        let option = if pretty { "qmp-pretty" } else { "qmp" };
        match self.line(option, value)? {
            Chardev::Listen(at) => self.put(&[&format!("--{option}"), &at]),
            Chardev::Null => {}
            _ => return unknown(option, Some(value)),
        }
        Ok(())
    }

    fn gdb(&mut self, value: &str) -> Result<()> {
        match self.line("gdb", value)? {
            Chardev::Listen(at) => self.put(&["--gdb", &at]),
            Chardev::Null => {}
            _ => return unknown("gdb", Some(value)),
        }
        Ok(())
    }

    /// Applies the default of `-nographic`: serial line and monitor share the terminal, unless redirected.
    pub(super) fn monitors(&mut self) {
        let default = if self.nographic { vec!["stdio".to_string()] } else { Vec::new() };
        let mut monitors = self.monitors.take().unwrap_or(default);
        monitors.dedup();
        monitors.iter().for_each(|to| self.put(&["--monitor", to]));
    }
}
