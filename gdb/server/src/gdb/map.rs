//! The memory map for GDB: accessible memory, and where breakpoints must be hardware breakpoints.

use esplens_soc::map;

/// Returns the map as GDB's XML.
#[must_use]
pub fn xml() -> String {
    let mut out = String::from("<?xml version=\"1.0\"?>\n<memory-map>\n");
    for (range, kind) in map::ranges(|r| Some(r.kind())) {
        let (kind, start, length) = (kind.gdb_type(), range.start, range.len());
        let head = format!("<memory type=\"{kind}\" start=\"{start:#x}\" length=\"{length:#x}\"");
        out.push_str(&match kind {
            // GDB writes to these with vFlash packets only.
            "flash" => format!("{head}><property name=\"blocksize\">0x1000</property></memory>\n"),
            _ => format!("{head}/>\n"),
        });
    }
    out.push_str("</memory-map>\n");
    out
}
