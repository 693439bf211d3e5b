//! Option lists in QEMU's syntax: `a=b,c=d`.

/// Returns the parts between commas. A doubled comma is a literal comma within a part.
#[must_use]
pub fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut left = text.chars().peekable();
    while let Some(c) = left.next() {
        let splits = c == ',' && left.next_if_eq(&',').is_none();
        match parts.last_mut() {
            Some(last) if !splits => last.push(c),
            _ => parts.push(String::new()),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn two_commas_are_one() {
        assert_eq!(parts(",,,a,"), [",", "a", ""]);
        assert_eq!(parts("ssid=a,,b,psk=c"), ["ssid=a,b", "psk=c"]);
    }
}
