//! `--sd`: SD card sockets.

use super::terminal;
use super::units;
use esplens_soc::boot::BootError;
use esplens_soc::card::registers::CardCapacity;
use esplens_soc::card::{CardImage, SdConfig, SdPlace};
use esplens_soc::optlist::parts;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

/// The slot that ESP-IDF uses by default; slot 0 shares its pins with the flash chip.
const DEFAULT_SLOT: u8 = 1;

/// A socket on the command line: `FILE[,slot=N|cs=GPIO][,size=16M][,readonly=on][,cd=GPIO][,wp=GPIO]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SdArg {
    /// The card's image; empty: no card in the socket.
    pub file: PathBuf,
    /// The slot or chip select of the socket.
    pub place: SdPlace,
    /// Size in bytes of a new image.
    pub size: Option<u64>,
    /// The card is write-protected.
    pub readonly: bool,
    /// GPIO of the card-detect switch.
    pub detect: Option<u8>,
    /// GPIO of the write-protect switch.
    pub protect: Option<u8>,
}

impl FromStr for SdArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = parts(text).into_iter();
        let file = PathBuf::from(parts.next().unwrap_or_default());
        let place = SdPlace::Slot(DEFAULT_SLOT);
        let mut arg = Self { file, place, size: None, readonly: false, detect: None, protect: None };
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((&part, ""));
            match (key, value) {
                ("slot", "0" | "1") => arg.place = SdPlace::Slot(u8::from(value == "1")),
                ("slot", _) => return Err(format!("slot={value}: the chip has slots 0 and 1")),
                ("cs", _) => arg.place = SdPlace::Spi(gpio(value)?),
                ("size", _) => arg.size = Some(units::bytes(value)?),
                ("readonly", "on" | "off") => arg.readonly = value == "on",
                ("cd", _) => arg.detect = Some(gpio(value)?),
                ("wp", _) => arg.protect = Some(gpio(value)?),
                _ => {
                    return Err(format!("{part:?}: expected slot=, cs=, size=, readonly=on, cd= or wp="));
                }
            }
        }
        Ok(arg)
    }
}

fn gpio(text: &str) -> Result<u8, String> {
    let number = text.parse().ok().filter(|n| *n < 40);
    number.ok_or_else(|| format!("{text:?} is no GPIO number (0 to 39)"))
}

/// Checks that no two sockets are at the same place or use the same file.
pub fn check(sockets: &[SdArg]) -> Result<(), String> {
    for (n, a) in sockets.iter().enumerate() {
        for b in &sockets[..n] {
            if a.place == b.place {
                return Err(format!("--sd: two cards at {}; slot= or cs= tells them apart", a.place));
            }
            if a.file == b.file && !a.file.as_os_str().is_empty() {
                return Err(format!("--sd: {} is in two sockets", a.file.display()));
            }
        }
    }
    Ok(())
}

/// Opens the images, and creates those that do not exist yet.
pub fn open(sockets: &[SdArg]) -> Result<Vec<SdConfig>, BootError> {
    sockets.iter().map(open_one).collect()
}

fn open_one(arg: &SdArg) -> Result<SdConfig, BootError> {
    let image = if arg.file.as_os_str().is_empty() {
        None
    } else {
        let is_new = !arg.file.exists();
        let opened = CardImage::open(&arg.file, arg.size);
        let image = opened.map_err(|why| BootError::Io { path: arg.file.clone(), why })?;
        if is_new {
            let size = size_text(image.capacity());
            terminal::message(&format!("{}: new blank card, {size}", arg.file.display()));
        }
        Some(Arc::new(image))
    };
    Ok(SdConfig {
        place: arg.place,
        image,
        write_protected: arg.readonly,
        detect: arg.detect,
        protect: arg.protect,
    })
}

fn size_text(capacity: CardCapacity) -> String {
    format!("{} MiB ({})", capacity.bytes() >> 20, capacity.kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_has_a_place_and_a_size() {
        let arg: SdArg = "a,,b.img".parse().unwrap();
        assert_eq!((arg.file, arg.place, arg.size), ("a,b.img".into(), SdPlace::Slot(1), None));
        let arg: SdArg = "c.img,cs=5,size=4G,readonly=on,cd=34,wp=35".parse().unwrap();
        assert_eq!((arg.place, arg.size, arg.readonly), (SdPlace::Spi(5), Some(4 << 30), true));
        assert_eq!((arg.detect, arg.protect), (Some(34), Some(35)));
        assert_eq!(",slot=0".parse::<SdArg>().unwrap().file, PathBuf::new());
        for (text, why) in [
            ("c,slot=2", "slots 0 and 1"),
            ("c,cs=40", "GPIO"),
            ("c,size=big", "size"),
            ("c,speed=1", "expected slot="),
            ("c,readonly=maybe", "expected slot="),
        ] {
            let error = text.parse::<SdArg>().unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn each_card_has_its_own_socket() {
        let all = |texts: &[&str]| check(&texts.iter().map(|t| t.parse().unwrap()).collect::<Vec<SdArg>>());
        assert_eq!(all(&["a", "b,slot=0", "c,cs=5", ",cs=6", ",cs=7"]), Ok(()));
        assert!(all(&["a", "b"]).unwrap_err().contains("slot=1"));
        assert!(all(&["a", "a,cs=4"]).unwrap_err().contains("two sockets"));
    }
}
