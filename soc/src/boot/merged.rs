//! Flash images in the other container formats that `esptool merge-bin` writes: Intel HEX and UF2.

use super::input::MAX_FLASH;
use ihex::{Reader, Record};
use std::collections::BTreeMap;

/// First, second and last word of a UF2 block.
const UF2_MAGIC: [u32; 3] = [0x0A32_4655, 0x9E5D_5157, 0x0AB1_6F30];
const UF2_BLOCK: usize = 512;
/// Maximum number of data bytes in a UF2 block.
const UF2_DATA: usize = 476;
/// Flag: the block is not for the flash.
const UF2_NO_FLASH: u32 = 1;
/// Flag: the block gives a family number.
const UF2_FAMILY: u32 = 0x2000;
/// Family number of the ESP32.
const ESP32: u32 = 0x1C5F_21B0;

/// Returns the flash image in `data`; `None` if it is neither an Intel HEX file nor a UF2 file.
///
/// # Errors
/// A message that describes the problem.
#[must_use]
pub fn unwrap(data: &[u8]) -> Option<Result<Vec<u8>, String>> {
    if super::word(data, 0) == Some(UF2_MAGIC[0]) {
        return Some(uf2(data).map_err(|why| format!("UF2 file: {why}")));
    }
    let text = data.strip_prefix(b":").and_then(|_| std::str::from_utf8(data).ok())?;
    Some(hex(text).map_err(|why| format!("Intel HEX file: {why}")))
}

/// Contents of a chip of which only some bytes are given; the others are erased.
#[derive(Default)]
struct Image(Vec<u8>);

impl Image {
    fn put(&mut self, at: usize, bytes: &[u8]) -> Result<(), String> {
        let end = at.checked_add(bytes.len()).filter(|end| *end <= MAX_FLASH);
        let end = end.ok_or_else(|| format!("address {at:#x} is past a flash of 16 MB"))?;
        if self.0.len() < end {
            self.0.resize(end, 0xFF);
        }
        self.0[at..end].copy_from_slice(bytes);
        Ok(())
    }
}

fn hex(text: &str) -> Result<Vec<u8>, String> {
    let (mut image, mut base) = (Image::default(), 0);
    for (n, record) in Reader::new(text).enumerate() {
        match record.map_err(|e| format!("record {}: {e}", n + 1))? {
            Record::Data { offset, value } => image.put(base + usize::from(offset), &value)?,
            Record::ExtendedLinearAddress(high) => base = usize::from(high) << 16,
            Record::ExtendedSegmentAddress(segment) => base = usize::from(segment) << 4,
            Record::EndOfFile => return Ok(image.0),
            Record::StartLinearAddress(_) | Record::StartSegmentAddress { .. } => {}
        }
    }
    Err("its end-of-file record is missing: the file is cut off".into())
}

fn uf2(data: &[u8]) -> Result<Vec<u8>, String> {
    let mut image = Image::default();
    let mut seen = BTreeMap::<u32, u32>::new();
    for (n, block) in data.chunks(UF2_BLOCK).enumerate() {
        let word = |at| super::word(block, at).unwrap_or(0);
        if [word(0), word(4), word(UF2_BLOCK - 4)] != UF2_MAGIC {
            return Err(format!("block {n} is not a UF2 block"));
        }
        let (flags, at, size, family) = (word(8), word(12) as usize, word(16) as usize, word(28));
        if flags & UF2_FAMILY != 0 && family != ESP32 {
            return Err(format!(
                "made for another chip (family {family:#010x}, the ESP32's is {ESP32:#010x})"
            ));
        }
        if size > UF2_DATA {
            return Err(format!("block {n} claims {size} bytes"));
        }
        *seen.entry(word(24)).or_default() += 1;
        if flags & UF2_NO_FLASH == 0 {
            image.put(at, &block[32..32 + size])?;
        }
    }
    // Each block gives the total number of blocks of its file.
    match seen.iter().find(|(announced, there)| there < announced) {
        Some((announced, there)) => Err(format!("{there} blocks of {announced}: the file is cut off")),
        None => Ok(image.0),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::make_flash;
    use super::super::{InputKind, LoadOptions, load};
    use super::*;
    use proptest::prelude::*;

    fn uf2_of(data: &[u8], family: u32) -> Vec<u8> {
        let blocks = data.chunks(256).enumerate().flat_map(|(n, part)| {
            let head =
                [UF2_MAGIC[0], UF2_MAGIC[1], UF2_FAMILY, 256 * n as u32, part.len() as u32, 0, 0, family];
            let mut block: Vec<u8> = head.iter().flat_map(|w| w.to_le_bytes()).collect();
            block.extend(part);
            block.resize(UF2_BLOCK - 4, 0);
            block.extend(UF2_MAGIC[2].to_le_bytes());
            block
        });
        blocks.collect()
    }

    fn hex_of(data: &[u8]) -> String {
        let mut records = Vec::new();
        for (n, part) in data.chunks(32).enumerate() {
            if n % 0x800 == 0 {
                records.push(Record::ExtendedLinearAddress((n / 0x800) as u16));
            }
            records.push(Record::Data { offset: (32 * n) as u16, value: part.to_vec() });
        }
        records.push(Record::EndOfFile);
        ihex::create_object_file_representation(&records).unwrap()
    }

    #[test]
    fn a_file_that_is_cut_off_is_refused() {
        let flash = make_flash([0; 32]);
        let hex = hex_of(&flash);
        let cut = hex.rsplit_once(':').unwrap().0;
        assert!(unwrap(cut.as_bytes()).unwrap().unwrap_err().contains("cut off"));
        let mut blocks = uf2_of(&flash, ESP32);
        let count = (blocks.len() / UF2_BLOCK) as u32;
        blocks.chunks_mut(UF2_BLOCK).for_each(|b| b[24..28].copy_from_slice(&count.to_le_bytes()));
        assert!(unwrap(&blocks).unwrap().is_ok());
        blocks.truncate(blocks.len() - UF2_BLOCK);
        assert!(unwrap(&blocks).unwrap().unwrap_err().contains("cut off"));
    }

    #[test]
    fn both_wrappings_hold_the_image() {
        let flash = make_flash([0; 32]);
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in [("a.hex", hex_of(&flash).into_bytes()), ("a.uf2", uf2_of(&flash, ESP32))] {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let input = load(&path, &LoadOptions::default()).unwrap();
            assert!(input.used_bytes().starts_with(&flash), "{name}");
            assert_eq!(input.source, InputKind::Wrapped, "{name}");
        }
    }

    #[test]
    fn damage_is_told() {
        let text = |data: &[u8]| unwrap(data).unwrap().unwrap_err();
        assert!(text(b":00000001FE\n").contains("record 1"), "{}", text(b":00000001FE\n"));
        assert!(text(&uf2_of(&[1; 512], 0xC47E_5767)).contains("another chip"));
        let mut cut = uf2_of(&[1; 512], ESP32);
        cut.truncate(700);
        assert!(text(&cut).contains("block 1"));
        assert!(text(b":02000004FFFFFC\n:0100000000FF\n").contains("past a flash"));
        assert!(unwrap(b"\xE9").is_none() && unwrap(b"").is_none());
    }

    proptest! {
        #[test]
        fn hostile_files_do_no_harm(mut data in proptest::collection::vec(any::<u8>(), 0..1500), hex: bool) {
            let start = if hex { b":020".to_vec() } else { UF2_MAGIC[0].to_le_bytes().to_vec() };
            data.splice(0..0, start);
            let _ = unwrap(&data);
        }
    }
}
