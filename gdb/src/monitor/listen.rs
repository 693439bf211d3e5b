//! The monitor on a socket of its own: a line in, its answer and a prompt out.

use super::run;
use crate::server::{Address, Listening, Stream, start};
use crate::supervisor::Handle;
use std::io;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

/// Longest line taken.
const MAX_LINE: u64 = 4096;
/// Before each line, as QEMU's monitor has it.
pub const PROMPT: &str = "(esplens) ";
/// What a monitor says first. pytest-embedded waits for the word qemu on the terminal.
pub const HELLO: &str = "esplens monitor, with the commands of qemu and openocd - type 'help' for more information\n";

/// Starts a monitor on a thread of its own; it ends with the machine.
///
/// # Errors
/// When it cannot listen there.
pub fn listen(address: &Address, handle: &Handle) -> io::Result<Listening> {
    start(address, handle, "monitor", |stream, handle| {
        Box::pin(async move {
            // A client that goes away needs nothing.
            let _ = serve(stream, &handle).await;
        })
    })
}

async fn serve(stream: Box<dyn Stream>, handle: &Handle) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(HELLO.as_bytes()).await?;
    loop {
        stream.write_all(PROMPT.as_bytes()).await?;
        stream.flush().await?;
        let mut line = Vec::new();
        let n = (&mut stream).take(MAX_LINE).read_until(b'\n', &mut line).await?;
        if n == 0 {
            return Ok(());
        }
        let text = run(handle, &String::from_utf8_lossy(&line));
        stream.write_all(text.as_bytes()).await?;
        if handle.call(|s| s.quit_asked().is_some()).unwrap_or(true) {
            return Ok(());
        }
    }
}
