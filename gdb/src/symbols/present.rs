//! Which of several files that were linked to the same memory is there now: the bootloader's code lies where the
//! application's will.

use super::elf::Elf;
use super::set::Symbols;
use super::values::Memory;
use object::{Object, ObjectSection};

/// Bytes at a PC that are compared.
const COMPARED: usize = 16;

impl Elf {
    /// False when the file has other code at `pc` than memory.
    fn is_present(&self, pc: u32, memory: &dyn Memory) -> bool {
        let Ok(file) = object::File::parse(self.bytes()) else { return true };
        let section =
            file.sections().find(|s| pc >= s.address() as u32 && u64::from(pc) < s.address() + s.size());
        let Some(Ok(data)) = section.as_ref().map(|s| s.data()) else { return true };
        let from = section.map_or(0, |s| (u64::from(pc) - s.address()) as usize);
        let wanted = data.get(from..).map_or(&[][..], |d| &d[..d.len().min(COMPARED)]);
        let mut found = [0; COMPARED];
        let n = memory.read(pc, &mut found[..wanted.len()]);
        found[..n] == wanted[..n] && (n > 0 || wanted.is_empty())
    }
}

impl Symbols {
    /// The files without those that have other code at `pc` than memory; `None` when all are to be asked.
    #[must_use]
    pub fn present_at(&self, pc: u32, memory: &dyn Memory) -> Option<Self> {
        let absent = |e: &Elf| e.occupies(pc) && !e.is_present(pc, memory);
        let kept: Vec<_> = self.elfs().iter().filter(|e| !absent(e)).cloned().collect();
        // A name of the nearest symbol below is none either.
        (kept.len() < self.elfs().len())
            .then(|| Self::new(kept.into_iter().filter(|e| e.occupies(pc)).collect()))
    }
}
