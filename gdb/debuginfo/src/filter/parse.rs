//! Parser for [`Filter`] expressions.

use super::{AddressField, Dir, Filter, Proto, Test, Wlan};
use std::net::IpAddr;
use std::str::FromStr;

/// Longest expression accepted, in bytes.
const MAX_TEXT: usize = 4096;
/// Deepest nesting of `not` and parentheses.
const MAX_DEPTH: u32 = 64;

/// Error in a filter expression; names the offending word.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// The expression ends where a word should follow.
    #[error("the filter ends where {0} should follow")]
    End(&'static str),
    /// A word that is not valid at its position.
    #[error("{word:?} in a filter: expected {expected}")]
    Word {
        /// The word.
        word: String,
        /// The kind of word that is expected.
        expected: &'static str,
    },
    /// The expression is too long or nested too deeply.
    #[error("the filter is too long or nested too deeply")]
    Size,
}

type Result<T> = std::result::Result<T, FilterError>;

/// Qualifiers before a value: protocol, direction, kind.
#[derive(Clone, Copy, Default)]
struct Words {
    proto: Option<Proto>,
    dir: Option<Dir>,
    kind: Option<Kind>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Host,
    Net,
    Port,
    PortRange,
    Proto,
    /// An address of an 802.11 frame.
    Wlan(AddressField),
}

struct Parser<'a> {
    words: Vec<&'a str>,
    at: usize,
    depth: u32,
    /// Qualifiers of the last value, for `port 80 or 443`.
    last: Words,
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self> {
        if text.len() > MAX_TEXT {
            return Err(FilterError::Size);
        }
        let mut parser = Parser { words: split(text), at: 0, depth: 0, last: Words::default() };
        let filter = parser.expression()?;
        match parser.next() {
            None => Ok(filter),
            Some(word) => Err(unknown(word, "and, or, or the end")),
        }
    }
}

/// Splits a text into words; parentheses, `!`, `&&` and `||` are words of their own.
fn split(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for part in text.split_whitespace() {
        let mut rest = part;
        while !rest.is_empty() {
            let double = rest.starts_with("&&") || rest.starts_with("||");
            let cut = match rest.find(['(', ')', '!', '&', '|']) {
                Some(0) => 1 + usize::from(double),
                Some(n) => n,
                None => rest.len(),
            };
            let (word, more) = rest.split_at(cut);
            words.push(word);
            rest = more;
        }
    }
    words
}

fn unknown(word: &str, expected: &'static str) -> FilterError {
    FilterError::Word { word: word.into(), expected }
}

/// Parses `10.0.2.15` or `2001:db8::1`.
fn ip(word: &str) -> Result<IpAddr> {
    word.parse().map_err(|_| unknown(word, "IP address (names are not looked up)"))
}

fn number(word: &str) -> Result<u16> {
    let parsed = match word.strip_prefix("0x") {
        Some(hex) => u16::from_str_radix(hex, 16),
        None => word.parse(),
    };
    parsed.map_err(|_| unknown(word, "number from 0 to 65535"))
}

/// Parses a port number or the name of a common service.
fn port(word: &str) -> Result<u16> {
    Ok(match word {
        "ftp" => 21,
        "ssh" => 22,
        "telnet" => 23,
        "domain" => 53,
        "bootps" => 67,
        "bootpc" => 68,
        "http" => 80,
        "ntp" => 123,
        "https" => 443,
        "mqtt" => 1883,
        "mdns" => 5353,
        _ => return number(word).map_err(|_| unknown(word, "port")),
    })
}

