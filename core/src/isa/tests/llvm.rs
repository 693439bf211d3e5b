//! Comparison of the disassembly with LLVM's, word by word.
//!
//! docs/isa-llvm-differences.md lists the known differences with their reasons; any other difference fails. A
//! run tests a sample; with `ESPLENS_FULL=1` it tests every word.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::isa::table::ROWS;
use crate::isa::{Insn, Op, decode, special};

const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/isa-llvm-differences.md");
const UNKNOWN: &str = "-";
/// Words per object file.
const CHUNK: usize = 1 << 18;

/// Differences by the names on both sides: the count and one example.
type Differences = BTreeMap<(String, String), (u64, String)>;

#[test]
fn disassembles_as_llvm_does() {
    let Some(llvm) = Llvm::find() else {
        println!("skipped: no llvm-objdump with llc beside rustc (rustup component llvm-tools)");
        return;
    };
    let full = std::env::var_os("ESPLENS_FULL").is_some();
    let words = if full { every_word() } else { sample() };
    let mut found = Differences::new();
    for chunk in words.chunks(CHUNK) {
        llvm.compare(chunk, &mut found);
    }
    let listed = listed();
    let mut complaints = String::new();
    for ((ours, theirs), (count, example)) in &found {
        let entry = listed.get(&(ours.clone(), theirs.clone()));
        if entry.is_none() || full && entry != Some(count) {
            let _ = writeln!(complaints, "| `{ours}` | `{theirs}` | {count} | {example} |");
        }
    }
    if full {
        for key in listed.keys().filter(|key| !found.contains_key(*key)) {
            let _ = writeln!(complaints, "listed but not found: {key:?}");
        }
    }
    assert!(complaints.is_empty(), "not as docs/isa-llvm-differences.md has it:\n{complaints}");
}

/// Returns the 24-bit words with a major opcode below 8, then the density words.
fn every_word() -> Vec<u32> {
    let wide = (0..1 << 24).filter(|word| word & 15 < 8);
    wide.chain((0..1 << 16).filter(|word| (8..14).contains(&(word & 15)))).collect()
}

/// Returns every instruction of the table with random operands, and random words.
fn sample() -> Vec<u32> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 20) as u32
    };
    let mut words: Vec<u32> = Vec::new();
    for row in ROWS {
        words.extend((0..256).map(|_| random() & !row.mask | row.bits));
    }
    words.extend((0..20_000).map(|_| random()).filter(|word| word & 15 < 14));
    for word in &mut words {
        *word &= if *word & 15 < 8 { 0xff_ffff } else { 0xffff };
    }
    words.sort_unstable();
    words.dedup();
    words
}

/// Reads the list's table: the names on both sides and the number of words.
fn listed() -> BTreeMap<(String, String), u64> {
    let text = fs::read_to_string(LIST).expect("the list of differences is in docs");
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| {
        let cells: Vec<&str> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        ((cells[1].to_owned(), cells[2].to_owned()), cells[3].parse().expect("a count of words"))
    })
    .collect()
}

/// Returns our name of the instruction: the mnemonic, with the register for RSR and its relatives.
fn our_name(insn: &Insn) -> String {
    let register = match insn.op {
        Op::Rsr | Op::Wsr | Op::Xsr | Op::Rur | Op::Wur => special::name(insn.op, insn.imm as u8),
        _ => None,
    };
    let mnemonic = insn.op.mnemonic();
    register.map_or(mnemonic.to_owned(), |register| format!("{mnemonic}.{register}"))
}

/// Returns the same for a line of LLVM's output.
fn their_name(text: &str) -> String {
    let (mnemonic, operands) = text.split_once(' ').unwrap_or((text, ""));
    match mnemonic {
        "rsr" | "wsr" | "xsr" | "rur" | "wur" => {
            format!("{mnemonic}.{}", operands.rsplit(' ').next().unwrap_or(""))
        }
        _ => mnemonic.to_owned(),
    }
}

