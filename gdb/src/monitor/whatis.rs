//! `whatis`: what is at an address, or what a name or expression is.

use super::{Error, Result, number};
use crate::supervisor::Handle;
use crate::symbols::Format;
use clap::Args;

/// Tells about an address, a name or an expression.
#[derive(Debug, Args)]
pub struct Whatis {
    /// An address (0x3ffb0010), a name or an expression of C's.
    #[arg(required = true, allow_hyphen_values = true)]
    what: Vec<String>,
}

impl Whatis {
    pub fn run(&self, handle: &Handle) -> Result {
        let what = self.what.join(" ");
        let symbols = handle.symbols().current();
        if let Ok(addr) = number(what.trim_start_matches('*')) {
            let text = symbols.describe(addr);
            return Ok(format!("{addr:#010x}: {}\n", text.unwrap_or_else(|| "no symbol".into())));
        }
        let text = handle.call(move |s| {
            let memory = |addr: u32, buf: &mut [u8]| s.machine().peek(0, addr, buf);
            let value = symbols.evaluate(&what, &memory, None)?;
            let size = symbols.size_of(value.ty)?;
            let at = value.addr().map_or(String::new(), |a| format!(" at {a:#010x}"));
            let shown = symbols.format(&value, &memory, &Format::default());
            let ty = symbols.type_name(value.ty);
            Ok::<_, crate::symbols::Error>(format!("{what}: {ty}, {size} bytes{at} = {shown}\n"))
        })?;
        text.map_err(|e| Error::User(e.to_string()))
    }
}
