//! `info version`, `info block`, `info chardev`, `info trace-events`: in the format of QEMU's monitor.

use esplens_soc::trace::TraceEvent;
use esplens_supervisor::Session;

/// The QEMU release whose options, monitor and QMP are implemented: major, minor, micro.
pub const QEMU: [u32; 3] = [9, 2, 2];

/// Returns the version line: QEMU's number, which scripts compare, and that of esplens.
#[must_use]
pub fn version() -> String {
    let [major, minor, micro] = QEMU;
    format!("{major}.{minor}.{micro} (esplens {})", env!("CARGO_PKG_VERSION"))
}

/// Lists the files that back flash, eFuses and SD cards.
pub fn block(s: &Session) -> String {
    let drives = &s.outside().drives;
    let cards = super::sd::block(s);
    if drives.is_empty() && cards.is_empty() {
        return "no file backs flash, eFuses or SD cards\n".into();
    }
    let line = |d: &esplens_supervisor::DriveFile| {
        let mode = if d.kept { "writes are saved at exit" } else { "writes are not saved" };
        format!("{}: {} (raw, {mode})\n", d.name, d.file.display())
    };
    drives.iter().map(line).collect::<String>() + &cards
}

/// Lists serial lines and sockets.
pub fn chardev(s: &Session) -> String {
    s.outside().lines.iter().map(|l| format!("{}: filename={}\n", l.label, l.to)).collect()
}

/// Lists all trace events: 1 for the enabled ones.
pub fn trace_events(s: &Session) -> String {
    let trace = s.machine().trace();
    TraceEvent::ALL.iter().map(|e| format!("{} : state {}\n", e.name(), u8::from(trace.on(*e)))).collect()
}
