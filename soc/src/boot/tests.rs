//! Tests with complete inputs, valid and hostile.

use super::image::{self, APP_DESC_MAGIC, Check, ImageError};
use super::input::{self, MAX_FLASH, parse_flash_size};
use super::partition::{self, PartitionError};
use super::*;
use md5::Md5;
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::path::Path;

/// Builds an image with the given segments, an entry point, checksum and hash.
pub(super) fn make_image(segments: &[(u32, &[u8])], size_code: u8) -> Vec<u8> {
    let mut out = vec![0xE9, segments.len() as u8, 2, size_code << 4];
    out.extend(0x4008_0000_u32.to_le_bytes());
    out.resize(24, 0);
    out[23] = 1;
    let mut sum = 0xEF;
    for (addr, data) in segments {
        out.extend(addr.to_le_bytes());
        out.extend((data.len() as u32).to_le_bytes());
        out.extend(*data);
        sum = data.iter().fold(sum, |sum, b| sum ^ b);
    }
    out.resize(out.len() | 15, 0);
    out.push(sum);
    let hash = Sha256::digest(&out);
    out.extend(hash);
    out
}

fn app_desc(elf_sha256: [u8; 32]) -> Vec<u8> {
    let mut d = vec![0; 256];
    d[..4].copy_from_slice(&APP_DESC_MAGIC.to_le_bytes());
    d[16..22].copy_from_slice(b"v1.2.3");
    d[48..53].copy_from_slice(b"blink");
    d[112..116].copy_from_slice(b"v5.3");
    d[144..176].copy_from_slice(&elf_sha256);
    d
}

/// Builds a partition table with the given entries: type, subtype, offset, size, label.
pub(super) fn make_table(entries: &[(u8, u8, u32, u32, &str)]) -> Vec<u8> {
    table(entries, true)
}

fn default_table(md5: bool) -> Vec<u8> {
    table(&[(1, 2, 0x9000, 0x6000, "nvs"), (0, 0, 0x1_0000, 0x10_0000, "factory")], md5)
}

fn table(entries: &[(u8, u8, u32, u32, &str)], md5: bool) -> Vec<u8> {
    let mut t = Vec::new();
    for &(kind, sub, offset, size, label) in entries {
        t.extend([0xAA, 0x50, kind, sub]);
        t.extend(u32::to_le_bytes(offset));
        t.extend(u32::to_le_bytes(size));
        let mut name = [0; 20];
        name[..label.len()].copy_from_slice(label.as_bytes());
        t.extend(name);
    }
    if md5 {
        let sum = Md5::digest(&t);
        t.extend([0xEB, 0xEB]);
        t.extend([0xFF; 14]);
        t.extend(sum);
    }
    t.resize(0xC00, 0xFF);
    t
}

/// Builds a flash image of bootloader, table and application that ends after the application.
pub(super) fn make_flash(elf_sha256: [u8; 32]) -> Vec<u8> {
    let mut flash = vec![0xFF; 0x1_0000];
    let boot = make_image(&[(0x3FFF_0000, &[1, 2, 3, 4]), (0x4007_8000, &[5; 64])], 1);
    flash[0x1000..0x1000 + boot.len()].copy_from_slice(&boot);
    flash[0x8000..0x8C00].copy_from_slice(&default_table(true));
    flash.extend(make_image(&[(0x3F40_0020, &app_desc(elf_sha256)), (0x4008_0000, &[7; 32])], 1));
    flash
}

fn load_bytes(data: &[u8]) -> Result<BootInput, BootError> {
    input::from_bytes(Path::new("x.bin"), data, &LoadOptions::default())
}

#[test]
fn an_image_is_parsed_and_its_sums_are_checked() {
    let mut data = make_image(&[(0x3F40_0020, &app_desc([9; 32])), (0x4008_0000, &[7; 33])], 2);
    let parsed = image::parse(&data, 0).unwrap();
    assert_eq!((parsed.checksum, parsed.hash, parsed.len), (Check::Ok, Check::Ok, data.len()));
    assert_eq!(parsed.header.flash_bytes(), Some(4 << 20));
    assert_eq!(parsed.segments[1].memory, "IRAM");
    let app = parsed.app.unwrap();
    assert_eq!((&app.project[..], &app.version[..], &app.idf[..]), ("blink", "v1.2.3", "v5.3"));
    data[300] ^= 1;
    let parsed = image::parse(&data, 0).unwrap();
    assert_eq!((parsed.checksum, parsed.hash), (Check::Wrong, Check::Wrong));
}

