//! Lines out of a stream of bytes.

/// Longest beginning of a line that is kept while its end has not come.
const MAX_LINE: usize = 8192;

/// Collects the parts of a line.
#[derive(Debug, Default)]
pub struct LineBuffer(Vec<u8>);

impl LineBuffer {
    /// Takes a part of a line, which may end it. Returns the whole line, with its end, once it has ended.
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
