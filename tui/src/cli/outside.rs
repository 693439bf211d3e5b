//! Host-side connections of the machine, for `info block`, `info chardev` and QMP.

use super::args::RunArgs;
use super::serial::{SerialArg, UARTS, Where, joined};
use esplens_soc::boot::BootInput;
use esplens_supervisor::{DriveFile, HostLine, Outside};

/// Returns the connections of this command line.
pub fn of(args: &RunArgs, input: &BootInput) -> Outside {
    let mut out = Outside::default();
    if args.image.is_some() {
        out.drives.push(DriveFile { name: "mtd0".into(), file: input.path.clone(), kept: args.persist });
    }
    if let Some(file) = &args.efuse {
        out.drives.push(DriveFile { name: "efuse".into(), file: file.clone(), kept: args.persist });
    }
    if args.persist {
        out.kept_cards = args.sd.iter().filter(|sd| !sd.readonly).map(|sd| sd.file.clone()).collect();
    }
    for uart in 0..UARTS {
        let named = args.serial.iter().rev().find(|s| usize::from(s.uart) == uart);
        out.lines.push(HostLine { label: format!("serial{uart}"), to: serial(named, uart) });
    }
    let debug = &args.debug;
    let mut add = |label: &str, to: String| out.lines.push(HostLine { label: label.into(), to });
    debug.gdb.iter().for_each(|at| add("gdb", at.to_string()));
    debug.monitor.iter().for_each(|to| add("monitor", to.clone()));
    debug.qmp.iter().chain(&debug.qmp_pretty).for_each(|at| add("qmp", at.to_string()));
    out
}

fn serial(named: Option<&SerialArg>, uart: usize) -> String {
    match named.map(|s| &s.to) {
        None if uart == 0 => "stdio".into(),
        None | Some(Where::Null) => "null".into(),
        Some(Where::Stdio) => "stdio".into(),
        Some(Where::Tcp(host, port)) => format!("tcp:{}", joined(host, *port)),
        Some(Where::Unix(path)) => format!("unix:{}", path.display()),
        Some(Where::File(path)) => format!("file:{}", path.display()),
        Some(other) => format!("{other:?}").to_lowercase(),
    }
}
