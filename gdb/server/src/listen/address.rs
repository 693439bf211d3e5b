//! Listening addresses of a server.

use std::path::PathBuf;
use std::str::FromStr;

/// Port used by `-s`, the usual one for a remote target.
pub const DEFAULT_PORT: u16 = 1234;

/// `tcp:[HOST]:PORT` or `unix:PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A TCP listener.
    Tcp {
        /// Address or host name; defaults to 127.0.0.1.
        host: String,
        /// Port; 0 selects any free port.
        port: u16,
        /// If the port is in use, try the next ones.
        search: bool,
    },
    /// A Unix domain socket.
    Unix(PathBuf),
}

impl Address {
    /// Returns the address used by `-s`: port 1234 on the loopback interface, or the next free port.
    #[must_use]
    pub fn default_gdb() -> Self {
        Self::Tcp { host: "127.0.0.1".into(), port: DEFAULT_PORT, search: true }
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:").filter(|p| !p.is_empty()) {
            return Ok(Self::Unix(path.into()));
        }
        // QEMU's `tcp::1234,server` and GDB's `:1234` are accepted as well.
        let rest = text.strip_prefix("tcp:").unwrap_or(text);
        let rest = rest.split(',').next().unwrap_or(rest);
        let (host, port) = rest.rsplit_once(':').unwrap_or(("", rest));
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = port.parse().map_err(|_| format!("{text:?} is neither tcp:[HOST]:PORT nor unix:PATH"))?;
        let host = if host.is_empty() { "127.0.0.1" } else { host };
        Ok(Self::Tcp { host: host.into(), port, search: false })
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp { host, port, .. } if host.contains(':') => write!(f, "tcp:[{host}]:{port}"),
            Self::Tcp { host, port, .. } => write!(f, "tcp:{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16) -> Result<Address, String> {
        Ok(Address::Tcp { host: host.into(), port, search: false })
    }

    #[test]
    fn addresses_parse() {
        assert_eq!("tcp::1234".parse(), tcp("127.0.0.1", 1234));
        assert_eq!("tcp:0.0.0.0:3333".parse(), tcp("0.0.0.0", 3333));
        assert_eq!("tcp:[::1]:3333".parse(), tcp("::1", 3333));
        assert_eq!("tcp::1234,server,nowait".parse(), tcp("127.0.0.1", 1234));
        assert_eq!("1234".parse(), tcp("127.0.0.1", 1234));
        assert_eq!("unix:/tmp/x".parse(), Ok(Address::Unix("/tmp/x".into())));
        for bad in ["tcp:x", "unix:", "tcp::99999", ""] {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
    }
}
