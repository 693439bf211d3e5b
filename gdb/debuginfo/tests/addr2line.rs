//! Compares functions, inlined calls and lines with GNU's addr2line (binutils for Xtensa).
//!
//! 300 addresses a file by default, 10,000 with `ESPLENS_FULL=1`, drawn with a fixed seed from those that GNU can name.
//! docs/symbols.md lists the differences and their reasons.

use esplens_debuginfo::symbols::{Elf, Symbols};
use esplens_testkit::XorShift;
use object::{Object, ObjectSection, ObjectSymbol, SectionFlags, elf};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

const TOOL: &str = "xtensa-lx106-elf-addr2line";

/// One level: function and source position.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Level {
    function: Option<String>,
    file: Option<String>,
    line: Option<u32>,
}

/// Returns GNU's answer for each address. The starts of all functions and the addresses themselves are looked up
/// before, in the same run: GNU's answer for padding behind a function depends on which units it has read by then. A
/// C++ function whose DIE has no linkage name is named by its symbol, also in its inlined calls, once it was looked up
/// itself.
fn gnu(elf: &Path, starts: &[u32], addrs: &[u32]) -> Vec<Vec<Level>> {
    let mut child = Command::new(TOOL)
        .args(["-afi", "-e"])
        .arg(elf)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text: String = starts.iter().chain(addrs).chain(addrs).map(|a| format!("{a:#x}\n")).collect();
    let feed = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let out = child.wait_with_output().unwrap();
    feed.join().unwrap().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let mut all: Vec<Vec<Level>> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("0x") {
            all.push(Vec::new());
            continue;
        }
        let place = lines.next().unwrap();
        let place = place.split(" (discriminator").next().unwrap();
        let (file, number) = place.rsplit_once(':').unwrap();
        all.last_mut().unwrap().push(Level {
            function: (line != "??").then(|| line.to_string()),
            file: (file != "??").then(|| file.to_string()),
            line: number.parse().ok().filter(|n| *n != 0),
        });
    }
    assert_eq!(all.len(), starts.len() + 2 * addrs.len());
    all.split_off(starts.len() + addrs.len())
}

fn ours(symbols: &Symbols, addr: u32) -> Vec<Level> {
    let level = |f: esplens_debuginfo::symbols::SourceFrame| Level {
        function: f.linkage_name,
        file: f.file,
        line: f.line,
    };
    symbols.frames_at(addr).into_iter().map(level).collect()
}

/// Draws addresses in code, evenly over its bytes.
fn draw(elf: &Path, count: usize, random: &mut XorShift) -> Vec<u32> {
    let bytes = std::fs::read(elf).unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    let code: Vec<(u32, u32)> = file
        .sections()
        .filter(|s| {
            matches!(s.flags(), SectionFlags::Elf { sh_flags, .. } if sh_flags.contains(elf::SHF_EXECINSTR))
                && s.size() > 0
        })
        .map(|s| (s.address() as u32, s.size() as u32))
        .collect();
    let total: u32 = code.iter().map(|c| c.1).sum();
    let pick = |mut n: u32| {
        for (addr, size) in &code {
            match n.checked_sub(*size) {
                Some(left) => n = left,
                None => return addr + n,
            }
        }
        unreachable!("n is below the total")
    };
    (0..count).map(|_| pick((random.next_u64() >> 16) as u32 % total)).collect()
}

/// Returns the first addresses of functions in the symbol table.
fn starts(elf: &[u8]) -> Vec<u32> {
    let file = object::File::parse(elf).unwrap();
    let functions = file.symbols().filter(|s| s.kind() == object::SymbolKind::Text);
    functions.map(|s| s.address() as u32).collect()
}

/// Returns the files to compare, including third-party firmware.
fn files() -> Vec<PathBuf> {
    let mut out = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/demo/demo.elf")];
    let shared =
        esplens_testkit::firmware(".").into_iter().flat_map(|d| std::fs::read_dir(d).unwrap().flatten());
    let mut elfs: Vec<_> = shared
        .flat_map(|d| ["app.elf", "bootloader.elf"].map(|n| d.path().join(n)))
        .filter(|p| p.is_file())
        .collect();
    elfs.sort();
    out.append(&mut elfs);
    out
}

