//! Truncated, random or malicious files: each gives one clear line on standard error and exit code 2.

use esplens_tests::kernel::elf;
use esplens_tests::{binary, firmware};
use std::path::{Path, PathBuf};

/// Hostile input: its name, the arguments, the files it needs.
struct Hostile {
    name: &'static str,
    args: Vec<String>,
}

/// Creates files in one folder.
struct Maker {
    dir: tempfile::TempDir,
    cases: Vec<Hostile>,
    count: usize,
}

impl Maker {
    fn file(&mut self, bytes: &[u8]) -> String {
        self.count += 1;
        let path = self.dir.path().join(format!("input-{}", self.count));
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    }

    /// Adds `run` (and `info`) of a file with these bytes.
    fn image(&mut self, name: &'static str, bytes: &[u8]) {
        let path = self.file(bytes);
        self.cases.push(Hostile { name, args: vec!["info".into(), path.clone()] });
        self.cases.push(Hostile { name, args: vec!["run".into(), path] });
    }

    /// Adds `run --OPTION FILE`.
    fn option(&mut self, name: &'static str, option: &str, bytes: &[u8]) {
        let path = self.file(bytes);
        self.cases.push(Hostile { name, args: vec!["run".into(), option.into(), path] });
    }

    /// Adds a build folder with this flasher_args.json.
    fn build(&mut self, name: &'static str, json: &str) {
        self.count += 1;
        let dir = self.dir.path().join(format!("build-{}", self.count));
        std::fs::create_dir(&dir).unwrap();
        std::fs::write(dir.join("flasher_args.json"), json).unwrap();
        std::fs::write(dir.join("app.bin"), [0xE9; 100]).unwrap();
        self.cases.push(Hostile { name, args: vec!["run".into(), dir.display().to_string()] });
    }
}

/// Returns noise.
fn noise(n: usize) -> Vec<u8> {
    let mut x = 88_172_645_463_325_252_u64;
    let mut next = || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        x as u8
    };
    (0..n).map(|_| next()).collect()
}

/// Returns an image header at the bootloader's offset that claims these segments (length, address).
fn image_with(segments: u8, len: u32) -> Vec<u8> {
    let mut flash = vec![0xFF; 0x1000];
    flash.extend([0xE9, segments, 2, 0x20]);
    flash.extend(0x4008_0000_u32.to_le_bytes());
    flash.extend([0; 16]);
    flash.extend(0x3FFF_0000_u32.to_le_bytes());
    flash.extend(len.to_le_bytes());
    flash.extend([0; 64]);
    flash
}

fn images(m: &mut Maker) {
    m.image("empty", b"");
    m.image("one byte", b"\xE9");
    m.image("noise", &noise(100_000));
    m.image("text", b"this is no firmware\n");
    m.image("zeros", &[0; 0x10000]);
    m.image("erased", &[0xFF; 0x10000]);
    m.image("larger than any chip", &vec![0; (16 << 20) + 1]);
    m.image("segment past the end", &image_with(1, 0x7FFF_FFFF));
    m.image("segment length near 2^32", &image_with(1, 0xFFFF_FFF8));
    m.image("255 segments", &image_with(255, 16));
    m.image("no segments", &image_with(0, 16));
    m.image("bare application image header", &image_with(3, 0xFFFF_FFFF)[0x1000..]);
}

fn elves(m: &mut Maker) {
    let good = elf(0x4008_0000, 0x4008_0000, &[0; 64]);
    m.image("ELF, cut in its header", &good[..40]);
    m.image("ELF, cut in its segment", &good[..100]);
    m.option("kernel, cut in its header", "--kernel", &good[..30]);
    m.option("kernel, cut in its segment", "--kernel", &good[..100]);
    m.option("kernel of noise", "--kernel", &noise(5000));
    m.option("empty kernel", "--kernel", b"");
    let patch = |at: usize, value: u32| {
        let mut bad = good.clone();
        bad[at..at + 4].copy_from_slice(&value.to_le_bytes());
        bad
    };
    m.option("kernel for another machine", "--kernel", &patch(16, 2 | 40 << 16));
    m.option("kernel with program headers past the end", "--kernel", &patch(28, 0xFFFF_FFF0));
    m.option("kernel segment of 4 GiB", "--kernel", &patch(52 + 20, 0xFFFF_FFFF));
    m.option("kernel segment past the address space", "--kernel", &patch(52 + 8, 0xFFFF_FFF0));
    m.option("kernel without segments", "--kernel", &patch(52, 0));
    m.option("mask ROM of noise", "--rom", &noise(1000));
    m.option("mask ROM that is another ELF", "--rom", &good[..84]);
    m.option("eFuse file too short", "--efuse", &[0; 123]);
    m.option("eFuse file too long", "--efuse", &[0; 1000]);
}