#[test]
fn damaged_images_are_named_with_their_offset() {
    let data = make_image(&[(0x4008_0000, &[7; 32])], 2);
    assert_eq!(image::parse(&data[1..], 0), Err(ImageError::Magic { at: 0, found: 1 }));
    let cut = image::parse(&data[..40], 0).unwrap_err();
    assert_eq!(cut.to_string(), "the file ends at 0x28 inside the segment at 0x20, which needs 32 bytes");
    let mut many = data.clone();
    many[1] = 17;
    assert_eq!(image::parse(&many, 0), Err(ImageError::SegmentCount { at: 0, found: 17 }));
    let mut s3 = data.clone();
    s3[12] = 9;
    assert!(image::parse(&s3, 0).unwrap_err().to_string().contains("ESP32-S3"));
}

#[test]
fn the_partition_table_is_found_and_its_md5_checked() {
    let mut flash = make_flash([0; 32]);
    let table = partition::find(&flash).unwrap().unwrap();
    assert!(table.md5);
    assert_eq!(table.find("factory").unwrap().offset, 0x1_0000);
    assert_eq!(table.partitions[0].kind_name(), "data, nvs");
    flash[0x8004] ^= 1;
    assert_eq!(partition::find(&flash), Err(PartitionError::Md5 { at: 0x8000 }));
    let moved = default_table(true);
    flash[0x8000..0x8C00].fill(0xFF);
    flash[0xD000..0xDC00].copy_from_slice(&moved);
    assert_eq!(partition::find(&flash).unwrap().unwrap().offset, 0xD000);
}

#[test]
fn a_flash_image_is_padded_to_a_chip() {
    let flash = make_flash([0; 32]);
    let input = load_bytes(&flash).unwrap();
    assert_eq!((input.source, input.flash_size(), input.used), (InputKind::FlashImage, 2 << 20, flash.len()));
    assert_eq!(input.used_bytes(), flash);
    assert!(input.notes.is_empty(), "{:?}", input.notes);
    let last = input.flash.last().unwrap();
    assert_eq!(last.0, [0xFF; 4096]);
    assert!(std::sync::Arc::ptr_eq(last, &input.flash[0]), "erased pages are one");

    let opts = LoadOptions { flash_size: Some(8 << 20), ..LoadOptions::default() };
    assert_eq!(input::from_bytes(Path::new("x"), &flash, &opts).unwrap().flash_size(), 8 << 20);
    let mut big = flash.clone();
    big.resize((4 << 20) + 1, 0xFF);
    assert_eq!(load_bytes(&big).unwrap().flash_size(), 8 << 20);
    big.resize(MAX_FLASH + 1, 0xFF);
    assert!(
        load_bytes(&big)
            .unwrap_err()
            .to_string()
            .contains("16777217 bytes, but the flash holds at most 16777216")
    );
}

#[test]
fn a_damaged_application_is_a_note_and_a_damaged_bootloader_an_error() {
    let mut flash = make_flash([0; 32]);
    flash.truncate(0x1_0080);
    let input = load_bytes(&flash).unwrap();
    assert!(input.notes[0].starts_with("partition factory: the file ends at 0x10080"), "{:?}", input.notes);
    flash.truncate(0x1030);
    let error = load_bytes(&flash).unwrap_err().to_string();
    assert_eq!(error, "x.bin: the file ends at 0x1030 inside the segment at 0x102c, which needs 64 bytes");
    assert_eq!(
        load_bytes(b"hello").unwrap_err().to_string(),
        "x.bin: no ESP32 flash image: offset 0x1000 holds nothing (the file has 5 bytes), expected a bootloader (0xe9)"
    );
    assert!(matches!(load_bytes(b""), Err(BootError::Empty { .. })));
    let any = LoadOptions { accept_any: true, ..LoadOptions::default() };
    assert!(input::from_bytes(Path::new("x"), b"hello", &any).is_ok());
}

