//! Invalid, truncated and cyclic debug information: answers or errors, never a panic, a hang or unbounded memory.

use esplens_debuginfo::symbols::exercise::exercise;
use object::{Object, ObjectSection};
use proptest::prelude::*;
use std::ops::Range;

const DEMO: &[u8] = include_bytes!("../../../fixtures/demo/demo.elf");
const ADDRS: [u32; 4] = [0x400D_2E84, 0x400D_FBF1, 0x4008_0400, 0x3FFB_0000];

/// Returns the file ranges of sections.
fn sections(wanted: impl Fn(&str) -> bool) -> Vec<Range<usize>> {
    let file = object::File::parse(DEMO).unwrap();
    let found = file.sections().filter(|s| wanted(s.name().unwrap()));
    let ranges = found.filter_map(|s| s.file_range()).map(|(at, n)| at as usize..(at + n) as usize);
    ranges.filter(|r| !r.is_empty()).collect()
}

fn place(ranges: &[Range<usize>], section: usize, at: usize) -> usize {
    let range = &ranges[section % ranges.len()];
    range.start + at % range.len()
}

#[test]
fn the_whole_demo_answers() {
    assert!(exercise(DEMO.to_vec(), &ADDRS) > 100);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn cut_files(len in 0..DEMO.len()) {
        let _ = exercise(DEMO[..len].to_vec(), &ADDRS);
    }

    #[test]
    fn flipped_bits(flips in prop::collection::vec((any::<usize>(), any::<usize>(), 0..8u32), 1..64)) {
        let debug = sections(|n| n.starts_with(".debug") || n.ends_with("tab"));
        let mut bytes = DEMO.to_vec();
        for (section, at, bit) in flips {
            bytes[place(&debug, section, at)] ^= 1 << bit;
        }
        let _ = exercise(bytes, &ADDRS);
    }

    /// Makes references point anywhere: words of .debug_info become small offsets into their unit, or their own offset.
    #[test]
    fn looped_references(words in prop::collection::vec((any::<usize>(), any::<u32>()), 1..256)) {
        let info = sections(|n| n == ".debug_info");
        let mut bytes = DEMO.to_vec();
        for (at, to) in words {
            let at = place(&info, 0, at).min(info[0].end - 4);
            let to = if to % 2 == 0 { (at - info[0].start) as u32 } else { to % 0x2000 };
            bytes[at..at + 4].copy_from_slice(&to.to_le_bytes());
        }
        let _ = exercise(bytes, &ADDRS);
    }
}

/// Returns a file that consists of debug sections only.
fn elf(sections: &[(&str, &[u8])]) -> Vec<u8> {
    let mut names = b"\0.shstrtab\0".to_vec();
    let mut body = Vec::new();
    let mut headers = vec![[0u32; 10], [1, 3, 0, 0, 0, 0, 0, 0, 1, 0]];
    for (name, data) in sections {
        headers.push([names.len() as u32, 1, 0, 0, 52 + body.len() as u32, data.len() as u32, 0, 0, 1, 0]);
        names.extend(name.bytes().chain([0]));
        body.extend(*data);
    }
    (headers[1][4], headers[1][5]) = (52 + body.len() as u32, names.len() as u32);
    body.extend(names);
    let mut out = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x5e\0\x01\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    out.extend((52 + body.len() as u32).to_le_bytes());
    out.extend([0, 0, 0, 0, 52, 0, 0, 0, 0, 0, 40, 0, headers.len() as u8, 0, 1, 0]);
    out.extend(body);
    out.extend(headers.iter().flatten().flat_map(|w| w.to_le_bytes()));
    out
}

/// DWARF 4 abbreviations: 1 unit, 2 structure `a` (children), 3 unnamed member, 4 typedef `loop`, 5 variable.
const ABBREV: &[u8] = b"\x01\x11\x01\x13\x0b\0\0\
    \x02\x13\x01\x03\x08\x0b\x0b\0\0\
    \x03\x0d\0\x49\x13\x38\x0b\0\0\
    \x04\x16\0\x03\x08\x49\x13\0\0\
    \x05\x34\0\x03\x08\x49\x13\x02\x18\0\0\0";

fn unit(dies: &[u8]) -> Vec<u8> {
    let mut out = (7 + dies.len() as u32).to_le_bytes().to_vec();
    out.extend(b"\x04\0\0\0\0\0\x04");
    out.extend(dies);
    out
}

#[test]
fn a_structure_of_itself_and_a_typedef_of_itself_end() {
    // Offsets: header 11 bytes, root DIE 2, so the structure is at 13.
    let mut dies = b"\x01\x0c".to_vec();
    dies.extend(b"\x02a\0\x08");
    for n in 0..40u8 {
        dies.push(3);
        dies.extend(13u32.to_le_bytes());
        dies.push(n);
    }
    dies.push(0);
    let typedef = 11 + dies.len() as u32;
    dies.extend(b"\x04loop\0");
    dies.extend(typedef.to_le_bytes());
    for (name, ty) in [("v", 13), ("w", typedef)] {
        dies.push(5);
        dies.extend(name.bytes().chain([0]));
        dies.extend(u32::to_le_bytes(ty));
        dies.extend(b"\x05\x03\0\0\xfb\x3f");
    }
    dies.push(0);
    let file = elf(&[(".debug_info", &unit(&dies)), (".debug_abbrev", ABBREV)]);
    assert!(exercise(file, &ADDRS) > 0);
}

#[test]
fn dies_of_many_empty_attributes_are_refused() {
    // One abbreviation with a hundred thousand attributes that take no bytes, used by as many DIEs.
    let mut abbrev = b"\x01\x11\x01".to_vec();
    abbrev.extend(b"\x3c\x19".repeat(100_000));
    abbrev.extend([0, 0, 0]);
    let file = elf(&[(".debug_info", &unit(&[1].repeat(100_000))), (".debug_abbrev", &abbrev)]);
    let elf = esplens_debuginfo::symbols::Elf::parse("many", file).unwrap();
    assert!(!elf.has_dwarf() && elf.notes()[0].contains("too many attributes"), "{:?}", elf.notes());
}

#[test]
fn units_that_share_one_table_cost_it_a_few_times_only() {
    // 20,000 units share one line program of a megabyte.
    let mut line = ((1 << 20) - 4u32).to_le_bytes().to_vec();
    line.extend(b"\x02\0\x13\0\0\0\x01\x01\xfb\x0e\x0d\0\x01\x01\x01\x01\0\0\0\x01\0");
    line.extend(b"a\0\0\0\0\0\0\0");
    line.resize(1 << 20, 0x20);
    let abbrev = b"\x01\x11\0\x10\x17\x11\x01\x12\x06\0\0\0";
    let one = unit(b"\x01\0\0\0\0\0\0\x0d\x40\0\x10\0\0");
    let file =
        elf(&[(".debug_info", &one.repeat(20_000)), (".debug_abbrev", abbrev), (".debug_line", &line)]);
    let _ = exercise(file, &[0x400D_0000, 0x400D_0800]);
}
