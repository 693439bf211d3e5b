//! `watch`, `rwatch`, `awatch`.

use super::frame::{FrameSymbols, SelectedStack};
use super::{Error, Result, breakpoints, number, whatis};
use clap::Args;
use esplens_core::memory::WatchKind;
use esplens_supervisor::{Handle, MachineMemory, Point, PointKind};

/// Maximum size of a watched object, in bytes.
const MAX_SIZE: u32 = 1 << 20;

/// Sets a watchpoint: `watch ADDR [BYTES] [r|w|rw]`, `watch EXPR [r|w|rw]`.
#[derive(Debug, Args)]
pub struct WatchCommand {
    /// An address with a number of bytes (4), or an expression with an address, as in `watch broken.readings`; then r
    /// (loads), w (stores) or rw.
    #[arg(required = true, allow_hyphen_values = true, trailing_var_arg = true, value_name = "WHAT")]
    words: Vec<String>,
}

impl WatchCommand {
    /// Watches for accesses of `kind`, unless the words select another kind.
    pub fn run(&self, handle: &Handle, kind: WatchKind) -> Result {
        let mut words: &[String] = &self.words;
        // GDB's -l: here the address is always what is watched.
        if let Some((first, rest)) = words.split_first()
            && matches!(first.as_str(), "-l" | "-location")
        {
            words = rest;
        }
        let mut kind = kind;
        if let Some((last, rest)) = words.split_last().filter(|(_, rest)| !rest.is_empty())
            && let Some(named) = named(last)
        {
            (kind, words) = (named, rest);
        }
        let (addr, len, name) = match words {
            [] => return Err(Error::User("watch: an address or an expression is missing".into())),
            [addr] if number(addr).is_ok() => (number(addr).map_err(Error::User)?, 4, None),
            [addr, len] if number(addr).is_ok() => {
                let len = number(len).map_err(Error::User)?;
                (number(addr).map_err(Error::User)?, len, None)
            }
            words => place(handle, words.join(" "))?,
        };
        let point = Point::new(PointKind::Watch(kind), addr, len, handle.client());
        breakpoints::add(handle, Point { name, ..point })
    }
}

fn named(word: &str) -> Option<WatchKind> {
    match word {
        "r" | "read" => Some(WatchKind::Read),
        "w" | "write" => Some(WatchKind::Write),
        "rw" | "a" | "access" => Some(WatchKind::Access),
        _ => None,
    }
}

/// Returns the address and size of an expression's value, and a name for the point.
fn place(handle: &Handle, text: String) -> std::result::Result<(u32, u32, Option<String>), Error> {
    let (known, by) = (FrameSymbols::of(handle), handle.client().clone());
    let found = handle.call(move |s| {
        let mem = MachineMemory { machine: s.machine(), core: s.last_core() };
        let value = whatis::in_frame(&known.symbols, &text, &SelectedStack::of(s, &known, &by), &mem);
        let value = value.map_err(|e| e.to_string())?;
        let size = known.symbols.size_of(value.ty).map_err(|e| e.to_string())?;
        let addr =
            value.addr().ok_or_else(|| format!("{text} lies in no memory: there is nothing to watch"))?;
        match size {
            1..=MAX_SIZE => Ok((addr, size, Some(format!("{text} ({})", known.symbols.type_name(value.ty))))),
            _ => Err(format!("{text} has {size} bytes: 1 to {MAX_SIZE} can be watched")),
        }
    })?;
    found.map_err(Error::User)
}
