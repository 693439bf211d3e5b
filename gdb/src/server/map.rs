//! The memory map for GDB: accessible memory, and where breakpoints must be hardware breakpoints.

/// Regions: first byte, length in bytes, GDB's memory type.
const REGIONS: [(u32, u32, &str); 13] = [
    (0x3F40_0000, 0x0040_0000, "flash"), // data
    (0x3F80_0000, 0x0040_0000, "ram"),   // PSRAM
    (0x3FF0_0000, 0x0008_0000, "ram"),   // peripherals
    (0x3FF8_0000, 0x0000_2000, "ram"),   // RTC fast memory, data
    (0x3FF9_0000, 0x0001_0000, "rom"),   // ROM 1
    (0x3FFA_E000, 0x0005_2000, "ram"),   // SRAM 2 and 1
    (0x4000_0000, 0x0007_0000, "rom"),   // ROM 0 and 1
    (0x4007_0000, 0x0003_0000, "ram"),   // SRAM 0
    (0x400A_0000, 0x0002_0000, "ram"),   // SRAM 1, instructions
    (0x400C_0000, 0x0000_2000, "ram"),   // RTC fast memory, instructions
    (0x400C_2000, 0x00B3_E000, "flash"), // instructions
    (0x5000_0000, 0x0000_2000, "ram"),   // RTC slow memory
    (0x6000_0000, 0x0004_0000, "ram"),   // peripherals on the AHB
];

/// Returns the regions: first byte, length in bytes, type.
#[must_use]
pub fn regions() -> &'static [(u32, u32, &'static str)] {
    &REGIONS
}

/// Returns the map as GDB's XML.
#[must_use]
pub fn xml() -> String {
    let mut out = String::from("<?xml version=\"1.0\"?>\n<memory-map>\n");
    for (start, length, kind) in REGIONS {
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
