//! Trace events of the flash chip: its commands in readable form.

use super::transfer::Transfer;
use crate::dev::Cx;
use crate::trace::TraceEvent;

/// Traces a command that the chip has received.
pub(super) fn flash(t: &Transfer, cx: &mut Cx) {
    let Some(op) = t.opcode() else { return };
    let event = match op {
        0x03 | 0x13 | 0x0B | 0x0C | 0x3B | 0x3C | 0x6B | 0x6C | 0xBB | 0xBC | 0xEB | 0xEC => {
            TraceEvent::FlashRead
        }
        0x20 | 0x21 | 0x52 | 0xD8 | 0xDC | 0x60 | 0xC7 => TraceEvent::FlashErase,
        0x02 | 0x32 | 0x12 | 0x34 => TraceEvent::FlashProgram,
        _ => TraceEvent::FlashCommand,
    };
    // Commands whose addresses always have four bytes.
    let long = matches!(op, 0x13 | 0x0C | 0x3C | 0x6C | 0xBC | 0xEC | 0x21 | 0xDC | 0x12 | 0x34);
    let bytes = if long || cx.sys.flash_chip.four_byte { 4 } else { 3 };
    cx.trace(event, || {
        let addr = t.address(bytes);
        match (event, op) {
            (TraceEvent::FlashRead, _) => format!("{addr:#08x}, {} bytes (command {op:#04x})", t.miso),
            (TraceEvent::FlashErase, 0x60 | 0xC7) => format!("whole chip (command {op:#04x})"),
            (TraceEvent::FlashErase, 0x20 | 0x21) => format!("{addr:#08x}, 4 KiB (command {op:#04x})"),
            (TraceEvent::FlashErase, 0x52) => format!("{addr:#08x}, 32 KiB (command {op:#04x})"),
            (TraceEvent::FlashErase, _) => format!("{addr:#08x}, 64 KiB (command {op:#04x})"),
            (TraceEvent::FlashProgram, _) => {
                format!("{addr:#08x}, {} bytes (command {op:#04x})", t.data(1 + bytes).len())
            }
            _ => format!("{op:#04x} {}", command_name(op)),
        }
    });
}

/// Returns the data sheet's name of a command (GD25Q32C).
fn command_name(op: u8) -> &'static str {
    match op {
        0x01 | 0x31 | 0x11 => "write status",
        0x04 => "write disable",
        0x05 | 0x35 | 0x15 => "read status",
        0x06 => "write enable",
        0x50 => "volatile write enable",
        0x48 => "read security registers",
        0x42 => "program security registers",
        0x44 => "erase security registers",
        0x4B => "read unique id",
        0x5A => "read SFDP",
        0x66 => "enable reset",
        0x75 => "suspend",
        0x7A => "resume",
        0x90 => "read manufacturer id",
        0x99 => "reset",
        0x9F => "read id",
        0xAB => "release from power-down",
        0xB7 => "4-byte mode on",
        0xB9 => "power down",
        0xE9 => "4-byte mode off",
        0xFF => "leave continuous read",
        _ => "?",
    }
}