fn builds(m: &mut Maker) {
    m.build("build folder: empty description", "");
    m.build("build folder: no JSON", "{ \"flash_files\": ");
    m.build("build folder: no files", "{}");
    m.build("build folder: file missing", r#"{"flash_files": {"0x1000": "missing.bin"}}"#);
    m.build("build folder: leads out", r#"{"flash_files": {"0x1000": "../../../../etc/passwd"}}"#);
    m.build("build folder: absolute path", r#"{"flash_files": {"0x1000": "/etc/passwd"}}"#);
    m.build("build folder: offset out of range", r#"{"flash_files": {"0xffffffffffff": "app.bin"}}"#);
    m.build("build folder: offset is no number", r#"{"flash_files": {"here": "app.bin"}}"#);
    m.build("build folder: wrong types", r#"{"flash_files": [1, 2]}"#);
    m.build("build folder: deep nesting", &"[".repeat(100_000));
}

fn missing(m: &mut Maker) {
    let empty = m.dir.path().join("empty-folder");
    std::fs::create_dir(&empty).unwrap();
    let nowhere = m.dir.path().join("nowhere").display().to_string();
    let add = |m: &mut Maker, name, args: &[&str]| {
        m.cases.push(Hostile { name, args: args.iter().map(ToString::to_string).collect() });
    };
    add(m, "folder without a build", &["run", &empty.display().to_string()]);
    add(m, "no such file", &["run", &nowhere]);
    add(m, "no such kernel", &["run", "--kernel", &nowhere]);
    add(m, "no such eFuse file", &["run", "--efuse", &nowhere]);
    add(m, "no such semihosting folder", &["run", "--semihosting", &nowhere]);
    add(m, "serial file in no folder", &["run", "--serial", &format!("0=file:{nowhere}/x")]);
    add(m, "device that never ends", &["run", "/dev/zero"]);
}

/// Adds images of the sample, truncated and with single bytes changed.
fn spoilt(m: &mut Maker, folder: &Path) {
    let blink = std::fs::read(folder.join("idf-5.3-blink/flash.bin")).unwrap();
    m.image("blink, cut in the bootloader", &blink[..0x1400]);
    let app = std::fs::read(folder.join("idf-5.3-blink/app.elf")).unwrap();
    m.image("blink's ELF, cut", &app[..app.len() / 2]);
    m.image("blink's ELF, cut early", &app[..1000]);
}

#[test]
fn one_line_and_exit_code_2() {
    let mut m = Maker { dir: tempfile::tempdir().unwrap(), cases: Vec::new(), count: 0 };
    images(&mut m);
    elves(&mut m);
    builds(&mut m);
    missing(&mut m);
    if let Some(folder) = firmware::folder() {
        spoilt(&mut m, &folder);
    }
    let mut failures = Vec::new();
    for case in &m.cases {
        let mut args = case.args.clone();
        if args[0] == "run" {
            args.extend(["--wall-timeout", "10s", "--timeout", "1s"].map(String::from));
        }
        let (code, _, err) = binary::run(&args);
        println!("{:44} {} -> {code:?}: {}", case.name, case.args[0], err.trim_end());
        if code != Some(2) || err.lines().count() != 1 || err.contains("panicked") {
            failures.push(format!("{} ({}): {code:?} {err}", case.name, case.args[0]));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), m.cases.len(), failures.join("\n"));
}

/// Damage that only the ROM or the bootloader detects: the run continues and esplens does not crash.
#[test]
fn damage_past_the_header_is_the_firmwares_to_find() {
    let Some(folder) = firmware::folder() else { return };
    let blink = std::fs::read(folder.join("idf-5.3-blink/flash.bin")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path: PathBuf = dir.path().join("flash.bin");
    let noise = noise(64);
    for at in [0x1020, 0x1800, 0x8000, 0x8004, 0x10000, 0x10018, 0x10200, 0x20000] {
        let mut bad = blink.clone();
        bad[at..at + 64].copy_from_slice(&noise);
        std::fs::write(&path, bad).unwrap();
        let args = ["run", path.to_str().unwrap(), "--timeout", "300ms", "--wall-timeout", "60s"];
        let (code, _, err) = binary::run(&args);
        assert!(matches!(code, Some(2 | 3)) && !err.contains("panicked"), "at {at:#x}: {code:?} {err}");
    }
}
