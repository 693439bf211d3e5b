//! Characters and strings as GDB quotes them.

/// More repeats of one character than this are printed as a count.
pub(super) const REPEATS: usize = 10;

/// Formats `97 'a'`.
pub(super) fn character(n: i128) -> String {
    format!("{n} '{}'", escape(n as u8, '\''))
}

fn escape(byte: u8, quote: char) -> String {
    match byte {
        0x07 => "\\a".into(),
        0x08 => "\\b".into(),
        0x09 => "\\t".into(),
        0x0A => "\\n".into(),
        0x0B => "\\v".into(),
        0x0C => "\\f".into(),
        0x0D => "\\r".into(),
        0x1B => "\\033".into(),
        b'\\' => "\\\\".into(),
        b if char::from(b) == quote => format!("\\{quote}"),
        0x20..0x7F => char::from(byte).to_string(),
        b => format!("\\{b:03o}"),
    }
}

/// Formats the bytes of a C array of characters: `"IDLE", '\000' <repeats 11 times>`. `cut`: the array continues behind
/// them.
pub(super) fn array(bytes: &[u8], limit: usize, cut: bool) -> String {
    // The NUL that ends a string is not shown.
    let bytes = match bytes {
        [rest @ .., 0] if !cut => rest,
        all => all,
    };
    if bytes.is_empty() {
        return "\"\"".into();
    }
    runs(bytes, limit, cut)
}

/// Formats runs of bytes; no new run begins once `limit` bytes are shown.
fn runs(bytes: &[u8], limit: usize, cut: bool) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut open = String::new();
    let mut shown = 0;
    for run in bytes.chunk_by(|a, b| a == b) {
        if shown >= limit {
            break;
        }
        shown += run.len();
        if run.len() > REPEATS {
            if !open.is_empty() {
                parts.push(format!("\"{}\"", std::mem::take(&mut open)));
            }
            parts.push(format!("'{}' <repeats {} times>", escape(run[0], '"'), run.len()));
        } else {
            open.extend(run.iter().map(|b| escape(*b, '"')));
        }
    }
    if !open.is_empty() {
        parts.push(format!("\"{open}\""));
    }
    parts.join(", ") + if cut || shown < bytes.len() { "..." } else { "" }
}

/// Formats a string that ends at its NUL; without a NUL in `bytes`, the string is longer.
pub(super) fn string(bytes: &[u8], limit: usize) -> String {
    let end = bytes.iter().position(|b| *b == 0);
    let shown = &bytes[..end.unwrap_or(bytes.len()).min(limit)];
    let cut = end.is_none_or(|e| e > limit);
    if shown.is_empty() { format!("\"\"{}", if cut { "..." } else { "" }) } else { runs(shown, limit, cut) }
}