#[test]
fn functions_inlined_calls_and_lines_are_those_of_gnu_addr2line() {
    if Command::new(TOOL).arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("skipped: no {TOOL}");
        return;
    }
    let wanted = if std::env::var_os("ESPLENS_FULL").is_some() { 10_000 } else { 300 };
    let mut bad = Vec::new();
    for file in files() {
        let symbols = Symbols::new(vec![Arc::new(Elf::open(&file).unwrap())]);
        let bytes = std::fs::read(&file).unwrap();
        let (third, dies, starts) = (Third::new(&bytes), Dies::new(&bytes), starts(&bytes));
        let mut random = XorShift(0x9E37_79B9_7F4A_7C15);
        let (mut compared, mut counts) = (0, BTreeMap::<&str, usize>::new());
        // A file without code that GNU can name ends the search.
        for _ in 0..8 {
            let addrs = draw(&file, wanted, &mut random);
            for (addr, theirs) in addrs.iter().zip(gnu(&file, &starts, &addrs)) {
                if compared == wanted || theirs[0].function.is_none() {
                    continue;
                }
                compared += 1;
                let ours = ours(&symbols, *addr);
                let kind = classify(&ours, &theirs, || third.says(*addr), || dies.at(*addr));
                *counts.entry(kind).or_default() += 1;
                if !EXPLAINED.contains(&kind) {
                    let (name, third) = (file.display(), third.says(*addr));
                    bad.push(format!(
                        "{name} {addr:#x} {kind}\n  gnu  {theirs:?}\n  ours {ours:?}\n  3rd  {third:?}"
                    ));
                }
            }
        }
        eprintln!("{}: {compared} addresses, {counts:?}", file.display());
        assert!(compared >= wanted / 2, "{}: only {compared} addresses", file.display());
    }
    if let Some(path) = std::env::var_os("ESPLENS_DIFF") {
        std::fs::write(path, bad.join("\n")).unwrap();
    }
    assert!(bad.is_empty(), "{} differ, the first:\n{}", bad.len(), bad[..bad.len().min(5)].join("\n"));
}

/// Accepted differences: none at all, and those that docs/symbols.md explains.
const EXPLAINED: [&str; 5] =
    ["same", "drive letter", "inlined calls left out", "DWARF 5 file 1", "line left out"];

/// Classifies the difference of two answers. Where GNU is considered wrong, a third reader has to agree with ours: the
/// `addr2line` crate on files, a plain walk over all DIEs on functions.
fn classify(
    ours: &[Level],
    gnu: &[Level],
    third: impl Fn() -> Vec<Level>,
    dies: impl Fn() -> Vec<Option<String>>,
) -> &'static str {
    if ours == gnu {
        return "same";
    }
    let functions = |l: &[Level]| l.iter().map(|l| l.function.clone()).collect::<Vec<_>>();
    let lines = |l: &[Level]| l.iter().map(|l| l.line).collect::<Vec<_>>();
    let places = |l: &[Level]| l.iter().map(|l| (l.file.clone(), l.line)).collect::<Vec<_>>();
    // GNU's tool on Unix takes `C:/x.c` for a relative path and puts the compiler's folder before it.
    let prefixed = |(o, g): (&Level, &Level)| match (&o.file, &g.file) {
        (Some(o), Some(g)) => o == g || o[1..].starts_with(':') && g.ends_with(&format!("/{o}")),
        (o, g) => o == g,
    };
    match (functions(ours) == functions(gnu), lines(ours) == lines(gnu)) {
        (true, true) if ours.iter().zip(gnu).all(prefixed) => "drive letter",
        (true, true) if places(&third()) == places(ours) => "DWARF 5 file 1",
        (true, true) => "file",
        (true, false) if gnu[0].line.is_none() && third() == ours => "line left out",
        (true, false) => "line",
        (false, _) if fewer_levels(ours, gnu) && functions(ours) == dies() => "inlined calls left out",
        (false, _) => "function",
    }
}

/// Returns true if GNU only omits inlined calls: same place, same outermost function, and its functions are among ours.
fn fewer_levels(ours: &[Level], gnu: &[Level]) -> bool {
    let (Some(inner), Some(outer)) = (ours.first(), ours.last()) else { return false };
    let same_place = (&inner.file, inner.line) == (&gnu[0].file, gnu[0].line);
    let mut left = ours.iter();
    let among = gnu.iter().all(|g| left.any(|o| o.function == g.function));
    gnu.len() < ours.len() && same_place && among && outer.function == gnu.last().unwrap().function
}

