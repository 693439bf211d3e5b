//! `--nic`: connection of the machine's Ethernet.

use super::hostnet::SegmentAddress;
use esplens_soc::dev::emac::phy::PhyConfig;
use esplens_soc::net::user::UserNetConfig;
use esplens_soc::optlist::parts;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::str::FromStr;

/// Kind of network that Ethernet is connected to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NicKind {
    /// The user-mode network.
    #[default]
    User,
    /// A segment shared with other machines.
    Socket,
    /// A TAP device of the host.
    Tap,
    /// No cable.
    None,
}

/// Ethernet MAC that the firmware finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NicModel {
    /// The one that the firmware's driver uses.
    #[default]
    Auto,
    /// The OpenCores MAC of Espressif's QEMU.
    OpenEth,
    /// The chip's own MAC.
    Emac,
}

/// A parsed `--nic`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nic {
    /// Kind of network.
    pub kind: NicKind,
    /// Ethernet MAC model.
    pub model: NicModel,
    /// PHY of the chip's own MAC: `phy=` and `phyaddr=`.
    pub phy: PhyConfig,
    /// Configuration of the user-mode network.
    pub user: UserNetConfig,
    /// Name server on the host, if not the system's.
    pub resolver: Option<SocketAddrV4>,
    /// Listening address of forwards that name none.
    pub listen: Ipv4Addr,
    /// `id=` or `netdev=` name, for messages.
    pub id: Option<String>,
    /// Location of the segment, for `socket` and `tap`; the last one given.
    pub at: Option<SegmentAddress>,
    /// `localaddr=` of `mcast=`.
    pub local: Option<Ipv4Addr>,
    /// Known but unsupported keys, in order.
    pub later: Vec<(String, String)>,
}

impl Default for Nic {
    fn default() -> Self {
        Self {
            kind: NicKind::User,
            model: NicModel::Auto,
            phy: PhyConfig::default(),
            user: UserNetConfig::default(),
            resolver: None,
            listen: Ipv4Addr::LOCALHOST,
            id: None,
            at: None,
            local: None,
            later: Vec::new(),
        }
    }
}

/// QEMU's keys that are unsupported here.
const LATER: [&str; 9] =
    ["tftp", "tftp-server-name", "bootfile", "smb", "smbserver", "mac", "br", "vhost", "udp"];

impl Nic {
    /// Returns an error for unsupported or incomplete options.
    pub fn check(&self) -> Result<(), String> {
        if let Some((key, value)) = self.later.first() {
            return Err(format!("--nic: {key}={value} is not supported"));
        }
        if self.model == NicModel::OpenEth && self.phy != PhyConfig::default() {
            return Err("--nic: phy= and phyaddr= need model=emac".into());
        }
        match (self.kind, &self.at) {
            (NicKind::Socket, Some(SegmentAddress::Tap(_)) | None) => {
                return Err("--nic: socket needs listen=, connect= or mcast=".into());
            }
            (NicKind::Tap, Some(SegmentAddress::Tap(_))) | (NicKind::Socket, _) => {}
            (NicKind::Tap, _) => return Err("--nic: tap needs ifname=".into()),
            (NicKind::User | NicKind::None, Some(at)) => {
                return Err(format!("--nic: {at} needs socket or tap"));
            }
            (NicKind::User | NicKind::None, None) => {}
        }
        self.user.check().map_err(|why| format!("--nic: {why}"))
    }
}

impl FromStr for Nic {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = parts(text);
        let mut parts = parts.iter().map(String::as_str);
        let mut nic = Self::default();
        nic.kind = match parts.next().unwrap_or("") {
            "user" => NicKind::User,
            "none" => NicKind::None,
            "socket" => NicKind::Socket,
            "tap" => NicKind::Tap,
            kind @ ("vmnet" | "bridge" | "stream" | "dgram" | "vde") => {
                nic.later.push(("type".into(), kind.into()));
                NicKind::None
            }
            other => return Err(format!("{other:?} is none of user, socket, tap, none")),
        };
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, "on"));
            nic.set(key, value)?;
        }
        if let Some(SegmentAddress::Multicast(_, local)) = &mut nic.at {
            *local = nic.local;
        }
        Ok(nic)
    }
}

