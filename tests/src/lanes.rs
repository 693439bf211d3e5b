//! Traces of open_eth, split into lanes that can be compared event for event.
//!
//! Three tasks of the firmware and the wire access the MAC at the same time. How their accesses interleave
//! depends on timing (QEMU runs on the host's clock), but within each the order is determined by the driver.
//! So each is a separate lane.

/// Trace split into lanes. Every line is in exactly one lane.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Lanes {
    /// Everything up to the first Ethernet frame: the driver's set-up, by a single task.
    pub set_up: Vec<String>,
    /// Ethernet frames sent, each with its accesses to the transmit descriptor.
    pub sent: Vec<SentEthFrame>,
    /// The wire and the interrupt handler: arriving Ethernet frames, the interrupt line, INT_SOURCE.
    pub wire: Vec<String>,
    /// The receive task: accesses to the receive descriptors.
    pub received: Vec<String>,
    /// The link check, one element per run.
    pub link_checks: Vec<Vec<String>>,
    /// All other lines.
    pub rest: Vec<String>,
}

/// Sent Ethernet frame.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SentEthFrame {
    /// Length in bytes.
    pub len: u32,
    /// The accesses; `LEN` and `LAST` replace the descriptor lengths of this Ethernet frame and the one
    /// before.
    pub accesses: Vec<String>,
}

impl Lanes {
    /// Splits a trace into lanes.
    #[must_use]
    pub fn new(trace: &[String]) -> Self {
        // The last accesses of the set-up and the first Ethernet frame's are made by the same task.
        let first = trace.iter().position(|l| l.contains("start_xmit")).unwrap_or(trace.len());
        let begin = trace[..first].iter().rposition(|l| !is_transmit(l)).map_or(0, |n| n + 1);
        let mut lanes = Self { set_up: trace[..begin].to_vec(), ..Self::default() };
        let (mut transmit, mut management) = (Vec::new(), Vec::new());
        for line in &trace[begin..] {
            if is_transmit(line) {
                transmit.push(line.clone());
            } else if is_management(line) {
                management.push(line.clone());
            } else if is_wire(line) {
                lanes.wire.push(line.clone());
            } else if line.contains("DESC[") {
                lanes.received.push(line.clone());
            } else {
                lanes.rest.push(line.clone());
            }
        }
        lanes.sent = sent(&transmit);
        lanes.link_checks = link_checks(&management);
        lanes
    }

    /// Returns the lengths of the sent Ethernet frames, sorted.
    #[must_use]
    pub fn lengths(&self) -> Vec<u32> {
        let mut lengths: Vec<u32> = self.sent.iter().map(|s| s.len).collect();
        lengths.sort_unstable();
        lengths
    }
}

/// Returns whether a line accesses the first descriptor, which transmits; the sender holds the driver's lock.
fn is_transmit(line: &str) -> bool {
    line.contains("start_xmit") || line.contains("DESC[0x0000]") || line.contains("DESC[0x0004]")
}

/// Returns whether a line accesses MIICOMMAND to MIIRX_DATA, or the PHY.
fn is_management(line: &str) -> bool {
    let registers = ["MAC[0x2c]", "MAC[0x30]", "MAC[0x34]", "MAC[0x38]", "MII["];
    registers.iter().any(|r| line.contains(r))
}

fn is_wire(line: &str) -> bool {
    line.contains("open_eth_receive") || line.contains("update_irq") || line.contains("MAC[0x04]")
}

/// Splits a lane after each Ethernet frame. Accesses after the last one that the driver makes once per frame
/// belong to it.
fn sent(lines: &[String]) -> Vec<SentEthFrame> {
    let ends: Vec<usize> = (0..lines.len()).filter(|&n| starts_frame(lines, n)).collect();
    let mut last = 0;
    ends.iter()
        .enumerate()
        .map(|(i, &from)| {
            let to = ends.get(i + 1).copied().unwrap_or(lines.len());
            let group = &lines[from..to];
            let len = group.iter().find_map(|l| length(l)).unwrap_or(0);
            let accesses = group.iter().map(|l| name_lengths(l, len, last)).collect();
            last = len;
            SentEthFrame { len, accesses }
        })
        .collect()
}

/// Returns whether line `n` is the read of the descriptor's flags with which the driver begins an Ethernet
/// frame.
fn starts_frame(lines: &[String], n: usize) -> bool {
    lines[n].starts_with("open_eth_desc_read DESC[0x0000]")
}

fn length(line: &str) -> Option<u32> {
    line.split_once("tx_len: ")?.1.parse().ok()
}

/// Replaces the lengths in a descriptor's first word and in the Ethernet frame's line.
fn name_lengths(line: &str, len: u32, last: u32) -> String {
    if line.contains("start_xmit") {
        return line.replace(&format!(" {len}"), " LEN");
    }
    let Some((what, value)) = line.rsplit_once("0x").filter(|_| line.contains("DESC[0x0000]")) else {
        return line.to_string();
    };
    let word = u32::from_str_radix(value, 16).unwrap_or(0);
    let name = match word >> 16 {
        0 => "0",
        n if n == len && line.contains("<-") => "LEN",
        n if n == last => "LAST",
        _ => "OTHER",
    };
    format!("{what}{name}:{:04x}", word & 0xFFFF)
}

/// Splits a lane where a link check begins: at the first access after the read of MIIRX_DATA, MIIADDRESS
/// again.
fn link_checks(lines: &[String]) -> Vec<Vec<String>> {
    lines.chunk_by(|a, _| !a.contains("reg_read MAC[0x38]")).map(<[String]>::to_vec).collect()
}
