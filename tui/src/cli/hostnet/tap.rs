//! Linux's TAP devices.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use tokio::io::unix::AsyncFd;

/// A TAP device.
pub struct TapDevice(AsyncFd<File>);

/// Opens the TAP device `name`. Creates it if it does not exist and the user is allowed to.
pub fn open(name: &str) -> Result<TapDevice> {
    let path = "/dev/net/tun";
    let explain = |why: Error| Error::new(why.kind(), format!("{path}: {why}"));
    let file = OpenOptions::new().read(true).write(true).custom_flags(libc::O_NONBLOCK).open(path);
    let file = file.map_err(explain)?;
    // SAFETY: an ifreq is plain data, for which all zeroes is valid.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    if name.is_empty() || name.len() >= request.ifr_name.len() {
        return Err(Error::new(ErrorKind::InvalidInput, "an interface's name has 1 to 15 characters"));
    }
    for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *to = from as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_TAP | libc::IFF_NO_PI) as libc::c_short;
    // SAFETY: the descriptor is open, and TUNSETIFF reads and writes one ifreq.
    let done = unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF as _, &raw mut request) };
    if done < 0 {
        return Err(Error::last_os_error());
    }
    // SAFETY: the file owns its descriptor for as long as the `AsyncFd` owns the file.
    Ok(TapDevice(unsafe { AsyncFd::register(file) }?))
}

impl TapDevice {
    /// Reads the next frame from the host. Returns its length.
    pub async fn read(&self, buffer: &mut [u8]) -> Result<usize> {
        loop {
            let mut ready = self.0.readable().await?;
            if let Ok(result) = ready.try_io(|device| device.get_ref().read(buffer)) {
                return result;
            }
        }
    }

    /// Sends a frame to the host. The frame is lost if the device does not accept it.
    pub fn write(&self, frame: &[u8]) {
        let _ = self.0.get_ref().write(frame);
    }
}
