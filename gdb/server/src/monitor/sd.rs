//! `sd`: inserts and removes SD cards. `info sd`: the sockets.

use super::{Error, Result};
use clap::{Args, Subcommand};
use esplens_soc::card::{CardImage, SdEvent, SdPlace, SdSocket};
use esplens_soc::machine::Input;
use esplens_soc::optlist::parts;
use esplens_supervisor::{Handle, Session};
use std::path::{Path, PathBuf};

/// Inserts a card, removes it, or shows the sockets. Insertion and removal take effect when the machine runs, and are
/// replayed with the run.
#[derive(Debug, Args)]
pub struct SdCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Insert a card: FILE[,slot=N|cs=GPIO][,readonly=on]. The default is the first socket, else slot 1.
    Insert {
        /// The image, which must exist. Only changes of files that --sd names are saved by --persist.
        #[arg(required = true)]
        card: Vec<String>,
    },
    /// Remove a card.
    Eject {
        /// slot=N or cs=GPIO [default: the first socket with a card]
        place: Option<String>,
    },
    /// Show the sockets.
    Status,
}

impl SdCommand {
    pub fn run(&self, handle: &Handle) -> Result {
        match &self.what {
            // A file name may contain spaces.
            What::Insert { card } => insert(handle, &card.join(" ")),
            What::Eject { place } => eject(handle, place.as_deref()),
            What::Status => Ok(handle.call(|s| status(s))?),
        }
    }
}

/// Parses `slot=N` or `cs=GPIO`.
fn place(text: &str) -> Option<SdPlace> {
    let (key, number) = text.split_once('=')?;
    let number: u8 = number.parse().ok()?;
    match key {
        "slot" if number < 2 => Some(SdPlace::Slot(number)),
        "cs" if number < 40 => Some(SdPlace::Spi(number)),
        _ => None,
    }
}

fn insert(handle: &Handle, card: &str) -> Result {
    let mut options = parts(card).into_iter();
    let path = PathBuf::from(options.next().unwrap_or_default());
    let (mut at, mut readonly) = (None, false);
    for option in options {
        match place(&option) {
            Some(place) => at = Some(place),
            None if option == "readonly=on" => readonly = true,
            None => return Err(Error::User(format!("{option:?}: expected slot=N, cs=GPIO or readonly=on"))),
        }
    }
    let wanted = path.clone();
    let known = handle.call(move |s| s.machine().soc().sys.sd.image_of(&wanted))?;
    let image = match known {
        Some(number) => Err(number),
        None => Ok(open(handle, &path).map_err(|e| Error::User(format!("{}: {e}", path.display())))?),
    };
    let said = handle.call(move |s| {
        let place = at.or_else(|| s.machine().soc().sys.sd.sockets().first().map(|socket| socket.place));
        let place = place.unwrap_or(SdPlace::Slot(1));
        let number = image.map_or_else(|n| n, |image| s.machine_mut().add_card(image, readonly));
        s.machine_mut().input(Input::Sd(SdEvent::Insert(place, number)));
        let hint = if keeps(s, &path) { "" } else { "; its changes stay in memory" };
        format!("inserted in {place}{hint}\n")
    })?;
    Ok(said)
}

/// Opens the image that a client names: an existing file where clients may also write. The guest, and with it the
/// client, can read it.
fn open(handle: &Handle, path: &Path) -> std::result::Result<CardImage, String> {
    if !path.exists() {
        return Err("no such file; --sd creates one".into());
    }
    CardImage::open(&handle.allowed(path)?, None).map_err(|e| e.to_string())
}

fn eject(handle: &Handle, text: Option<&str>) -> Result {
    let named = text.map(|text| place(text).ok_or(format!("{text:?}: expected slot=N or cs=GPIO")));
    let named = named.transpose().map_err(Error::User)?;
    let done = handle.call(move |s| {
        let sockets = s.machine().soc().sys.sd.sockets();
        let mut full = sockets.iter().filter(|socket| socket.card().is_some()).map(|socket| socket.place);
        let place = full.find(|place| named.is_none_or(|named| named == *place));
        place.map(|place| s.machine_mut().input(Input::Sd(SdEvent::Eject(place))))
    })?;
    done.map_or_else(|| Err(Error::User("there is no card".into())), |()| Ok(String::new()))
}

/// Returns true if the changes of an image are saved at exit.
fn keeps(s: &Session, path: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    s.outside()
        .kept_cards
        .iter()
        .any(|kept| kept == path || real(kept).is_some_and(|k| Some(k) == real(path)))
}

/// Describes the sockets and their cards.
pub fn status(s: &Session) -> String {
    let sd = &s.machine().soc().sys.sd;
    if sd.sockets().is_empty() {
        return "no sockets; --sd FILE or 'sd insert FILE' adds one\n".into();
    }
    let line = |socket: &SdSocket| {
        let place = socket.place;
        let Some((card, image)) = socket.card().zip(sd.image_in(socket)) else {
            return format!("{place}: empty\n");
        };
        let (capacity, mode) = (card.capacity(), if card.is_spi() { "SPI mode, " } else { "" });
        format!(
            "{place}: {} ({}, {} MiB, {mode}{:?}, {} KiB written)\n",
            image.path().display(),
            capacity.kind(),
            capacity.bytes() >> 20,
            card.state(),
            sd.pages_of(card) * 4,
        )
    };
    sd.sockets().iter().map(line).collect()
}

/// Lists the images of the inserted cards, as `info block` does.
pub fn block(s: &Session) -> String {
    let sd = &s.machine().soc().sys.sd;
    let images = sd.sockets().iter().filter_map(|socket| Some((socket.place, sd.image_in(socket)?)));
    let line = |(place, image): (SdPlace, &std::sync::Arc<CardImage>)| {
        let mode = if keeps(s, image.path()) { "writes are saved at exit" } else { "writes are not saved" };
        format!("sd {place}: {} (raw, {mode})\n", image.path().display())
    };
    images.map(line).collect()
}
