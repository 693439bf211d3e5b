//! Loading new firmware: writes an application image into the partition that the bootloader starts.

use crate::event::Client;
use crate::session::Session;
use esplens_soc::boot::{app_elf, image, ota};

/// Size of a flash sector, in bytes.
const SECTOR: usize = 0x1000;

impl Session {
    /// Builds an application image from `segments` (address and bytes, in RAM and mapped flash), writes it into the
    /// selected application partition and resets the chip, leaving it stopped. Without `entry`, the entry point of the
    /// current application is kept. Returns a description of the result.
    ///
    /// # Errors
    /// A message; flash is unchanged.
    pub fn load_app(
        &mut self,
        segments: &[(u32, Vec<u8>)],
        entry: Option<u32>,
        by: &Client,
    ) -> Result<String, String> {
        let flash = self.machine().flash_bytes();
        let partition = ota::selected(&flash)?;
        let at = partition.offset as usize;
        let old = || image::parse(&flash, at).map(|i| i.header.entry).map_err(|e| e.to_string());
        let entry = entry.map_or_else(old, Ok)?;
        let mut bytes = app_elf::image(segments, entry, flash.len())?;
        if bytes.len() > partition.size as usize {
            let (have, label) = (partition.size, &partition.label);
            return Err(format!(
                "an image of {} bytes does not fit partition {label} of {have}",
                bytes.len()
            ));
        }
        let len = bytes.len();
        bytes.resize(len.next_multiple_of(SECTOR), 0xFF);
        self.stop(by);
        self.machine_mut().write_flash(partition.offset, &bytes);
        self.reset(by);
        Ok(format!("{len} bytes in partition {} at {at:#x}, entry {entry:#010x}", partition.label))
    }
}
