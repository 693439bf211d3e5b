//! Handling of `m` and `g`, which debuggers send thousands of times at a stop: one request to the machine each,
//! bypassing gdbstub.

use super::frame;
use super::target::{EFAULT, EINVAL, GdbTarget};
use super::xtensa::table;
use gdbstub::common::Tid;

fn error(errno: u8) -> Vec<u8> {
    format!("E{errno:02x}").into_bytes()
}

/// Reads memory as hexadecimal digits, up to the first unreadable byte. Returns `None` if a trace frame is selected.
pub fn memory(guest: &GdbTarget, addr: u32, len: usize) -> Option<Vec<u8>> {
    if guest.frame().is_some() {
        return None;
    }
    if let Some(bytes) = guest.loaded(addr, len) {
        return Some(frame::hex_digits(&bytes));
    }
    let (view, tid) = (guest.view(), guest.chosen.exact().unwrap_or(Tid::MIN));
    let bytes = guest.handle.call(move |s| {
        let mut bytes = vec![0; len];
        let n = s.machine().peek(view.memory_core(s.machine(), tid), addr, &mut bytes);
        bytes.truncate(n);
        bytes
    });
    let bytes = bytes.unwrap_or_default();
    Some(if bytes.is_empty() && len > 0 { error(EFAULT) } else { frame::hex_digits(&bytes) })
}

/// Reads the registers of the thread selected by the client. Returns `None` if a trace frame is selected or if gdbstub
/// selects the thread.
pub fn registers(guest: &GdbTarget) -> Option<Vec<u8>> {
    let tid = guest.chosen.exact().filter(|_| guest.frame().is_none())?;
    let view = guest.view();
    let values = guest.handle.call(move |s| view.read(s.machine(), tid, 0..table::IN_G)).ok()?;
    let bytes = values.map(|v| v.into_iter().flat_map(|v| (v as u32).to_le_bytes()).collect::<Vec<u8>>());
    Some(bytes.map_or_else(|| error(EINVAL), |b| frame::hex_digits(&b)))
}