fn mac(word: &str) -> Result<[u8; 6]> {
    let bad = || unknown(word, "MAC address");
    let mut out = [0; 6];
    let mut parts = word.split([':', '-']);
    for byte in &mut out {
        let part = parts.next().filter(|p| (1..=2).contains(&p.len())).ok_or_else(bad)?;
        *byte = u8::from_str_radix(part, 16).map_err(|_| bad())?;
    }
    if parts.next().is_some() { Err(bad()) } else { Ok(out) }
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).copied()
    }

    fn next(&mut self) -> Option<&'a str> {
        let word = self.peek()?;
        self.at += 1;
        Some(word)
    }

    fn value(&mut self, expected: &'static str) -> Result<&'a str> {
        self.next().ok_or(FilterError::End(expected))
    }

    fn take(&mut self, words: &[&str]) -> bool {
        let found = self.peek().is_some_and(|w| words.contains(&w));
        self.at += usize::from(found);
        found
    }

    fn expression(&mut self) -> Result<Filter> {
        let mut left = self.factor(false)?;
        loop {
            if self.take(&["and", "&&", "&"]) {
                left = Filter::And(Box::new(left), Box::new(self.factor(true)?));
            } else if self.take(&["or", "||", "|"]) {
                left = Filter::Or(Box::new(left), Box::new(self.factor(true)?));
            } else {
                return Ok(left);
            }
        }
    }

    /// Parses a test, `not` or parentheses. With `again`, a bare value repeats the qualifiers of the last value.
    fn factor(&mut self, again: bool) -> Result<Filter> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(FilterError::Size);
        }
        let filter = if self.take(&["not", "!"]) {
            Filter::Not(Box::new(self.factor(again)?))
        } else if self.take(&["("]) {
            let inner = self.expression()?;
            match self.value(")")? {
                ")" => inner,
                word => return Err(unknown(word, "closing parenthesis")),
            }
        } else {
            Filter::Is(self.test(again)?)
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn test(&mut self, again: bool) -> Result<Test> {
        if let Some(test) = self.simple()? {
            return Ok(test);
        }
        let wlan = self.take(&["wlan"]);
        if let Some(test) = self.wlan(wlan)? {
            return Ok(Test::Wlan(test));
        }
        let words = if wlan { self.wlan_field() } else { self.qualifiers() };
        let bare = words.proto.is_none() && words.dir.is_none() && words.kind.is_none();
        if let (Some(proto), None, None) = (words.proto, words.dir, words.kind)
            && (proto != Proto::Ether || self.ends())
        {
            return Ok(Test::Proto(proto));
        }
        let words = if bare && again && self.last.kind.is_some() { self.last } else { words };
        let Some(word) = self.next() else { return Err(FilterError::End("a test")) };
        if bare && words.kind.is_none() {
            return Err(unknown(
                word,
                "word of a filter (ether arp ip ip6 icmp icmp6 udp tcp host net port wlan type subtype)",
            ));
        }
        let test = of(words, word)?;
        self.last = words;
        Ok(test)
    }

    /// Parses tests without qualifiers.
    fn simple(&mut self) -> Result<Option<Test>> {
        let ether = self.peek() == Some("ether");
        let word = if ether { self.words.get(self.at + 1).copied() } else { self.peek() };
        let skip = 1 + usize::from(ether);
        let test = match word {
            Some("broadcast") => Test::Broadcast,
            Some("multicast") => Test::Multicast,
            Some(word @ ("less" | "greater")) if !ether => {
                self.at += 1;
                let n = number(self.value("a length")?)?;
                return Ok(Some(if word == "less" { Test::Less(n) } else { Test::Greater(n) }));
            }
            _ => return Ok(None),
        };
        self.at += skip;
        Ok(Some(test))
    }

    /// Returns true if the next word cannot continue a test.
    fn ends(&self) -> bool {
        self.peek().is_none_or(|w| matches!(w, ")" | "and" | "&&" | "&" | "or" | "||" | "|"))
    }

    /// Parses tests of 802.11 frames without an address; `wlan` is true if that word was read before them.
    fn wlan(&mut self, wlan: bool) -> Result<Option<Wlan>> {
        let test = match self.peek() {
            Some("type") => return self.wlan_type().map(Some),
            Some("subtype") => return self.wlan_subtype().map(Some),
            Some("dir") => {
                self.at += 1;
                let word = self.value("nods, tods, fromds or dstods")?;
                let test = Wlan::direction_named(word);
                return test.map(Some).ok_or_else(|| unknown(word, "direction (nods tods fromds dstods)"));
            }
            Some("broadcast") if wlan => Wlan::Broadcast,
            Some("multicast") if wlan => Wlan::Multicast,
            _ if wlan && self.ends() => return Ok(Some(Wlan::Any)),
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(test))
    }

    /// Parses `type mgt` or `type mgt subtype beacon`.
    fn wlan_type(&mut self) -> Result<Wlan> {
        self.at += 1;
        let word = self.value("a type of frame")?;
        let kind = Wlan::type_named(word).ok_or_else(|| unknown(word, "type of frame (mgt ctl data)"))?;
        if self.peek() != Some("subtype") {
            return Ok(kind);
        }
        let name = self.words.get(self.at + 1).copied().unwrap_or_default();
        match (kind, self.wlan_subtype()?) {
            (Wlan::Type(kind), subtype @ Wlan::Subtype(of, _)) if kind == of => Ok(subtype),
            _ => Err(unknown(name, "subtype of this type")),
        }
    }

    /// Parses `subtype beacon`.
    fn wlan_subtype(&mut self) -> Result<Wlan> {
        self.at += 1;
        let word = self.value("a subtype of frame")?;
        const EXPECTED: &str =
            "subtype of frame (beacon probe-req auth assoc-req deauth action data qos-data ...)";
        Wlan::subtype_named(word).ok_or_else(|| unknown(word, EXPECTED))
    }

    /// Parses the words after `wlan`: `host`, `src`, `dst`, `addr1` to `addr4`, `ra`, `ta`.
    fn wlan_field(&mut self) -> Words {
        let field = match self.peek() {
            Some("addr1") => AddressField::Number(1),
            Some("addr2") => AddressField::Number(2),
            Some("addr3") => AddressField::Number(3),
            Some("addr4") => AddressField::Number(4),
            Some("ra") => AddressField::Ra,
            Some("ta") => AddressField::Ta,
            _ => AddressField::End(self.dir().unwrap_or(Dir::Either)),
        };
        self.at += usize::from(!matches!(field, AddressField::End(_)));
        self.take(&["host"]);
        Words { kind: Some(Kind::Wlan(field)), ..Words::default() }
    }

    /// Parses `src`, `dst` or `src or dst`.
    fn dir(&mut self) -> Option<Dir> {
        let dir = match self.peek() {
            Some("src") => Dir::Src,
            Some("dst") => Dir::Dst,
            _ => return None,
        };
        self.at += 1;
        let both = matches!(self.words.get(self.at..self.at + 2), Some(["or" | "and", "src" | "dst"]));
        self.at += 2 * usize::from(both);
        Some(if both { Dir::Either } else { dir })
    }

    /// Parses qualifiers such as `tcp`, `src` and `port`, in this order.
    fn qualifiers(&mut self) -> Words {
        let proto = self.peek().and_then(|w| Proto::ALL.into_iter().find(|p| p.name() == w));
        let mut words = Words { proto, ..Words::default() };
        self.at += usize::from(words.proto.is_some());
        words.dir = self.dir();
        words.kind = match self.peek() {
            Some("host") => Some(Kind::Host),
            Some("net") => Some(Kind::Net),
            Some("port") => Some(Kind::Port),
            Some("portrange") => Some(Kind::PortRange),
            Some("proto") if words.proto == Some(Proto::Ether) => Some(Kind::Proto),
            _ => None,
        };
        self.at += usize::from(words.kind.is_some());
        words
    }
}

