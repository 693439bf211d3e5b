//! `--nic`: what the machine's Ethernet is connected to.

use std::str::FromStr;

/// What is at the other end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NicKind {
    /// The user-mode network.
    #[default]
    User,
    /// No cable.
    None,
}

/// Which Ethernet MAC the firmware finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NicModel {
    /// Whichever the firmware's driver talks to.
    #[default]
    Auto,
    /// The OpenCores MAC that Espressif's QEMU has.
    OpenEth,
    /// The chip's own.
    Emac,
}

/// A parsed `--nic`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nic {
    /// The other end.
    pub kind: NicKind,
    /// The MAC.
    pub model: NicModel,
    /// `restrict=on`: the guest reaches nothing outside.
    pub restrict: bool,
    /// `id=` or `netdev=` names, kept for messages.
    pub id: Option<String>,
    /// Keys that are known but not carried out yet, in order.
    pub later: Vec<(String, String)>,
}

/// Keys of QEMU's user network and of other kinds that have their meaning, but not here yet.
const LATER: [&str; 12] = [
    "hostfwd",
    "guestfwd",
    "net",
    "host",
    "dns",
    "dhcpstart",
    "hostname",
    "ipv4",
    "ipv6",
    "ifname",
    "tftp",
    "mac",
];

impl Nic {
    /// One clear error for what cannot be done yet.
    pub fn check(&self) -> Result<(), String> {
        match self.later.first() {
            Some((key, value)) => Err(format!("--nic: {key}={value} is not supported yet")),
            None => Ok(()),
        }
    }
}

impl FromStr for Nic {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',');
        let mut nic = Self::default();
        nic.kind = match parts.next().unwrap_or("") {
            "user" => NicKind::User,
            "none" => NicKind::None,
            kind @ ("tap" | "socket" | "vmnet" | "bridge") => {
                nic.later.push(("type".into(), kind.into()));
                NicKind::None
            }
            other => return Err(format!("{other:?} is neither user nor none")),
        };
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, "on"));
            nic.set(key, value)?;
        }
        Ok(nic)
    }
}

impl Nic {
    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        match (key, value) {
            ("model", "auto") => self.model = NicModel::Auto,
            ("model", "open_eth") => self.model = NicModel::OpenEth,
            ("model", "emac") => self.model = NicModel::Emac,
            ("model", other) => return Err(format!("model {other:?} is none of auto, open_eth, emac")),
            ("restrict", "on" | "yes" | "y") => self.restrict = true,
            ("restrict", "off" | "no" | "n") => self.restrict = false,
            ("id" | "netdev", name) => self.id = Some(name.into()),
            (key, value) if LATER.contains(&key) => self.later.push((key.into(), value.into())),
            (key, _) => return Err(format!("unknown key {key:?}")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_people_use_parse() {
        let nic: Nic = "user,model=open_eth,id=lo0,restrict=on".parse().unwrap();
        assert_eq!((nic.kind, nic.model, nic.restrict), (NicKind::User, NicModel::OpenEth, true));
        assert_eq!(nic.check(), Ok(()));
        let nic: Nic = "user,hostfwd=tcp::8000-:80,hostfwd=tcp::8001-:81".parse().unwrap();
        assert_eq!(nic.later.len(), 2);
        assert_eq!(nic.check(), Err("--nic: hostfwd=tcp::8000-:80 is not supported yet".into()));
        assert!("tap,ifname=tap0".parse::<Nic>().unwrap().check().unwrap_err().contains("type=tap"));
        assert!("usr".parse::<Nic>().unwrap_err().contains("usr"));
        assert!("user,model=e1000".parse::<Nic>().is_err());
        assert!("user,colour=red".parse::<Nic>().unwrap_err().contains("colour"));
    }
}
