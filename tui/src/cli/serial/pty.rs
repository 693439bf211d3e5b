//! UART on a pseudo-terminal, for programs that need a serial port.

use super::Backend;
use super::inlet::Inlet;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::openpty;
use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;

/// Master side. The slave side stays open too, so that programs may open and close it repeatedly.
#[derive(Debug)]
pub struct Pty {
    master: File,
    path: PathBuf,
    _slave: OwnedFd,
}

impl Pty {
    /// Creates a pseudo-terminal and prints its name.
    pub fn open(inlet: Inlet) -> std::io::Result<Self> {
        let uart = inlet.uart();
        let pair = openpty(None, None)?;
        let mut termios = tcgetattr(&pair.slave)?;
        cfmakeraw(&mut termios);
        tcsetattr(&pair.slave, SetArg::TCSANOW, &termios)?;
        // A reader that does not read must not stop the machine: output that does not fit is dropped.
        fcntl(&pair.master, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        let path = nix::unistd::ttyname(&pair.slave)?;
        crate::cli::terminal::message(&format!("UART{uart} is {}", path.display()));
        let master = File::from(pair.master);
        let reader = master.try_clone()?;
        std::thread::Builder::new().name(format!("uart{uart} pty")).spawn(move || receive(reader, &inlet))?;
        Ok(Self { master, path, _slave: pair.slave })
    }

    /// Returns the path that programs open.
    #[cfg(test)]
    pub fn path(&self) -> &std::path::Path {
        &self.path
    }
}

impl Backend for Pty {
    fn write(&mut self, bytes: &[u8]) {
        if let Err(error) = self.master.write(bytes) {
            tracing::debug!(path = %self.path.display(), %error, "pty output dropped");
        }
    }
}

fn receive(mut master: File, inlet: &Inlet) {
    let mut buffer = [0; 1024];
    loop {
        let ready = poll(&mut [PollFd::new(master.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE);
        if ready.is_err_and(|e| e != nix::errno::Errno::EINTR) {
            return;
        }
        match master.read(&mut buffer) {
            Ok(0) => return,
            Ok(n) => {
                if !inlet.input(buffer[..n].to_vec()) {
                    return;
                }
            }
            Err(e)
                if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::Interrupted) => {}
            Err(_) => return,
        }
    }
}
