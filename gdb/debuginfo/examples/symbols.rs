//! Measures how long reading symbols takes: `cargo run --release -p esplens-debuginfo --example symbols -- app.elf...`

use esplens_debuginfo::symbols::{Elf, Symbols};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

fn main() {
    for path in std::env::args().skip(1) {
        let begin = Instant::now();
        let elf = match Elf::open(Path::new(&path)) {
            Ok(elf) => elf,
            Err(e) => {
                eprintln!("{e}");
                continue;
            }
        };
        let open = begin.elapsed();
        elf.index();
        let index = begin.elapsed();
        let size = elf.file_size() as f64 / 1e6;
        let symbols = Symbols::new(vec![Arc::new(elf)]);
        let starts: Vec<u32> = symbols.symbols().map(|s| s.addr).collect();
        let named = starts.iter().filter(|a| !symbols.frames_at(**a).is_empty()).count();
        let all = begin.elapsed();
        let per = index.as_secs_f64() / size * 10.0;
        println!(
            "{path}: {size:.1} MB: open {open:.1?}, names {:.1?}, all functions and lines {:.1?} ({named} of {} symbols in code); 10 MB would take {per:.2} s",
            index - open,
            all - index,
            starts.len()
        );
    }
}