/// Returns LLVM's text with single spaces, and addresses cut to 32 bits.
fn normalise(text: &str) -> String {
    let words = text.split_whitespace().map(|word| match word.strip_prefix("0x") {
        Some(hex) => match u64::from_str_radix(hex, 16) {
            Ok(address) => format!("{:#x}", address as u32),
            Err(_) => word.to_owned(),
        },
        None => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// LLVM's tools and a directory for their output.
struct Llvm {
    bin: PathBuf,
    dir: PathBuf,
}

impl Llvm {
    fn find() -> Option<Llvm> {
        let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
        let output = Command::new(rustc).args(["--print", "sysroot"]).output().ok()?;
        let sysroot = String::from_utf8(output.stdout).ok()?;
        let host = format!("lib/rustlib/{}-unknown-linux-gnu/bin", std::env::consts::ARCH);
        let bin = Path::new(sysroot.trim()).join(host);
        let dir = std::env::temp_dir().join(format!("esplens-llvm-{}", std::process::id()));
        let there = bin.join("llc").exists() && bin.join("llvm-objdump").exists();
        there.then_some(Llvm { bin, dir })
    }

    /// Disassembles `words` with both and adds the differences to `found`.
    fn compare(&self, words: &[u32], found: &mut Differences) {
        let object = self.assemble(words);
        let mut objdump = Command::new(self.bin.join("llvm-objdump"))
            .args(["-d", "--mcpu=esp32", "--no-show-raw-insn"])
            .arg(object)
            .stdout(Stdio::piped())
            .spawn()
            .expect("llvm-objdump runs");
        let output = BufReader::new(objdump.stdout.take().expect("its output is piped"));
        let mut word = None;
        let mut seen = 0;
        for line in output.lines() {
            let line = line.expect("llvm-objdump prints text");
            if let Some((_, label)) = line.split_once(" <w") {
                word = u32::from_str_radix(label.trim_end_matches(">:"), 16).ok();
            } else if let (Some(word), Some((pc, text))) =
                (word.take_if(|_| line.contains(':')), line.split_once(':'))
            {
                let pc = u32::from_str_radix(pc.trim(), 16).expect("an address");
                judge(word, pc, &normalise(text), found);
                seen += 1;
            }
        }
        assert!(objdump.wait().expect("llvm-objdump ends").success());
        assert_eq!(seen, words.len(), "llvm-objdump shows every word");
        fs::remove_dir_all(&self.dir).expect("the directory is ours");
    }

    /// Assembles an object with a label `w` and the word in hex before every word.
    fn assemble(&self, words: &[u32]) -> PathBuf {
        fs::create_dir_all(&self.dir).expect("the temporary directory is writable");
        let (source, object) = (self.dir.join("words.ll"), self.dir.join("words.o"));
        let mut text = String::new();
        for lines in words.chunks(256) {
            text.push_str("module asm \"");
            for word in lines {
                let bytes = if word & 15 < 8 { 3 } else { 2 };
                let _ = write!(text, "w{word:x}:\\0A.byte ");
                for i in 0..bytes {
                    let comma = if i == 0 { "" } else { "," };
                    let _ = write!(text, "{comma}{}", word >> (8 * i) & 255);
                }
                text.push_str("\\0A");
            }
            text.push_str("\"\n");
        }
        fs::write(&source, text).expect("the temporary directory is writable");
        let mut llc = Command::new(self.bin.join("llc"));
        llc.args(["-mtriple=xtensa-none-elf", "-mcpu=esp32", "-filetype=obj", "-o"]);
        assert!(llc.arg(&object).arg(&source).status().expect("llc runs").success());
        object
    }
}

/// Adds `word` to `found` if LLVM's `theirs` differs from our disassembly at `pc`.
fn judge(word: u32, pc: u32, theirs: &str, found: &mut Differences) {
    let insn = decode(word);
    let ours = insn.map_or(UNKNOWN.to_owned(), |insn| insn.disasm(pc).to_string());
    let theirs = if theirs == "<unknown>" { UNKNOWN } else { theirs };
    if ours == theirs {
        return;
    }
    let key = (insn.as_ref().map_or(UNKNOWN.to_owned(), our_name), their_name(theirs));
    let entry = found.entry(key).or_insert_with(|| (0, format!("{word:06x} at {pc:x}: {ours} / {theirs}")));
    entry.0 += 1;
}