impl Nic {
    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        if let Some(result) = self.user.set(key, value) {
            return result;
        }
        match (key, value) {
            ("model", "auto") => self.model = NicModel::Auto,
            ("model", "open_eth") => self.model = NicModel::OpenEth,
            ("model", "emac") => self.model = NicModel::Emac,
            ("model", other) => return Err(format!("model {other:?} is none of auto, open_eth, emac")),
            ("phy", "auto") => self.phy.chip = None,
            ("phy", chip) => self.phy.chip = Some(chip.parse()?),
            ("phyaddr", "auto") => self.phy.addr = None,
            ("phyaddr", n) => {
                let addr = n.parse().ok().filter(|n| *n < 32);
                self.phy.addr = Some(addr.ok_or_else(|| format!("phyaddr={n}: expected auto or 0 to 31"))?);
            }
            ("resolver", at) => self.resolver = Some(resolver(at)?),
            ("id" | "netdev", name) => self.id = Some(name.into()),
            ("listen", at) => self.at = Some(SegmentAddress::Listen(host_port(key, at)?)),
            ("connect", to) => self.at = Some(SegmentAddress::Connect(host_port(key, to)?)),
            ("mcast", group) => {
                let parsed: Option<SocketAddrV4> =
                    group.parse().ok().filter(|g: &SocketAddrV4| g.ip().is_multicast());
                let group =
                    parsed.ok_or_else(|| format!("mcast={group}: expected a multicast GROUP:PORT"))?;
                self.at = Some(SegmentAddress::Multicast(group, None));
            }
            ("localaddr", address) => {
                let bad = |_| format!("localaddr={address}: no IPv4 address");
                self.local = Some(address.parse().map_err(bad)?);
            }
            ("ifname", name) => self.at = Some(SegmentAddress::Tap(name.into())),
            ("script" | "downscript", "no") => {}
            ("script" | "downscript", _) => {
                return Err(format!(
                    "{key}={value}: scripts are not run; configure the device beforehand and set {key}=no"
                ));
            }
            (key, value) if LATER.contains(&key) => self.later.push((key.into(), value.into())),
            (key, _) => return Err(format!("unknown key {key:?}")),
        }
        Ok(())
    }
}

/// Checks `[HOST]:PORT`.
fn host_port(key: &str, text: &str) -> Result<String, String> {
    let port = text.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    port.map(|_| text.to_string()).ok_or_else(|| format!("{key}={text}: expected [HOST]:PORT"))
}

/// Parses `ADDRESS` or `ADDRESS:PORT`.
fn resolver(text: &str) -> Result<SocketAddrV4, String> {
    let alone = || text.parse::<Ipv4Addr>().map(|a| SocketAddrV4::new(a, 53));
    text.parse().or_else(|_| alone()).map_err(|_| format!("resolver={text}: expected ADDRESS[:PORT]"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use esplens_soc::dev::emac::phy::PhyChip;

    #[test]
    fn the_lines_people_use_parse() {
        let nic: Nic = "user,model=open_eth,id=lo0,restrict=on".parse().unwrap();
        assert_eq!((nic.kind, nic.model, nic.user.restrict), (NicKind::User, NicModel::OpenEth, true));
        assert_eq!(nic.check(), Ok(()));
        let nic: Nic = "user,hostfwd=tcp::8000-:80,hostfwd=tcp::8001-:81".parse().unwrap();
        assert_eq!(nic.user.forwards.len(), 2);
        assert_eq!(nic.check(), Ok(()));
        assert!("user,hostfwd=tcp:8000".parse::<Nic>().unwrap_err().contains("tcp:8000"));
        let nic: Nic = "user,guestfwd=tcp:10.0.2.100:1-cmd:printf a,,b".parse().unwrap();
        assert_eq!(nic.check(), Ok(()));
        assert!(format!("{:?}", nic.user.guest_forwards).contains("printf a,b"));
        let nic: Nic = "user,guestfwd=tcp:10.9.2.100:1-tcp:localhost:7".parse().unwrap();
        assert!(nic.check().unwrap_err().contains("10.9.2.100"));
        for good in
            ["tap,ifname=tap0,script=no,downscript=no", "socket,listen=:1234", "socket,connect=host:1"]
        {
            assert_eq!(good.parse::<Nic>().unwrap().check(), Ok(()), "{good}");
        }
        let nic: Nic = "socket,mcast=230.0.0.1:1234,localaddr=127.0.0.1,id=s".parse().unwrap();
        let group = "230.0.0.1:1234".parse().unwrap();
        assert_eq!(nic.at, Some(SegmentAddress::Multicast(group, Some(Ipv4Addr::LOCALHOST))));
        for bad in ["socket", "tap", "socket,ifname=x", "user,connect=a:1", "user,smb=/x", "bridge,br=b"] {
            assert!(bad.parse::<Nic>().unwrap().check().is_err(), "{bad}");
        }
        for bad in
            ["socket,listen=x", "socket,mcast=10.0.0.1:5", "tap,ifname=t,script=/etc/up", "user,ipv6=2"]
        {
            assert!(bad.parse::<Nic>().is_err(), "{bad}");
        }
        let nic: Nic = "user,model=emac,phy=ip101,phyaddr=31".parse().unwrap();
        assert_eq!(nic.phy, PhyConfig { chip: Some(PhyChip::Ip101), addr: Some(31) });
        assert_eq!(nic.check(), Ok(()));
        let nic: Nic = "user,model=emac,phy=auto,phyaddr=auto".parse().unwrap();
        assert_eq!((nic.model, nic.phy), (NicModel::Emac, PhyConfig::default()));
        for bad in ["user,phy=rtl8211", "user,phyaddr=32", "user,phyaddr=one"] {
            assert!(bad.parse::<Nic>().is_err(), "{bad}");
        }
        let nic: Nic = "user,model=open_eth,phy=ip101".parse().unwrap();
        assert!(nic.check().unwrap_err().contains("model=emac"));
        assert!("user,host=1.2.3.4".parse::<Nic>().unwrap().check().unwrap_err().contains("host=1.2.3.4"));
        assert!("usr".parse::<Nic>().unwrap_err().contains("usr"));
        assert!("user,model=e1000".parse::<Nic>().is_err());
        assert!("user,colour=red".parse::<Nic>().unwrap_err().contains("colour"));
    }
}
