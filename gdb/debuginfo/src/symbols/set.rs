//! Several ELF files at once.

use super::die::{Dies, constant, demangle};
use super::elf::Elf;
use super::error::{SymbolError, SymbolResult};
use super::names::NameKind;
use super::symtab::{Row, SymbolKind};
use super::types::{self, Type, TypeId};
use gimli::constants;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// A symbol of one of the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Its name, demangled.
    pub name: String,
    /// Its name in the symbol table.
    pub linkage_name: String,
    /// First byte.
    pub addr: u32,
    /// Bytes; 0 if unknown.
    pub size: u32,
    /// Its kind.
    pub kind: SymbolKind,
    /// The file's name.
    pub elf: String,
}

impl Symbol {
    /// Returns `name` or `name+12` for an address in it.
    #[must_use]
    pub fn with_offset(&self, addr: u32) -> String {
        match addr.wrapping_sub(self.addr) {
            0 => self.name.clone(),
            n => format!("{}+{n}", self.name),
        }
    }
}

/// The symbols of several ELF files; where their memory overlaps, the later file takes precedence.
#[derive(Default)]
pub struct Symbols {
    elfs: Vec<Arc<Elf>>,
    types: Mutex<HashMap<TypeId, Arc<Type>>>,
    made: Mutex<Made>,
}

/// Types made by expressions, by number.
#[derive(Default)]
struct Made {
    types: BTreeMap<u32, Arc<Type>>,
    next: u32,
}

/// Number of the "file" that holds types made by expressions.
const MADE: u16 = u16::MAX;

impl Symbols {
    /// Creates a set of files, which are in the order of loading: mask ROM, bootloader, application.
    #[must_use]
    pub fn new(elfs: Vec<Arc<Elf>>) -> Self {
        let elfs = elfs.into_iter().take(usize::from(MADE)).collect();
        Self { elfs, types: Mutex::default(), made: Mutex::default() }
    }

    /// Returns the files.
    #[must_use]
    pub fn elfs(&self) -> &[Arc<Elf>] {
        &self.elfs
    }

