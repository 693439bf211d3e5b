//! Trace events of cards: commands by name, responses, blocks.

use super::{CardNote, CardReply};
use crate::dev::Cx;
use crate::trace::TraceEvent;

/// Traces what happened on the cards since the last call. Warns if another program has changed an image that was read.
pub fn trace(cx: &mut Cx) {
    let notes = cx.sys.sd.take_notes();
    if notes.iter().any(|n| matches!(n, CardNote::Read(..)))
        && let Some(path) = cx.sys.sd.changed_image()
    {
        let text = format!("{}: changed by another program while it is in use", path.display());
        cx.sys.warn(text);
    }
    for note in &notes {
        let event = match note {
            CardNote::Command(..) => TraceEvent::SdCommand,
            CardNote::Reply(_) | CardNote::SpiReply(_) => TraceEvent::SdResponse,
            CardNote::Read(..) => TraceEvent::SdRead,
            CardNote::Write(..) => TraceEvent::SdWrite,
            CardNote::Erase(..) => TraceEvent::SdErase,
        };
        cx.trace(event, || text(note));
    }
}

fn text(note: &CardNote) -> String {
    match note {
        CardNote::Command(index, app, arg) => {
            let prefix = if *app { "ACMD" } else { "CMD" };
            format!("{prefix}{index} {} {arg:#010x}", name(*index, *app))
        }
        CardNote::Reply(None) => "none".into(),
        CardNote::Reply(Some(CardReply::Short(value))) => format!("{value:#010x}"),
        CardNote::Reply(Some(CardReply::Ocr(ocr))) => format!("OCR {ocr:#010x}"),
        CardNote::Reply(Some(CardReply::Long(bytes))) => hex(bytes),
        CardNote::SpiReply(bytes) => format!("R1 {}", hex(bytes)),
        CardNote::Read(at, len) | CardNote::Write(at, len) => format!("{at:#010x}, {len} bytes"),
        CardNote::Erase(first, end) => format!("{first:#010x}, {} bytes", end - first),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold("0x".into(), |text, byte| text + &format!("{byte:02x}"))
}

/// Returns the specification's name of a command.
fn name(index: u8, app: bool) -> &'static str {
    match (index, app) {
        (6, true) => "SET_BUS_WIDTH",
        (13, true) => "SD_STATUS",
        (22, true) => "SEND_NUM_WR_BLOCKS",
        (23, true) => "SET_WR_BLK_ERASE_COUNT",
        (41, true) => "SD_SEND_OP_COND",
        (42, true) => "SET_CLR_CARD_DETECT",
        (51, true) => "SEND_SCR",
        (0, _) => "GO_IDLE_STATE",
        (1, _) => "SEND_OP_COND",
        (2, _) => "ALL_SEND_CID",
        (3, _) => "SEND_RELATIVE_ADDR",
        (4, _) => "SET_DSR",
        (5, _) => "IO_SEND_OP_COND",
        (6, _) => "SWITCH_FUNC",
        (7, _) => "SELECT_CARD",
        (8, _) => "SEND_IF_COND",
        (9, _) => "SEND_CSD",
        (10, _) => "SEND_CID",
        (12, _) => "STOP_TRANSMISSION",
        (13, _) => "SEND_STATUS",
        (15, _) => "GO_INACTIVE_STATE",
        (16, _) => "SET_BLOCKLEN",
        (17, _) => "READ_SINGLE_BLOCK",
        (18, _) => "READ_MULTIPLE_BLOCK",
        (23, _) => "SET_BLOCK_COUNT",
        (24, _) => "WRITE_BLOCK",
        (25, _) => "WRITE_MULTIPLE_BLOCK",
        (32, _) => "ERASE_WR_BLK_START",
        (33, _) => "ERASE_WR_BLK_END",
        (38, _) => "ERASE",
        (52, _) => "IO_RW_DIRECT",
        (53, _) => "IO_RW_EXTENDED",
        (55, _) => "APP_CMD",
        (58, _) => "READ_OCR",
        (59, _) => "CRC_ON_OFF",
        _ => "?",
    }
}
