//! Selection between files that are linked to the same memory: the bootloader's code is where the application's will
//! be.

use super::elf::Elf;
use super::set::Symbols;
use super::values::ValueMemory;
use object::{Object, ObjectSection};

/// Bytes at a PC that are compared.
const COMPARED: usize = 16;

impl Elf {
    /// Returns false if the file's code at `pc` differs from memory.
    fn is_present(&self, pc: u32, memory: &dyn ValueMemory) -> bool {
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
    /// Returns the files that contain `pc` and have the same code there as memory; `None` if no file differs from
    /// memory.
    #[must_use]
    pub fn present_at(&self, pc: u32, memory: &dyn ValueMemory) -> Option<Self> {
        let absent = |e: &Elf| e.occupies(pc) && !e.is_present(pc, memory);
        let kept: Vec<_> = self.elfs().iter().filter(|e| !absent(e)).cloned().collect();
        // Files that do not contain `pc` are excluded, too: their nearest symbol below would be wrong.
        (kept.len() < self.elfs().len())
            .then(|| Self::new(kept.into_iter().filter(|e| e.occupies(pc)).collect()))
    }
}
