//! `info version`, `info block`, `info chardev`, `info trace-events`: as QEMU's monitor shows them.

use crate::supervisor::Session;
use esplens_soc::trace::Event;

/// The release of QEMU whose options, monitor and QMP are taken: major, minor, micro.
pub const QEMU: [u32; 3] = [9, 2, 2];

/// The version line: QEMU's number, which scripts compare, and our own.
#[must_use]
pub fn version() -> String {
    let [major, minor, micro] = QEMU;
    format!("{major}.{minor}.{micro} (esplens {})", env!("CARGO_PKG_VERSION"))
}

/// The files behind flash and fuses.
pub fn block(s: &Session) -> String {
    let drives = &s.outside().drives;
    if drives.is_empty() {
        return "no file is behind flash or fuses\n".into();
    }
    let line = |d: &crate::supervisor::Drive| {
        let mode = if d.kept { "writes go to the file at the end" } else { "writes do not go to the file" };
        format!("{}: {} (raw, {mode})\n", d.name, d.file.display())
    };
    drives.iter().map(line).collect()
}

/// Serial lines and sockets.
pub fn chardev(s: &Session) -> String {
    s.outside().lines.iter().map(|l| format!("{}: filename={}\n", l.label, l.to)).collect()
}

/// All trace events: 1 for those that are on.
pub fn trace_events(s: &Session) -> String {
    let trace = s.machine().trace();
    Event::ALL.iter().map(|e| format!("{} : state {}\n", e.name(), u8::from(trace.on(*e)))).collect()
}