    /// Returns true if no file is loaded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.elfs.is_empty()
    }

    /// Reads the names of all files, which otherwise happens at the first lookup of a name.
    pub fn index(&self) {
        self.elfs.iter().for_each(|e| e.index());
    }

    /// Returns the files with their numbers, the one with the highest precedence first.
    pub(super) fn latest(&self) -> impl Iterator<Item = (u16, &Elf)> {
        self.elfs.iter().enumerate().rev().map(|(n, e)| (n as u16, &**e))
    }

    /// Returns the files in the order to search for `addr`: those whose memory contains it, then the others.
    pub(super) fn around(&self, addr: u32) -> impl Iterator<Item = (u16, &Elf)> {
        let inside = self.latest().filter(move |e| e.1.occupies(addr));
        inside.chain(self.latest().filter(move |e| !e.1.occupies(addr)))
    }

    /// Returns the last file whose memory contains `addr`.
    pub(super) fn owner(&self, addr: u32) -> Option<(u16, &Elf)> {
        self.latest().find(|e| e.1.occupies(addr))
    }

    fn symbol_of(elf: &Elf, row: &Row) -> Symbol {
        Symbol {
            name: demangle(&row.name),
            linkage_name: row.name.clone(),
            addr: row.addr,
            size: row.size,
            kind: row.kind,
            elf: elf.name().into(),
        }
    }

    /// Returns a symbol by name, mangled or as written in source.
    #[must_use]
    pub fn symbol(&self, name: &str) -> Option<Symbol> {
        let exact = self.latest().find_map(|(_, e)| Some(Self::symbol_of(e, e.symtab.named(name)?)));
        exact.or_else(|| {
            let entries = |kind| {
                self.latest().flat_map(move |(n, e)| e.names().find(e, name, kind).map(move |x| (n, x.die)))
            };
            let both = entries(NameKind::Function).chain(entries(NameKind::Variable));
            both.filter_map(|(n, die)| self.symbol_of_die(n, die)).next()
        })
    }

    fn symbol_of_die(&self, elf: u16, die: u32) -> Option<Symbol> {
        let elf = self.elfs.get(usize::from(elf))?;
        let dies = Dies::new(elf);
        let name = dies.linkage_name(&dies.get(die).ok()?)?;
        Some(Self::symbol_of(elf, elf.symtab.named(name)?))
    }

    /// Returns the function, object or label whose bytes contain `addr`.
    #[must_use]
    pub fn symbol_at(&self, addr: u32) -> Option<Symbol> {
        self.symbol_where(addr, |_| true)
    }

    /// Returns the function (or label in code) that contains `pc`.
    #[must_use]
    pub fn function_at(&self, pc: u32) -> Option<Symbol> {
        self.symbol_where(pc, |r| r.kind != SymbolKind::Object)
    }

    fn symbol_where(&self, addr: u32, want: impl Fn(&Row) -> bool + Copy) -> Option<Symbol> {
        self.around(addr).find_map(|(_, e)| {
            let row = e.symtab.containing(addr, want)?;
            // Of several symbols for one address, the one in the source is used.
            let in_source = |r: &&Row| e.is_in_source(r);
            Some(Self::symbol_of(e, e.symtab.twins(row).find(in_source).unwrap_or(row)))
        })
    }

    /// Returns all symbols of all files.
    pub fn symbols(&self) -> impl Iterator<Item = Symbol> + '_ {
        self.latest().flat_map(|(_, e)| e.symtab.rows().iter().map(move |r| Self::symbol_of(e, r)))
    }

    /// Returns a type by name: `uint32_t`, `struct tskTaskControlBlock`, `core::option::Option<u8>`. Definitions come
    /// before declarations, later files before earlier ones.
    #[must_use]
    pub fn type_named(&self, name: &str) -> Option<TypeId> {
        let words = [
            ("struct ", Some(constants::DW_TAG_structure_type)),
            ("union ", Some(constants::DW_TAG_union_type)),
        ];
        let more = [
            ("enum ", Some(constants::DW_TAG_enumeration_type)),
            ("class ", Some(constants::DW_TAG_class_type)),
        ];
        let name = name.trim();
        let found =
            words.into_iter().chain(more).find_map(|(w, tag)| Some((name.strip_prefix(w)?.trim(), tag)));
        let (name, tag) = found.unwrap_or((name, None));
        self.type_entries(name, tag).min_by_key(|t| t.1).map(|t| t.0)
    }

    /// Returns the definition of a structure or enumeration that is only declared in some unit.
    pub(super) fn type_definition(&self, name: &str) -> Option<TypeId> {
        let typedefs = |t: &TypeId| matches!(self.resolve(*t).as_deref(), Ok(Type::Typedef { .. }));
        self.type_entries(name, None).find(|t| !t.1 && !typedefs(&t.0)).map(|t| t.0)
    }

    fn type_entries(&self, name: &str, tag: Option<gimli::DwTag>) -> impl Iterator<Item = (TypeId, bool)> {
        let name = name.to_string();
        self.latest().flat_map(move |(n, e)| {
            let dies = Dies::new(e);
            let found: Vec<_> = e.names().find(e, &name, NameKind::Type).take(4096).copied().collect();
            found
                .into_iter()
                .filter(move |x| tag.is_none_or(|t| dies.get(x.die).is_ok_and(|d| d.tag == t)))
                .map(move |x| (TypeId { elf: n, die: x.die }, x.declaration))
        })
    }

    /// Returns the value of an enumerator, such as `eRunning`.
    #[must_use]
    pub fn enumerator(&self, name: &str) -> Option<i64> {
        self.latest().find_map(|(_, e)| {
            let die = e.names().find(e, name, NameKind::Enumerator).next()?.die;
            constant(&Dies::new(e).get(die).ok()?, constants::DW_AT_const_value)
        })
    }

    /// Reads a type.
    ///
    /// # Errors
    /// Broken debug information.
    pub fn resolve(&self, ty: TypeId) -> SymbolResult<Arc<Type>> {
        /// Size at which the cache is cleared.
        const MOST: usize = 1 << 16;
        if ty.elf == MADE {
            let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            let found = made.types.get(&ty.die).cloned();
            return found.ok_or_else(|| SymbolError::Type("an unknown type".into()));
        }
        if let Some(known) = self.types.lock().unwrap_or_else(PoisonError::into_inner).get(&ty) {
            return Ok(known.clone());
        }
        let none = || SymbolError::Type("a type of a file that is not loaded".into());
        let elf = self.elfs.get(usize::from(ty.elf)).ok_or_else(none)?;
        let parsed = Arc::new(types::parse(&Dies::new(elf), ty)?);
        let mut types = self.types.lock().unwrap_or_else(PoisonError::into_inner);
        if types.len() >= MOST {
            types.clear();
        }
        types.insert(ty, parsed.clone());
        Ok(parsed)
    }

    /// Returns the id of a type that is in no file, such as the row of a matrix or the address of a variable.
    pub(super) fn intern(&self, ty: Type) -> TypeId {
        /// Expressions make few types. If a client makes more, the oldest ones are dropped.
        const MOST: usize = 1 << 12;
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((die, _)) = made.types.iter().find(|t| **t.1 == ty) {
            return TypeId { elf: MADE, die: *die };
        }
        if made.types.len() >= MOST {
            made.types.pop_first();
        }
        let die = made.next;
        made.next = made.next.wrapping_add(1);
        made.types.insert(die, Arc::new(ty));
        TypeId { elf: MADE, die }
    }

    /// Returns one of C's base types, for files whose debug information does not contain it.
    pub(super) fn builtin(&self, name: &str) -> Option<TypeId> {
        use super::types::Encoding as E;
        let (encoding, size) = match name {
            "int" | "long int" | "int32_t" => (E::Signed, 4),
            "unsigned int" | "long unsigned int" | "uint32_t" | "size_t" => (E::Unsigned, 4),
            "char" | "unsigned char" => (E::UnsignedChar, 1),
            "uint8_t" => (E::UnsignedChar, 1),
            "int8_t" | "signed char" => (E::SignedChar, 1),
            "short int" | "int16_t" => (E::Signed, 2),
            "short unsigned int" | "uint16_t" => (E::Unsigned, 2),
            "long long int" | "int64_t" => (E::Signed, 8),
            "long long unsigned int" | "uint64_t" => (E::Unsigned, 8),
            "float" => (E::Float, 4),
            "double" => (E::Float, 8),
            _ => return None,
        };
        Some(self.intern(Type::Base { name: name.into(), encoding, size }))
    }

    /// Returns true if the type's unit is written in C.
    pub(super) fn is_c(&self, ty: TypeId) -> bool {
        use constants as c;
        let language = self.language(ty);
        let is_c = matches!(
            language,
            None | Some(c::DW_LANG_C | c::DW_LANG_C89 | c::DW_LANG_C99 | c::DW_LANG_C11 | c::DW_LANG_C17)
        );
        is_c && ty.elf != MADE
    }

    /// Returns the language of a type's unit.
    pub(super) fn language(&self, ty: TypeId) -> Option<gimli::DwLang> {
        self.elfs.get(usize::from(ty.elf))?.unit_of(ty.die).ok()?.language
    }
}
