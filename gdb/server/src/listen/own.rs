//! The TCP ports on which this process listens for debuggers and dashboards. A guest with a network must not connect to
//! them, although it can reach the rest of the host's loopback interface.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Mutex, MutexGuard, PoisonError};

static OWN: Mutex<Vec<SocketAddr>> = Mutex::new(Vec::new());

fn own() -> MutexGuard<'static, Vec<SocketAddr>> {
    OWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Registers a listener of this process, until the process ends.
pub fn note_listener(at: SocketAddr) {
    own().push(at);
}

/// Returns true if a connection to `to` would reach a registered listener ([`note_listener`]).
#[must_use]
pub fn is_own_listener(to: SocketAddr) -> bool {
    let target = to.ip().to_canonical();
    own().iter().filter(|at| at.port() == to.port()).any(|at| {
        let listens = at.ip().to_canonical();
        listens == target || target.is_unspecified() || listens.is_unspecified() && is_here(target)
    })
}

/// Returns true for an address of this computer, to which a socket can be bound.
fn is_here(ip: IpAddr) -> bool {
    ip.is_loopback() || UdpSocket::bind((ip, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_known_by_every_address_that_leads_to_it() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        // Port numbers that no test listens on.
        note_listener(at("127.0.0.1:1"));
        note_listener(at("0.0.0.0:2"));
        for reached in
            ["127.0.0.1:1", "0.0.0.0:1", "[::ffff:127.0.0.1]:1", "127.0.0.1:2", "127.5.5.5:2", "[::]:2"]
        {
            assert!(is_own_listener(at(reached)), "{reached}");
        }
        for other in ["127.0.0.1:3", "127.0.0.2:1", "192.0.2.1:1", "192.0.2.1:2"] {
            assert!(!is_own_listener(at(other)), "{other}");
        }
    }
}
