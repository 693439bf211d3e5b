//! The report of `esplens info` about an input.

use super::image::{self, BOOTLOADER_OFFSET, Check, Image};
use super::partition::{self, Partition, PartitionTable};
use super::{BootInput, app_elf};
use serde::Serialize;
use std::fmt::{Display, Formatter, Result, Write};

/// Description of a flash image's contents.
#[derive(Clone, Debug, Serialize)]
pub struct ImageInfo {
    /// The user's file or folder.
    pub file: String,
    /// Kind of input.
    pub source: String,
    /// Size of the flash chip in bytes.
    pub flash_bytes: usize,
    /// Size of the input in bytes.
    pub used_bytes: usize,
    /// The image that the ROM starts.
    pub bootloader: ImageOrError,
    /// The partition table.
    pub partitions: Option<PartitionTable>,
    /// Error in the partition table, if there is one but it is damaged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition_error: Option<String>,
    /// The applications, in the table's order.
    pub apps: Vec<App>,
    /// ELF file with the symbols.
    pub elf: Option<String>,
    /// True if the image was made from that ELF.
    pub elf_matches: Option<bool>,
    /// Remarks.
    pub notes: Vec<String>,
}

/// A parsed image, or the error that prevented parsing.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum ImageOrError {
    /// Parsed.
    Image(Image),
    /// Not parsed.
    Error {
        /// The error message.
        error: String,
    },
}

/// An application partition and its content.
#[derive(Clone, Debug, Serialize)]
pub struct App {
    /// The partition's label.
    pub partition: String,
    /// Its image.
    pub image: ImageOrError,
}

impl ImageInfo {
    /// Examines an input.
    #[must_use]
    pub fn of(input: &BootInput) -> Self {
        let data = input.used_bytes();
        let found = partition::find(&data);
        let partition_error = found.as_ref().err().map(ToString::to_string);
        let partitions = found.ok().flatten();
        Self {
            file: input.path.display().to_string(),
            source: input.source.to_string(),
            flash_bytes: input.flash_size(),
            used_bytes: data.len(),
            bootloader: image_at(&data, BOOTLOADER_OFFSET),
            apps: apps(&data, partitions.as_ref()),
            partitions,
            partition_error,
            elf: input.elf.as_ref().map(|p| p.display().to_string()),
            elf_matches: input.elf_matches,
            notes: input.notes.clone(),
        }
    }
}

fn image_at(data: &[u8], at: usize) -> ImageOrError {
    match image::parse(data, at) {
        Ok(image) => ImageOrError::Image(image),
        Err(e) => ImageOrError::Error { error: e.to_string() },
    }
}

/// Returns the application partitions that are not erased. Without a table, checks the usual offset of an application.
fn apps(data: &[u8], table: Option<&PartitionTable>) -> Vec<App> {
    let Some(table) = table else {
        let at = app_elf::APP_OFFSET;
        let here = data.get(at) == Some(&image::MAGIC);
        return here.then(|| App { partition: "-".into(), image: image_at(data, at) }).into_iter().collect();
    };
    let used = |p: &&Partition| data.get(p.offset as usize).is_some_and(|&b| b != 0xFF);
    let apps = table.partitions.iter().filter(|p| p.is_app()).filter(used);
    apps.map(|p| App { partition: p.label.clone(), image: image_at(data, p.offset as usize) }).collect()
}

impl Display for ImageInfo {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "{}: {}", self.file, self.source)?;
        writeln!(f, "flash        {} MB, {} bytes used", self.flash_bytes >> 20, self.used_bytes)?;
        if let Some(elf) = &self.elf {
            let fits = match self.elf_matches {
                Some(true) => " (its SHA-256 matches the image)",
                Some(false) => " (does NOT match the image)",
                None => "",
            };
            writeln!(f, "ELF          {elf}{fits}")?;
        }
        writeln!(f, "\nbootloader at {BOOTLOADER_OFFSET:#x}")?;
        write_image(f, &self.bootloader, true)?;
        if let Some(error) = &self.partition_error {
            writeln!(f, "\npartitions   {error}")?;
        }
        if let Some(table) = &self.partitions {
            write_table(f, table)?;
        }
        for app in &self.apps {
            writeln!(f, "\napplication in partition {}", app.partition)?;
            write_image(f, &app.image, false)?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "\nnote: {note}"))
    }
}

fn write_table(f: &mut Formatter<'_>, table: &PartitionTable) -> Result {
    let md5 = if table.md5 { "MD5 ok" } else { "no MD5" };
    writeln!(f, "\npartitions at {:#x} ({md5})", table.offset)?;
    for p in &table.partitions {
        let flags = if p.flags & 1 != 0 { " encrypted" } else { "" };
        writeln!(f, "  {:<16} {:<18} {:#010x} {:>9}{flags}", p.label, p.kind_name(), p.offset, p.size)?;
    }
    Ok(())
}

fn write_image(f: &mut Formatter<'_>, image: &ImageOrError, boot: bool) -> Result {
    let image = match image {
        ImageOrError::Image(image) => image,
        ImageOrError::Error { error } => return writeln!(f, "  {error}"),
    };
    if let Some(app) = &image.app {
        writeln!(f, "  project    {} {}", app.project, app.version)?;
        let built =
            if app.built.trim().is_empty() { String::new() } else { format!(", built {}", app.built) };
        writeln!(f, "  ESP-IDF    {}{built}", app.idf)?;
        if app.elf_sha256 != [0; 32] {
            writeln!(f, "  ELF hash   {}", image::hex_text(&app.elf_sha256))?;
        }
    }
    let h = &image.header;
    if boot {
        let mhz = h.flash_mhz().map_or("?".into(), |mhz| mhz.to_string());
        let size = h.flash_bytes().map_or("?".into(), |bytes| (bytes >> 20).to_string());
        writeln!(f, "  flash      {} {mhz} MHz, {size} MB", h.flash_mode_name())?;
    }
    let sums = [("checksum", image.checksum), ("SHA-256", image.hash)].map(|(name, check)| match check {
        Check::Ok => format!("{name} ok"),
        Check::Wrong => format!("{name} WRONG"),
        Check::Absent => format!("no {name}"),
    });
    writeln!(f, "  size       {} bytes, {}", image.len, sums.join(", "))?;
    writeln!(f, "  revisions  {}", revisions(h))?;
    writeln!(f, "  entry      {:#010x}", h.entry)?;
    for s in &image.segments {
        writeln!(f, "  segment    {:#010x} {:>8} bytes  {}", s.addr, s.len, s.memory)?;
    }
    Ok(())
}

/// Formats the range of chip revisions an image supports.
fn revisions(h: &image::Header) -> String {
    let mut text = format!("v{}.{}", h.min_revision / 100, h.min_revision % 100);
    let _ = match h.max_revision {
        Some(max) => write!(text, " to v{}.{}", max / 100, max % 100),
        None => write!(text, " and later"),
    };
    text
}
