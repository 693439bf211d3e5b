//! Packets handled before gdbstub because it does not support them, mishandles them, or returns too little for GDB.

use super::conditions::{self, Split};
use super::frame::MAX_PACKET;
use super::quick;
use super::search;
use super::target::{GdbTarget, ProgramState};
use super::tracepoints;
use esplens_debuginfo::number::packed;
use esplens_soc::boot::image::is_flash_mapped;
use esplens_soc::machine::reg;
use esplens_supervisor::{Commands, Gone};
use gdbstub::common::Tid;

/// Result of inspecting a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intercept {
    /// Pass this packet to gdbstub.
    Forward(Vec<u8>),
    /// Send this response.
    Reply(Vec<u8>),
}

/// Maximum length of a memory read; GDB requests the rest with another packet.
const MAX_READ: u64 = (MAX_PACKET as u64 - 16) / 2;

/// Features announced in addition to gdbstub's.
pub const FEATURES: &str = ";qXfer:threads:read+;ConditionalBreakpoints+;qXfer:traceframe-info:read+;\
    ConditionalTracepoints+;DisconnectedTracing+;EnableDisableTracepoints+;InstallInTrace+;tracenz+;\
    BreakpointCommands+";

/// Answers a packet, or rewrites it for gdbstub; `None` leaves it to the next row of [`PACKETS`]. The number is the core
/// of the last stop.
type PacketHandler = fn(&[u8], &mut GdbTarget, usize) -> Option<Intercept>;

/// The packets that are handled before gdbstub, by their beginning. All others are gdbstub's.
const PACKETS: &[(&str, PacketHandler)] = &[
    // Memory and registers.
    ("M", write),
    ("X", write),
    ("m", read),
    ("g", |body, guest, _| if body == b"g" { quick::registers(guest).map(Intercept::Reply) } else { None }),
    ("qSearch:memory:", |body, guest, core| live(guest, || search::search(&body[15..], guest, core))),
    ("qCRC:", |body, guest, core| live(guest, || search::checksum(&body[5..], guest, core))),
    ("vFlashDone", |_, guest, _| Some(Intercept::Reply(guest.finish_load()))),
    // Execution. Packets that name no thread refer to the thread that stopped last.
    ("c", |body, guest, core| Some(resume(text(body)?, guest, core, "vCont;c"))),
    ("C", |_, _, _| Some(pass(b"vCont;c"))),
    ("s", |body, guest, core| {
        Some(on_thread(guest, core, |guest, tid| match text(body) {
            Some(text) => resume(text, guest, core, &format!("vCont;s:{tid:x};c")),
            None => pass(body),
        }))
    }),
    ("S", |_, guest, core| {
        Some(on_thread(guest, core, |_, tid| pass(format!("vCont;s:{tid:x};c").as_bytes())))
    }),
    ("vCont;", |body, guest, core| {
        let text = text(body)?;
        Some(on_thread(guest, core, |_, tid| pass(actions(text, tid.get()).as_bytes())))
    }),
    // Breakpoints and tracepoints.
    ("Z", breakpoint),
    ("QT", trace),
    ("qT", trace),
    ("qXfer:traceframe-info:", trace),
    ("qSearch", trace),
    ("qCRC", trace),
    // Threads and the program.
    ("qC", |body, guest, core| (body == b"qC").then(|| current_thread(guest, core))),
    ("qfThreadInfo", |_, guest, _| {
        (guest.program != ProgramState::There).then(|| Intercept::Reply(b"l".to_vec()))
    }),
    ("qXfer:threads:read::", |body, guest, _| Some(threads(text(body)?, guest))),
    ("qSymbol:", |body, guest, _| Some(Intercept::Reply(symbol(text(body)?, guest)))),
    // There is only one program.
    ("vAttach;", |_, guest, _| {
        guest.program = ProgramState::There;
        Some(pass(b"?"))
    }),
];

/// Inspects a packet before gdbstub does. `core` is the core of the last stop.
pub fn intercept(body: &[u8], guest: &mut GdbTarget, core: usize) -> Intercept {
    if guest.program == ProgramState::Detached && touches(body) {
        return Intercept::Reply(DETACHED.to_vec());
    }
    let mut rows = PACKETS.iter().filter(|(prefix, _)| body.starts_with(prefix.as_bytes()));
    rows.find_map(|(_, handler)| handler(body, guest, core)).unwrap_or_else(|| pass(body))
}

fn pass(body: &[u8]) -> Intercept {
    Intercept::Forward(body.to_vec())
}

