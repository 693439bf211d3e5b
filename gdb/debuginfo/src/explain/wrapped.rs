//! Backtraces that a terminal wrapped before they were copied.

use std::borrow::Cow;

/// Most lines that one backtrace is joined from.
const MAX_PARTS: usize = 64;
/// Length of an entry of a backtrace, as in `0x400d525d:0x3ffb46b0`.
const PAIR: usize = "0x400d525d:0x3ffb46b0".len();

/// Returns the lines of a text; a backtrace that was wrapped is joined into one line.
#[must_use]
pub fn unwrapped(text: &str) -> Vec<Cow<'_, str>> {
    let mut lines = text.lines().peekable();
    let mut out = Vec::new();
    while let Some(line) = lines.next() {
        let mut whole = Cow::from(line);
        let mut parts = 1;
        while whole.contains("Backtrace:") && parts < MAX_PARTS {
            let Some(next) = lines.next_if(|next| goes_on(&whole, next)) else { break };
            let cut = whole.trim_end().len();
            let space = if ends_with_pair(&whole[..cut]) { " " } else { "" };
            whole = format!("{}{space}{}", &whole[..cut], next.trim_start()).into();
            parts += 1;
        }
        out.push(whole);
    }
    out
}

/// Returns true if `next` contains only the rest of a backtrace.
fn goes_on(line: &str, next: &str) -> bool {
    let rest = next.trim().trim_end_matches("|<-CORRUPTED").trim_end_matches("|<-CONTINUES").trim_end();
    let of_trace = |c: char| c.is_ascii_hexdigit() || matches!(c, 'x' | ':' | ' ');
    !rest.is_empty()
        && rest.chars().all(of_trace)
        && (rest.contains("0x") || !ends_with_pair(line.trim_end()))
}

/// Returns true if the line ends with a complete entry.
fn ends_with_pair(line: &str) -> bool {
    let Some(last) = line.len().checked_sub(PAIR).and_then(|at| line.get(at..)) else { return false };
    let (pc, sp) = (last.get(..10), last.get(11..));
    let address = |word: Option<&str>| {
        word.and_then(|w| w.strip_prefix("0x")).is_some_and(|h| h.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    address(pc) && address(sp) && last.as_bytes()[10] == b':'
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "Backtrace: 0x400d525d:0x3ffb46b0 0x400d316e:0x3ffb46e0 0x40085cdc:0x3ffb4700";

    #[test]
    fn a_trace_is_joined_wherever_it_was_cut() {
        for width in 12..TRACE.len() {
            let (mut text, mut rest) = (String::from("before\n"), TRACE);
            while rest.len() > width {
                text.push_str(rest[..width].trim_end());
                text.push('\n');
                rest = rest[width..].trim_start();
            }
            text.push_str(&format!("{rest}\n\nELF file SHA256: 0123456789\n"));
            assert_eq!(unwrapped(&text), ["before", TRACE, "", "ELF file SHA256: 0123456789"], "{width}");
        }
    }

    #[test]
    fn what_follows_a_trace_is_left_alone() {
        for next in ["", "Rebooting...", "rst:0xc (SW_CPU_RESET)", "0x400d525d: app_main", "dead beef"] {
            let text = format!("{TRACE}\n{next}");
            assert_eq!(unwrapped(&text).first().unwrap(), TRACE, "{next:?}");
        }
        let broken = "Backtrace: 0x400d525d:0x3ffb46b0\n0x400d316e:0x3ffb46e0 |<-CORRUPTED\n";
        assert_eq!(
            unwrapped(broken),
            ["Backtrace: 0x400d525d:0x3ffb46b0 0x400d316e:0x3ffb46e0 |<-CORRUPTED"]
        );
    }
}
