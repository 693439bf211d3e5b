//! Prints types in C notation.

use super::super::error::Budget;
use super::super::set::Symbols;
use super::{PointerKind, RecordKind, RecordType, Type, TypeId};

/// Deepest nesting that is printed.
const DEPTH: usize = 24;

/// Text before and after a declared name.
struct Parts {
    left: String,
    right: String,
}

impl Parts {
    fn word(left: impl Into<String>) -> Self {
        Self { left: left.into(), right: String::new() }
    }
}

/// Set of qualifiers, printed in GDB's order.
#[derive(Clone, Copy, Default)]
struct Words(u8);

impl Words {
    const ALL: [&'static str; 4] = ["const", "volatile", "restrict", "_Atomic"];

    fn with(self, word: &str) -> Self {
        Self(Self::ALL.iter().position(|w| *w == word).map_or(self.0, |n| self.0 | 1 << n))
    }

    fn each(self) -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().enumerate().filter(move |(n, _)| self.0 >> n & 1 != 0).map(|(_, word)| word)
    }

    fn before(self, name: &str) -> String {
        self.each().map(|w| format!("{w} ")).collect::<String>() + name
    }

    fn behind(self) -> String {
        self.each().map(|w| format!(" {w}")).collect()
    }
}

impl Symbols {
    /// Returns the type as GDB's `whatis` prints it: `uint32_t`, `struct foo *`, `char [16]`, `void (*)(int)`.
    #[must_use]
    pub fn type_name(&self, ty: TypeId) -> String {
        self.short(ty, DEPTH, &mut Budget::new(1 << 10))
    }

    fn short(&self, ty: TypeId, depth: usize, budget: &mut Budget) -> String {
        let parts = self.parts(ty, Words::default(), depth, budget);
        format!("{}{}", parts.left, parts.right).trim().to_string()
    }

    fn parts(&self, ty: TypeId, words: Words, depth: usize, budget: &mut Budget) -> Parts {
        let Some(depth) = depth.checked_sub(1).filter(|_| budget.spend(1).is_ok()) else {
            return Parts::word("...");
        };
        let Ok(resolved) = self.resolve(ty) else { return Parts::word("<error type>") };
        let name = match &*resolved {
            Type::Pointer { name: None, target, kind, .. } => {
                return self.pointer_parts(*target, *kind, words, depth, budget);
            }
            Type::Array { element, dims } => {
                // Qualifiers of an array belong to its elements.
                let Parts { left, right } = self.parts(*element, words, depth, budget);
                if self.language(ty) == Some(gimli::constants::DW_LANG_Rust) {
                    let open = |inner: String, d: &Option<u32>| match d {
                        Some(n) => format!("[{inner}; {n}]"),
                        None => format!("[{inner}]"),
                    };
                    return Parts::word(dims.iter().rev().fold(left + &right, open));
                }
                let dims: String = dims.iter().map(|d| d.map_or("[]".into(), |n| format!("[{n}]"))).collect();
                let space = if self.is_declarator(*element) { "" } else { " " };
                return Parts { left: left + space, right: dims + &right };
            }
            Type::Function { returns, params, variadic, prototyped } => {
                let Parts { left, right } = self.parts(*returns, Words::default(), depth, budget);
                let space = if self.is_declarator(*returns) { "" } else { " " };
                let list = self.parameters(params, (*variadic, *prototyped), depth, budget);
                return Parts { left: left + space, right: format!("({list}){right}") };
            }
            Type::Qualified { qualifier, target } => {
                return self.parts(*target, words.with(qualifier), depth, budget);
            }
            Type::Void => "void".into(),
            Type::Base { name, .. } | Type::Typedef { name, .. } => name.clone(),
            Type::Pointer { name: Some(name), .. } => name.clone(),
            Type::Record(record) => self.record_name(ty, record),
            Type::Enum { name, .. } => self.tagged(ty, "enum", name.as_deref()),
            Type::Unknown { tag, .. } => format!("<{tag}>"),
        };
        Parts::word(words.before(&name))
    }

    fn pointer_parts(
        &self,
        target: TypeId,
        kind: PointerKind,
        words: Words,
        depth: usize,
        budget: &mut Budget,
    ) -> Parts {
        let star = match kind {
            PointerKind::Pointer => "*",
            PointerKind::Reference => "&",
            PointerKind::RvalueReference => "&&",
        };
        let Parts { left, right } = self.parts(target, Words::default(), depth, budget);
        let space = if left.ends_with(['*', '&', '(', ' ']) { "" } else { " " };
        let binds = matches!(self.resolve(target).as_deref(), Ok(Type::Array { .. } | Type::Function { .. }));
        let (open, close) = if binds { ("(", ")") } else { ("", "") };
        Parts {
            left: format!("{left}{space}{open}{star}{}", words.behind()),
            right: format!("{close}{right}"),
        }
    }

    fn parameters(
        &self,
        params: &[TypeId],
        (variadic, prototyped): (bool, bool),
        depth: usize,
        budget: &mut Budget,
    ) -> String {
        /// Most parameters that are printed.
        const MOST: usize = 32;
        let mut list: Vec<String> = params.iter().take(MOST).map(|p| self.short(*p, depth, budget)).collect();
        match (list.is_empty(), prototyped) {
            (true, false) => {}
            (true, true) if !variadic => list.push("void".into()),
            _ if variadic || params.len() > MOST => list.push("...".into()),
            _ => {}
        }
        list.join(", ")
    }

    /// Returns true for types that are written around a name: no space follows their stars and brackets.
    fn is_declarator(&self, ty: TypeId) -> bool {
        let mut at = ty;
        for _ in 0..DEPTH {
            match self.resolve(at).as_deref() {
                Ok(Type::Pointer { name, .. }) => return name.is_none(),
                Ok(Type::Array { .. } | Type::Function { .. }) => return true,
                Ok(Type::Qualified { target, .. }) => at = *target,
                _ => return false,
            }
        }
        false
    }

    fn record_name(&self, ty: TypeId, record: &RecordType) -> String {
        let word = match record.kind {
            RecordKind::Struct => "struct",
            RecordKind::Union => "union",
            RecordKind::Class => "class",
        };
        self.tagged(ty, word, record.name.as_deref())
    }

    /// Returns `struct name` in C, only the name in other languages.
    fn tagged(&self, ty: TypeId, word: &str, name: Option<&str>) -> String {
        match name {
            Some(name) if !self.is_c(ty) => name.into(),
            name => format!("{word} {}", name.unwrap_or("{...}")),
        }
    }
}