type Slice<'a> = gimli::EndianSlice<'a, gimli::LittleEndian>;

fn dwarf(bytes: &[u8]) -> gimli::Dwarf<Slice<'_>> {
    let file = object::File::parse(bytes).unwrap();
    let load = |id: gimli::SectionId| {
        let data = file.section_by_name(id.name()).and_then(|s| s.data().ok()).unwrap_or_default();
        Ok::<_, gimli::Error>(gimli::EndianSlice::new(data, gimli::LittleEndian))
    };
    gimli::Dwarf::load(load).unwrap()
}

/// Every function and inlined call with addresses: begin, end, depth, linkage name.
struct Dies(Vec<(u64, u64, isize, Option<String>)>);

impl Dies {
    fn new(bytes: &[u8]) -> Self {
        let dwarf = dwarf(bytes);
        let mut out = Vec::new();
        let mut units = dwarf.units();
        while let Some(header) = units.next().unwrap() {
            let unit = dwarf.unit(header).unwrap();
            let mut entries = unit.entries();
            while let Some(die) = entries.next_dfs().unwrap() {
                let tag = die.tag();
                if ![gimli::DW_TAG_subprogram, gimli::DW_TAG_inlined_subroutine].contains(&tag) {
                    continue;
                }
                let mut ranges = dwarf.die_ranges(&unit, die).unwrap();
                while let Some(r) = ranges.next().unwrap() {
                    out.push((r.begin, r.end, die.depth(), name(&dwarf, &unit, die)));
                }
            }
        }
        Self(out)
    }

    /// Returns the functions around an address, innermost first.
    fn at(&self, addr: u32) -> Vec<Option<String>> {
        let mut found: Vec<_> = self.0.iter().filter(|d| (d.0..d.1).contains(&addr.into())).collect();
        found.sort_by_key(|d| -d.2);
        found.into_iter().map(|d| d.3.clone()).collect()
    }
}

fn name<'a>(
    dwarf: &gimli::Dwarf<Slice<'a>>,
    unit: &gimli::Unit<Slice<'a>>,
    die: &gimli::DebuggingInformationEntry<Slice<'a>>,
) -> Option<String> {
    use gimli::constants::{DW_AT_abstract_origin, DW_AT_linkage_name, DW_AT_name, DW_AT_specification};
    let mut plain = None;
    let mut at = die.offset();
    for _ in 0..8 {
        let die = unit.entry(at).unwrap();
        let text = |name| {
            let value = die.attr_value(name)?;
            Some(dwarf.attr_string(unit, value).unwrap().to_string_lossy().into_owned())
        };
        if let Some(linkage) = text(DW_AT_linkage_name) {
            return Some(linkage);
        }
        plain = plain.or_else(|| text(DW_AT_name));
        let next = [DW_AT_abstract_origin, DW_AT_specification];
        match next.into_iter().find_map(|n| die.attr_value(n)) {
            Some(gimli::AttributeValue::UnitRef(offset)) => at = offset,
            Some(gimli::AttributeValue::DebugInfoRef(offset)) => {
                let mut units = dwarf.units();
                while let Some(header) = units.next().unwrap() {
                    if let Some(at) = offset.to_unit_offset(&header) {
                        let unit = dwarf.unit(header).unwrap();
                        return name(dwarf, &unit, &unit.entry(at).unwrap()).or(plain);
                    }
                }
                return plain;
            }
            _ => return plain,
        }
    }
    plain
}

/// Answers of the `addr2line` crate.
struct Third<'a>(addr2line::Context<Slice<'a>>);

impl<'a> Third<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self(addr2line::Context::from_dwarf(dwarf(bytes)).unwrap())
    }

    fn says(&self, addr: u32) -> Vec<Level> {
        let mut frames = self.0.find_frames(addr.into()).skip_all_loads().unwrap();
        let mut out = Vec::new();
        while let Some(frame) = frames.next().unwrap() {
            let function = frame.function.map(|f| f.raw_name().unwrap().into_owned());
            let file = frame.location.as_ref().and_then(|l| l.file).map(String::from);
            let line = frame.location.and_then(|l| l.line).filter(|n| *n != 0);
            out.push(Level { function, file, line });
        }
        out
    }
}