#[test]
fn a_bare_application_gets_a_bootloader_and_a_bare_bootloader_does_not() {
    let app = make_image(&[(0x3F40_0020, &app_desc([0; 32])), (0x4008_0000, &[7; 32])], 1);
    let input = load_bytes(&app).unwrap();
    assert_eq!((input.source, input.flash_size()), (InputKind::AppImage, 4 << 20));
    let info = info::ImageInfo::of(&input);
    let info::ImageOrError::Image(boot) = &info.bootloader else { panic!("{info}") };
    assert_eq!((boot.hash, info.apps.len()), (Check::Ok, 1));
    assert!(info.to_string().contains("blink v1.2.3"), "{info}");

    let boot = make_image(&[(0x4007_8000, &[5; 64])], 1);
    let input = load_bytes(&boot).unwrap();
    assert_eq!(input.source, InputKind::BootImage);
    assert_eq!(input.used_bytes()[0x1000..], boot);
}

#[test]
fn the_elf_beside_an_image_is_taken_when_its_hash_fits() {
    let dir = tempfile::tempdir().unwrap();
    let elf = b"\x7fELF and so on";
    let image = dir.path().join("fw.bin");
    std::fs::write(&image, make_flash(Sha256::digest(elf).into())).unwrap();
    std::fs::write(dir.path().join("fw.elf"), b"\x7fELF of another build").unwrap();
    let opts = LoadOptions::default();
    assert_eq!(load(&image, &opts).unwrap().elf, None);
    std::fs::write(dir.path().join("other.elf"), elf).unwrap();
    let input = load(&image, &opts).unwrap();
    assert_eq!((input.elf, input.elf_matches), (Some(dir.path().join("other.elf")), Some(true)));
    let opts = LoadOptions { elf: Some(dir.path().join("fw.elf")), ..opts };
    let input = load(&image, &opts).unwrap();
    assert_eq!(input.elf_matches, Some(false));
    assert!(input.notes[0].ends_with("fw.elf is not what the image was built from"));
}

#[test]
fn a_build_folder_is_put_together() {
    let dir = tempfile::tempdir().unwrap();
    let build = dir.path().join("build");
    std::fs::create_dir_all(build.join("bootloader")).unwrap();
    let flash = make_flash([0; 32]);
    std::fs::write(build.join("bootloader/bootloader.bin"), &flash[0x1000..0x2000]).unwrap();
    std::fs::write(build.join("pt.bin"), &flash[0x8000..0x8C00]).unwrap();
    std::fs::write(build.join("app.bin"), &flash[0x1_0000..]).unwrap();
    std::fs::write(build.join("app.elf"), b"\x7fELF").unwrap();
    std::fs::write(build.join("project_description.json"), br#"{"app_elf": "app.elf"}"#).unwrap();
    let json = r#"{"flash_settings": {"flash_size": "8MB"},
        "flash_files": {"0x1000": "bootloader/bootloader.bin", "0x8000": "partition_table/pt.bin", "65536": "app.bin"}}"#;
    std::fs::write(build.join("flasher_args.json"), json).unwrap();
    for path in [dir.path(), &build] {
        let input = load(path, &LoadOptions::default()).unwrap();
        assert_eq!((input.source, input.flash_size()), (InputKind::BuildDir, 8 << 20));
        assert_eq!(input.used_bytes(), flash);
        assert_eq!(input.elf, Some(build.join("app.elf")));
    }
}

#[test]
fn a_build_folder_cannot_reach_outside() {
    for path in ["../x", "/etc/passwd", "a/../../x", ""] {
        let json = serde_json::json!({ "flash_files": { "0x1000": path } }).to_string();
        let error = build_dir::parse_flasher_args(json.as_bytes()).unwrap_err();
        assert!(error.ends_with("leaves the build folder"), "{error}");
    }
    let far = br#"{"flash_files": {"0x1000000": "x"}}"#;
    assert!(build_dir::parse_flasher_args(far).unwrap_err().contains("no number below 16 MB"));
    let s3 = br#"{"flash_files": {"0": "x"}, "extra_esptool_args": {"chip": "esp32s3"}}"#;
    assert!(build_dir::parse_flasher_args(s3).unwrap_err().contains("esp32s3"));
}

#[test]
#[cfg(unix)]
fn a_link_out_of_a_build_folder_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let build = dir.path().join("build");
    std::fs::create_dir(&build).unwrap();
    std::fs::write(dir.path().join("secret"), b"x").unwrap();
    std::os::unix::fs::symlink(dir.path().join("secret"), build.join("a.bin")).unwrap();
    std::fs::write(build.join("flasher_args.json"), br#"{"flash_files": {"0": "a.bin"}}"#).unwrap();
    let error = load(&build, &LoadOptions::default()).unwrap_err().to_string();
    assert!(error.ends_with("a.bin: is a link that leaves the build folder"), "{error}");
}

