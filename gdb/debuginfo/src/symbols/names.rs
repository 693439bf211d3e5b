//! Names of one file's functions, variables, types and enumerators.

use super::die::Dies;
use super::elf::{Elf, R};
use super::error::{SymbolError, SymbolResult};
use super::unit::UnitEntry;
use gimli::{AttributeValue, DwTag, constants};

/// Kind of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NameKind {
    Function,
    Variable,
    Type,
    Enumerator,
}

/// A name and its DIE.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Offset and length of the name in the file's bytes.
    text: (u32, u32),
    /// Number of the namespace.
    space: u32,
    pub die: u32,
    pub kind: NameKind,
    /// Only declared here; the definition is elsewhere.
    pub declaration: bool,
    /// Inside a function.
    pub inner: bool,
}

/// All names of a file, sorted.
#[derive(Default)]
pub(super) struct Names {
    entries: Vec<Entry>,
    spaces: Vec<String>,
}

impl Names {
    fn build(elf: &Elf) -> Self {
        let mut out = Self { entries: Vec::new(), spaces: vec![String::new()] };
        for unit in &elf.units {
            // Names read before an error are usable.
            let _ = walk(elf, unit, &mut out);
        }
        let spaces = &out.spaces;
        let key = |e: &Entry| {
            (elf.text(e.text), spaces[e.space as usize].as_str(), e.kind, e.declaration, e.inner, e.die)
        };
        out.entries.sort_by(|a, b| key(a).cmp(&key(b)));
        out
    }

    /// Returns the entries of a name as written in source (`a::b` in C++ and Rust), definitions first.
    pub(super) fn find<'a>(
        &'a self,
        elf: &'a Elf,
        name: &str,
        kind: NameKind,
    ) -> impl Iterator<Item = &'a Entry> {
        let (space, last) = split(name);
        let (space, last) = (space.to_string(), last.to_string());
        let from = self.entries.partition_point(|e| elf.text(e.text) < last.as_str());
        self.entries[from..]
            .iter()
            .take_while(move |e| elf.text(e.text) == last)
            .filter(move |e| e.kind == kind && self.in_space(e, &space))
    }

    fn in_space(&self, e: &Entry, space: &str) -> bool {
        space.is_empty() || self.spaces[e.space as usize] == space
    }

    /// Returns all entries of a kind.
    pub(super) fn all(&self, kind: NameKind) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |e| e.kind == kind)
    }

    /// Returns the name with its namespaces.
    pub(super) fn full(&self, elf: &Elf, e: &Entry) -> String {
        let (space, name) = (&self.spaces[e.space as usize], elf.text(e.text));
        if space.is_empty() { name.into() } else { format!("{space}::{name}") }
    }
}

/// Splits `a::b<c::d>` into `a` and `b<c::d>`.
fn split(name: &str) -> (&str, &str) {
    let head = name.find('<').unwrap_or(name.len());
    name[..head].rfind("::").map_or(("", name), |at| (&name[..at], &name[at + 2..]))
}

impl Elf {
    /// Returns all names; reads the whole file's DIEs the first time.
    pub(super) fn names(&self) -> &Names {
        self.names.get_or_init(|| Names::build(self))
    }

    fn text(&self, at: (u32, u32)) -> &str {
        let bytes = self.bytes.get(at.0 as usize..(at.0 + at.1) as usize).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    fn span(&self, text: &str) -> Option<(u32, u32)> {
        let at = (text.as_ptr() as usize).checked_sub(self.bytes.as_ptr() as usize)?;
        (at + text.len() <= self.bytes.len()).then_some((at as u32, text.len() as u32))
    }
}

fn kind(tag: DwTag) -> Option<NameKind> {
    Some(match tag {
        constants::DW_TAG_subprogram => NameKind::Function,
        constants::DW_TAG_variable => NameKind::Variable,
        constants::DW_TAG_structure_type
        | constants::DW_TAG_class_type
        | constants::DW_TAG_union_type
        | constants::DW_TAG_enumeration_type
        | constants::DW_TAG_typedef
        | constants::DW_TAG_base_type => NameKind::Type,
        constants::DW_TAG_enumerator => NameKind::Enumerator,
        _ => return None,
    })
}

/// Returns true if names inside a DIE of this tag are qualified by its name.
fn is_space(tag: DwTag, c: bool) -> bool {
    match tag {
        constants::DW_TAG_namespace | constants::DW_TAG_module => true,
        constants::DW_TAG_structure_type | constants::DW_TAG_class_type | constants::DW_TAG_union_type => !c,
        _ => false,
    }
}

struct Walk<'a> {
    dies: Dies<'a>,
    c: bool,
    /// Depth and namespace.
    spaces: Vec<(isize, u32)>,
    /// Depth of the enclosing function.
    function: Option<isize>,
}