fn error(number: &str) -> Intercept {
    Intercept::Reply(number.as_bytes().to_vec())
}

fn text(body: &[u8]) -> Option<&str> {
    std::str::from_utf8(body).ok()
}

fn number(text: &str) -> Option<u64> {
    packed(text.as_bytes())
}

/// Answers a packet about memory unless a trace frame is selected, whose memory cannot be searched.
fn live(guest: &GdbTarget, answer: impl FnOnce() -> Vec<u8>) -> Option<Intercept> {
    guest.frame().is_none().then(|| Intercept::Reply(answer()))
}

/// Calls `f` with the thread that stopped last.
fn on_thread(guest: &GdbTarget, core: usize, f: impl FnOnce(&GdbTarget, Tid) -> Intercept) -> Intercept {
    match guest.thread_of(core) {
        Ok(tid) => f(guest, tid),
        Err(Gone) => error("E05"),
    }
}

/// Handles `qC`: the current thread.
fn current_thread(guest: &GdbTarget, core: usize) -> Intercept {
    on_thread(guest, core, |_, tid| Intercept::Reply(format!("QCp1.{tid:x}").into_bytes()))
}

/// Rejects `M` and `X` packets that are incomplete or write to mapped flash.
fn write(body: &[u8], _guest: &mut GdbTarget, _core: usize) -> Option<Intercept> {
    if !is_whole(body) {
        return Some(error("E16"));
    }
    writes_flash(body).then(|| Intercept::Reply(FLASH_WRITE.to_vec()))
}

/// Handles `m ADDR,LEN`.
fn read(body: &[u8], guest: &mut GdbTarget, _core: usize) -> Option<Intercept> {
    let Some((addr, len)) = text(body).and_then(range) else { return Some(error("E16")) };
    let answer = quick::memory(guest, addr, len).map(Intercept::Reply);
    Some(answer.unwrap_or_else(|| pass(format!("m{addr:x},{len:x}").as_bytes())))
}

/// Handles conditions and commands of a `Z` packet.
fn breakpoint(body: &[u8], guest: &mut GdbTarget, _core: usize) -> Option<Intercept> {
    let Some(Split { bare, condition, commands: list }) = conditions::split(text(body)?) else {
        return Some(error("E16"));
    };
    let to = guest.console.clone();
    guest.points.next(condition, (!list.is_empty()).then_some(Commands { list, to }));
    Some(pass(bare.as_bytes()))
}

fn trace(body: &[u8], guest: &mut GdbTarget, _core: usize) -> Option<Intercept> {
    tracepoints::intercept(text(body)?, guest).map(Intercept::Reply)
}

/// Response to packets that need a program when the client has detached.
const DETACHED: &[u8] = b"E.detached: use attach 1 or run";

/// Returns true for packets about the program: registers, memory, execution, breakpoints.
fn touches(body: &[u8]) -> bool {
    let words: [&[u8]; 4] = [b"vCont;", b"vFlash", b"qSearch", b"qCRC"];
    matches!(body.first(), Some(b) if b"mMXgGpPcCsSzZb".contains(b))
        || words.iter().any(|w| body.starts_with(w))
}

/// Response to a write to mapped flash.
const FLASH_WRITE: &[u8] = b"E.flash is mapped there: use load, or monitor flash fillw";

/// Returns true for `M` and `X` packets that write to mapped flash.
fn writes_flash(body: &[u8]) -> bool {
    let head = body[1..].split(|b| *b == b',' || *b == b':');
    let mut fields = head.take(2).map(packed);
    let (Some(Some(addr)), Some(Some(len))) = (fields.next(), fields.next()) else { return false };
    len > 0 && u32::try_from(addr).is_ok_and(is_flash_mapped)
}

/// Returns true if an `X` or `M` packet contains as much data as it announces; gdbstub does not check this and writes the data that arrived.
fn is_whole(body: &[u8]) -> bool {
    let Some(colon) = body.iter().position(|b| *b == b':') else { return false };
    let len = std::str::from_utf8(&body[1..colon]).ok().and_then(|head| number(head.split_once(',')?.1));
    let data = &body[colon + 1..];
    let has = if body[0] == b'X' { search::unescape(data).len() } else { data.len() / 2 };
    len == Some(has as u64) && (body[0] == b'X' || data.len().is_multiple_of(2))
}

/// Parses `m ADDR,LEN` and limits the length to a packet and to the address space.
fn range(text: &str) -> Option<(u32, usize)> {
    let (addr, len) = text[1..].split_once(',')?;
    let (addr, len) = (u32::try_from(number(addr)?).ok()?, number(len)?);
    Some((addr, len.min(MAX_READ).min((1 << 32) - u64::from(addr)) as usize))
}

