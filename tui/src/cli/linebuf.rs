//! Splits a byte stream into lines.

/// Maximum length of an unfinished line; the rest is dropped.
const MAX_LINE: usize = 8192;

/// Buffer for an unfinished line.
#[derive(Debug, Default)]
pub struct LineBuffer(Vec<u8>);

impl LineBuffer {
    /// Adds a part of a line. Returns the whole line, with its line end, if the part ends it.
    pub fn take(&mut self, part: &[u8]) -> Option<String> {
        self.0.extend(part);
        if !part.ends_with(b"\n") {
            self.0.truncate(MAX_LINE);
            return None;
        }
        let line = String::from_utf8_lossy(&self.0).into_owned();
        self.0.clear();
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_whole_and_its_beginning_is_bounded() {
        let mut buffer = LineBuffer::default();
        assert_eq!((buffer.take(b"one "), buffer.take(b"line\r\n")), (None, Some("one line\r\n".into())));
        (0..100).for_each(|_| assert_eq!(buffer.take(&[b'x'; 1000]), None));
        assert_eq!(buffer.take(b"\n").map(|line| line.len()), Some(MAX_LINE + 1));
    }
}
