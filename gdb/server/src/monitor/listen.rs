//! The monitor on a socket: reads a line, writes its output and a prompt.

use super::run;
use crate::listen::{Address, ByteStream, HTTP_METHODS, ListenResult, start};
use esplens_supervisor::Handle;
use std::io;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

/// Maximum length of a line.
const MAX_LINE: u64 = 4096;
/// Prompt, in the form of QEMU's monitor.
pub const PROMPT: &str = "(esplens) ";
/// First line of output. pytest-embedded waits for the word qemu on the terminal.
pub const HELLO: &str =
    "esplens monitor, with the commands of qemu and openocd - type 'help' for more information\n";

/// Starts a monitor on its own thread; it ends with the machine.
///
/// # Errors
/// If it cannot listen on the address.
pub fn listen(address: &Address, handle: &Handle) -> io::Result<ListenResult> {
    start(address, handle, "monitor", |stream, handle| {
        Box::pin(async move {
            // Nothing to do if the client disconnects.
            let _ = serve(stream, &handle).await;
        })
    })
}

async fn serve(stream: Box<dyn ByteStream>, handle: &Handle) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(HELLO.as_bytes()).await?;
    let mut first = true;
    loop {
        stream.write_all(PROMPT.as_bytes()).await?;
        stream.flush().await?;
        let mut line = Vec::new();
        let n = (&mut stream).take(MAX_LINE).read_until(b'\n', &mut line).await?;
        if n == 0 {
            return Ok(());
        }
        if is_foreign(&line, std::mem::take(&mut first)) {
            return Ok(());
        }
        let text = run(handle, &String::from_utf8_lossy(&line));
        stream.write_all(text.as_bytes()).await?;
        if handle.call(|s| s.quit_asked().is_some()).unwrap_or(true) {
            return Ok(());
        }
    }
}

/// Returns true for input that is not a monitor command: HTTP, which a web page or a guest can be made to send here
/// with commands in its body, and non-text data on the first line.
fn is_foreign(line: &[u8], first: bool) -> bool {
    let word = line.split(|b| b.is_ascii_whitespace()).next().unwrap_or_default();
    let text = std::str::from_utf8(line);
    let binary = text.is_err() || line.iter().any(|b| b.is_ascii_control() && !b.is_ascii_whitespace());
    let version = |word: &[u8]| word.starts_with(b"HTTP/");
    let last = line.split(|b| b.is_ascii_whitespace()).rfind(|word| !word.is_empty());
    HTTP_METHODS.iter().any(|method| method.as_bytes() == word)
        || last.is_some_and(version)
        || word.len() > 1 && word.ends_with(b":")
        || first && binary
}

#[cfg(test)]
mod tests {
    use super::is_foreign;

    #[test]
    fn http_and_binary_are_told_from_commands() {
        for line in [
            "GET / HTTP/1.1\r\n",
            "PROPFIND / HTTP/1.1\r\n",
            "POST /x\n",
            "PRI * HTTP/2.0\r\n",
            "Host: 127.0.0.1:4444\r\n",
        ] {
            assert!(is_foreign(line.as_bytes(), true) && is_foreign(line.as_bytes(), false), "{line}");
        }
        for line in [&b"\x16\x03\x01\n"[..], b"\0\n", b"\xff\xfe\n"] {
            assert!(is_foreign(line, true) && !is_foreign(line, false), "{line:?}");
        }
        for line in ["\n", "help\r\n", "trace on irq*\n", "x/4 0x3ffb0000\n", "p head: next\n", ""] {
            assert!(!is_foreign(line.as_bytes(), true), "{line}");
        }
    }
}