/// Handles `c [ADDR]` and `s [ADDR]`: sets the PC, as gdbstub drops the address.
fn resume(text: &str, guest: &GdbTarget, core: usize, packet: &str) -> Intercept {
    if text.len() > 1 {
        let Some(pc) = number(&text[1..]) else { return error("E16") };
        let set = guest.handle.call(move |s| s.machine_mut().set_core_register(core, reg::PC, pc as u32));
        if set.is_err() {
            return error("E05");
        }
    }
    pass(packet.as_bytes())
}

/// Replaces vCont actions that step all threads by a step of the thread that stopped last.
fn actions(text: &str, tid: usize) -> String {
    let mut out = String::from("vCont");
    for action in text.split(';').skip(1) {
        out.push(';');
        let all = !action.contains(':') || action.ends_with(":-1") || action.ends_with(".-1");
        let verb = action.split(':').next().unwrap_or(action);
        match verb.as_bytes().first() {
            Some(b's' | b'S' | b'r') if all => out.push_str(&format!("{verb}:{tid:x};c")),
            _ => out.push_str(action),
        }
    }
    out
}

/// Handles `qXfer:threads:read`: names and states of all threads in one packet.
fn threads(text: &str, guest: &mut GdbTarget) -> Intercept {
    let lines = guest.lines().unwrap_or_default();
    let mut xml = String::from("<?xml version=\"1.0\"?>\n<threads>\n");
    for line in lines {
        let core = line.core.map_or(String::new(), |core| format!(" core=\"{core}\""));
        let (name, state) = (escaped(&line.name), escaped(&line.state));
        xml.push_str(&format!("<thread id=\"p1.{:x}\"{core} name=\"{name}\">{state}</thread>\n", line.tid));
    }
    xml.push_str("</threads>\n");
    Intercept::Reply(transfer(&xml, text))
}

/// Returns the part of a document that a `qXfer` packet requests: `...:OFFSET,LENGTH`.
pub fn transfer(document: &str, packet: &str) -> Vec<u8> {
    let range = packet.rsplit(':').next().and_then(|r| r.split_once(','));
    let Some((offset, length)) = range.and_then(|(o, l)| Some((number(o)?, number(l)?))) else {
        return b"E16".to_vec();
    };
    let mut buf = vec![0; (length as usize).min(MAX_READ as usize)];
    let n = window(document.as_bytes(), offset, buf.len(), &mut buf);
    let more = offset.saturating_add(n as u64) < document.len() as u64;
    let mut answer = vec![if more { b'm' } else { b'l' }];
    answer.extend(&buf[..n]);
    answer
}

/// Escapes text for XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Handles `qSymbol`: the client offers to look up symbols. Asks for the kernel's if esplens has none.
fn symbol(text: &str, guest: &mut GdbTarget) -> Vec<u8> {
    if guest.handle.rtos().is_some() && text == "qSymbol::" {
        return b"OK".to_vec();
    }
    if let Some(question) = guest.asking.answer(text) {
        return question.into_bytes();
    }
    if let Some(kernel) = guest.asking.kernel() {
        guest.handle.set_rtos(kernel);
        guest.keep_threads();
    }
    b"OK".to_vec()
}

/// Copies a part of `data` into `buf`; returns its length.
pub fn window(data: &[u8], offset: u64, length: usize, buf: &mut [u8]) -> usize {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(data.len());
    let n = length.min(buf.len()).min(data.len() - offset);
    buf[..n].copy_from_slice(&data[offset..offset + n]);
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_all_threads_name_one() {
        assert_eq!(actions("vCont;s", 2), "vCont;s:2;c");
        assert_eq!(actions("vCont;s:1;c", 2), "vCont;s:1;c");
        assert_eq!(actions("vCont;r10,20:-1", 1), "vCont;r10,20:1;c");
        assert_eq!(actions("vCont;c", 1), "vCont;c");
    }

    #[test]
    fn reads_fit_a_packet_and_the_address_space() {
        assert_eq!(range("m0,ffffffff"), Some((0, MAX_READ as usize)));
        assert_eq!(range("mfffffffe,10"), Some((0xFFFF_FFFE, 2)));
        for bad in ["m", "m1", "mx,1", "m100000000,1", "m1,fffffffffffffffffff"] {
            assert_eq!(range(bad), None, "{bad}");
        }
    }
}
