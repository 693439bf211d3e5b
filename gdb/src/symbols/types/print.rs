//! Types as C writes them.

use super::super::error::Budget;
use super::super::set::Symbols;
use super::{PointerKind, RecordKind, Type, TypeId};

/// Deepest nesting that is written out.
const DEPTH: usize = 24;

impl Symbols {
    /// The type as GDB's `whatis` writes it: `uint32_t`, `struct foo *`, `char [16]`, `void (*)(int)`.
    #[must_use]
    pub fn type_name(&self, ty: TypeId) -> String {
        let (left, right) = self.parts(ty, DEPTH, &mut Budget::new(1 << 10));
        format!("{left}{right}").trim().to_string()
    }

    /// What stands before and after a declared name.
    fn parts(&self, ty: TypeId, depth: usize, budget: &mut Budget) -> (String, String) {
        let Some(depth) = depth.checked_sub(1).filter(|_| budget.spend(1).is_ok()) else {
            return ("...".into(), String::new());
        };
        let Ok(resolved) = self.resolve(ty) else { return ("<error type>".into(), String::new()) };
        let plain = |s: &str| (s.to_string(), String::new());
        match &*resolved {
            Type::Void => plain("void"),
            Type::Base { name, .. } | Type::Typedef { name, .. } => plain(name),
            Type::Record(r) => {
                let word = match r.kind {
                    RecordKind::Struct => "struct",
                    RecordKind::Union => "union",
                    RecordKind::Class => "class",
                };
                if self.is_c(ty) {
                    plain(&format!("{word} {}", r.name.as_deref().unwrap_or("{...}")))
                } else {
                    plain(r.name.as_deref().unwrap_or(&format!("{word} {{...}}")))
                }
            }
            Type::Enum { name, .. } if self.is_c(ty) => {
                plain(&format!("enum {}", name.as_deref().unwrap_or("{...}")))
            }
            Type::Enum { name, .. } => plain(name.as_deref().unwrap_or("enum {...}")),
            Type::Pointer { name: Some(name), .. } => plain(name),
            Type::Pointer { target, kind, .. } => {
                let star = match kind {
                    PointerKind::Pointer => "*",
                    PointerKind::Reference => "&",
                    PointerKind::RvalueReference => "&&",
                };
                let (left, right) = self.parts(*target, depth, budget);
                let binds = matches!(
                    self.resolve(*target).as_deref(),
                    Ok(Type::Array { .. } | Type::Function { .. })
                );
                let space = if left.ends_with(['*', '&', '(']) { "" } else { " " };
                if binds {
                    (format!("{left}{space}({star}"), format!("){right}"))
                } else {
                    (format!("{left}{space}{star}"), right)
                }
            }
            Type::Array { element, dims } => {
                let (left, right) = self.parts(*element, depth, budget);
                let dims: String = dims.iter().map(|d| d.map_or("[]".into(), |n| format!("[{n}]"))).collect();
                (format!("{left} "), format!("{dims}{right}"))
            }
            Type::Function { returns, params, variadic } => {
                let (left, right) = self.parts(*returns, depth, budget);
                let mut list: Vec<String> =
                    params.iter().take(32).map(|p| self.short(*p, depth, budget)).collect();
                if *variadic {
                    list.push("...".into());
                }
                if list.is_empty() {
                    list.push("void".into());
                }
                (format!("{left} "), format!("({}){right}", list.join(", ")))
            }
            Type::Qualified { qualifier, target } => {
                let (left, right) = self.parts(*target, depth, budget);
                if left.ends_with('*') {
                    (format!("{left} {qualifier}"), right)
                } else {
                    (format!("{qualifier} {left}"), right)
                }
            }
            Type::Unknown { tag, .. } => plain(&format!("<{tag}>")),
        }
    }

    fn short(&self, ty: TypeId, depth: usize, budget: &mut Budget) -> String {
        let (left, right) = self.parts(ty, depth, budget);
        format!("{left}{right}").trim().to_string()
    }
}