fn walk(elf: &Elf, entry: &UnitEntry, out: &mut Names) -> SymbolResult<()> {
    let mut walk = Walk { dies: Dies::new(elf), c: entry.is_c(), spaces: Vec::new(), function: None };
    let unit = entry.unit(&walk.dies.dwarf)?;
    let err = |e: gimli::Error| SymbolError::dwarf(entry.start as usize, e);
    let mut raw = unit.entries_raw(None).map_err(err)?;
    while !raw.is_empty() {
        let (depth, die) = (raw.next_depth(), entry.start + raw.next_offset().0 as u32);
        let Some(abbrev) = raw.read_abbreviation().map_err(err)? else { continue };
        walk.close(depth);
        let tag = abbrev.tag();
        if kind(tag).is_none() && !is_space(tag, walk.c) {
            raw.skip_attributes(abbrev.attributes()).map_err(err)?;
            continue;
        }
        let mut found = Found::default();
        for spec in abbrev.attributes() {
            found.take(&raw.read_attribute(*spec).map_err(err)?);
        }
        walk.enter(depth, die, tag, &found, out)?;
    }
    Ok(())
}

fn space_number(elf: &Elf, out: &mut Names, outer: u32, name: &str) -> u32 {
    /// A hostile file may nest namespaces so deeply that their full names would fill memory.
    const LONGEST: usize = 4096;
    let outer_name = &out.spaces[outer as usize];
    let full = if outer_name.is_empty() { name.to_string() } else { format!("{outer_name}::{name}") };
    if out.spaces.last() == Some(&full) {
        return out.spaces.len() as u32 - 1;
    }
    if full.len() > LONGEST || elf.allowed.text.spend(full.len()).is_err() {
        return outer;
    }
    out.spaces.push(full);
    out.spaces.len() as u32 - 1
}

impl<'a> Walk<'a> {
    /// Leaves the namespaces and the function that do not contain a DIE of this depth.
    fn close(&mut self, depth: isize) {
        while self.spaces.pop_if(|s| s.0 >= depth).is_some() {}
        self.function = self.function.filter(|f| *f < depth);
    }

    /// Records a DIE's name, and the namespace or function that it opens.
    fn enter(
        &mut self,
        depth: isize,
        die: u32,
        tag: DwTag,
        found: &Found<'a>,
        out: &mut Names,
    ) -> SymbolResult<()> {
        let (elf, kind) = (self.dies.elf, kind(tag));
        let name = self.name(die, kind, found);
        elf.allowed.text.spend(self.cost(name, found))?;
        let space = self.spaces.last().map_or(0, |s| s.1);
        if let (Some(kind), Some(name)) = (kind, name)
            && found.counts(kind)
            && let Some(text) = elf.span(name)
        {
            let inner = self.function.is_some();
            let declaration = found.declaration || !found.code && kind == NameKind::Function;
            out.entries.push(Entry { text, space, die, kind, declaration, inner });
        }
        if is_space(tag, self.c) {
            self.spaces.push((depth, space_number(elf, out, space, name.unwrap_or("{anonymous}"))));
        }
        if tag == constants::DW_TAG_subprogram && self.function.is_none() {
            self.function = Some(depth);
        }
        Ok(())
    }

    /// Returns the cost of reading a name. For an unterminated name it is the size of the string section, which was
    /// searched.
    fn cost(&self, name: Option<&str>, found: &Found<'_>) -> usize {
        let strings = || self.dies.elf.section(gimli::SectionId::DebugStr).len();
        if found.name.is_some() { name.map_or_else(strings, |n| n.len() + 1) } else { 1 }
    }

    /// Returns the name of a DIE; a definition may have it in its declaration only.
    fn name(&self, at: u32, kind: Option<NameKind>, found: &Found<'a>) -> Option<&'a str> {
        if let Some(name) = found.name {
            return self.dies.string(at, name);
        }
        let placed = found.code || found.location;
        if !placed || !found.completes || !matches!(kind, Some(NameKind::Function | NameKind::Variable)) {
            return None;
        }
        let die = self.dies.get(at).ok()?;
        self.dies.name(&die)
    }
}

#[derive(Default)]
struct Found<'a> {
    name: Option<AttributeValue<R<'a>>>,
    declaration: bool,
    /// Has an abstract origin or specification.
    completes: bool,
    code: bool,
    location: bool,
}

impl<'a> Found<'a> {
    fn take(&mut self, attr: &gimli::Attribute<R<'a>>) {
        match attr.name() {
            constants::DW_AT_name => self.name = Some(attr.value()),
            constants::DW_AT_declaration => {
                self.declaration = matches!(attr.value(), AttributeValue::Flag(true));
            }
            constants::DW_AT_abstract_origin | constants::DW_AT_specification => self.completes = true,
            constants::DW_AT_low_pc | constants::DW_AT_ranges => self.code = true,
            constants::DW_AT_location | constants::DW_AT_const_value => {
                // Only variables with one location for the whole run: location lists belong to locals in registers.
                self.location = !matches!(
                    attr.value(),
                    AttributeValue::LocationListsRef(_) | AttributeValue::DebugLocListsIndex(_)
                );
            }
            _ => {}
        }
    }

    /// Returns true if the DIE gets an entry.
    fn counts(&self, kind: NameKind) -> bool {
        match kind {
            NameKind::Variable => self.location,
            NameKind::Function => self.code || self.name.is_some(),
            NameKind::Type | NameKind::Enumerator => true,
        }
    }
}