#[test]
fn flash_sizes() {
    assert_eq!(parse_flash_size("2MB"), Some(2 << 20));
    assert_eq!(parse_flash_size("16m"), Some(16 << 20));
    assert_eq!(parse_flash_size("4"), Some(4 << 20));
    assert_eq!(parse_flash_size("3MB"), None);
    assert_eq!(parse_flash_size("keep"), None);
}

/// A flash image with some bytes changed and possibly truncated, as after a broken download.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let edits = prop::collection::vec((0_usize..0x1_0200, any::<u8>()), 0..20);
    let heads = prop::collection::vec((0_usize..64, any::<u8>()), 0..8);
    (edits, heads, 0_usize..0x1_0300).prop_map(|(edits, heads, len)| {
        let mut flash = make_flash([3; 32]);
        for (at, byte) in edits {
            if let Some(b) = flash.get_mut(at) {
                *b = byte;
            }
        }
        for (at, byte) in heads {
            flash[0x1000 + at] = byte;
            flash[0x8000 + at] = byte.wrapping_mul(3);
            flash[0x1_0000 + at] = byte.wrapping_add(7);
        }
        flash.truncate(len);
        flash
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_flash_contents_panic(data in damaged(), any in any::<bool>()) {
        let opts = LoadOptions { accept_any: any, ..LoadOptions::default() };
        if let Ok(input) = input::from_bytes(Path::new("x"), &data, &opts) {
            prop_assert!(input.flash_size() <= MAX_FLASH);
            prop_assert!(!info::ImageInfo::of(&input).to_string().is_empty());
        }
    }

    #[test]
    fn no_damage_to_an_elf_panics(edits in prop::collection::vec((0_usize..17_000, any::<u8>()), 1..6),
        heads in prop::collection::vec((0_usize..52 + 160 + 9 * 40, any::<u8>()), 0..3)) {
        let mut elf = include_bytes!("../../../fixtures/hello/hello.elf").to_vec();
        let sections = elf.len() - 9 * 40;
        for (at, byte) in edits {
            let at = at % elf.len();
            elf[at] = byte;
        }
        for (at, byte) in heads {
            // ELF header and program headers at the front, section headers at the end.
            let at = if at < 212 { at } else { sections + at - 212 };
            elf[at] = byte;
        }
        if let Ok(pieces) = app_elf::flash_pieces(&elf, 4 << 20) {
            prop_assert!(pieces.iter().all(|(at, bytes)| at + bytes.len() <= 4 << 20));
        }
        let _ = kernel::parse(&elf);
    }

    #[test]
    fn no_bytes_panic_any_parser(data in prop::collection::vec(any::<u8>(), 0..4096), at in 0_usize..5000) {
        let _ = image::parse(&data, at);
        let _ = partition::parse(&data, at);
        let _ = partition::find(&data);
        let _ = build_dir::parse_flasher_args(&data);
        let _ = kernel::parse(&data);
        let _ = persist::parse_efuse(&data);
        let _ = RomSet::from_elf(&data);
        let _ = app_elf::flash_pieces(&data, 4 << 20);
    }
}

/// `fixtures/hello/flash.bin` is the loader's output for `hello.elf`; ESPLENS_BLESS=1 rewrites it.
#[test]
fn the_example_is_what_its_elf_makes() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/hello");
    let opts = LoadOptions { flash_size: Some(2 << 20), ..LoadOptions::default() };
    let mut input = load(&dir.join("hello.elf"), &opts).unwrap();
    let bytes = input.used_bytes();
    if std::env::var_os("ESPLENS_BLESS").is_some() {
        persist::write_atomic(&dir.join("flash.bin"), &bytes).unwrap();
    }
    assert!(bytes == std::fs::read(dir.join("flash.bin")).unwrap(), "run fixtures/hello/build.sh");
    assert!(bytes.len() < 250_000, "{} bytes", bytes.len());
    input = load(&dir.join("flash.bin"), &LoadOptions::default()).unwrap();
    assert_eq!((input.elf_matches, input.notes.len()), (Some(true), 0), "{input:?}");
}