/// Builds the test from qualifiers and a value.
fn of(words: Words, word: &str) -> Result<Test> {
    let dir = words.dir.unwrap_or(Dir::Either);
    if let Some(Kind::Wlan(field)) = words.kind {
        return Ok(Test::Wlan(Wlan::Address(field, mac(word)?)));
    }
    if words.proto == Some(Proto::Ether) {
        return match words.kind {
            Some(Kind::Proto) => Ok(Test::EtherType(match word {
                "ip" => 0x0800,
                "arp" => 0x0806,
                "ip6" => 0x86DD,
                _ => number(word)?,
            })),
            None | Some(Kind::Host) => Ok(Test::Mac(dir, mac(word)?)),
            _ => Err(unknown(word, "word after ether (host, src, dst, proto, broadcast, multicast)")),
        };
    }
    let proto = words.proto.filter(|p| matches!(p, Proto::Udp | Proto::Tcp));
    match words.kind {
        Some(Kind::Port) => port(word).map(|n| Test::Port(proto, dir, n, n)),
        Some(Kind::PortRange) => {
            let (from, to) = word.split_once('-').ok_or_else(|| unknown(word, "range of ports, as 80-90"))?;
            Ok(Test::Port(proto, dir, port(from)?, port(to)?))
        }
        Some(Kind::Net) => net(dir, word),
        // `src 10.0.2.15` means `src host 10.0.2.15`.
        _ => ip(word).map(|a| Test::Host(dir, a)),
    }
}

/// Parses `10.0.2.0/24`; without a prefix length, the whole address must match.
fn net(dir: Dir, word: &str) -> Result<Test> {
    let (addr, bits) = word.split_once('/').unwrap_or((word, ""));
    let addr = ip(addr)?;
    let most = if addr.is_ipv4() { 32 } else { 128 };
    let bits = if bits.is_empty() { Some(most) } else { bits.parse().ok().filter(|b| *b <= most) };
    bits.map(|bits| Test::Net(dir, addr, bits)).ok_or_else(|| unknown(word, "network, as 10.0.2.0/24"))
}
