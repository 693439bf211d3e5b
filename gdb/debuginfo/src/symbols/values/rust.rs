//! Values of Rust types: structures, tuples, enums with variants, `&str`.

use super::super::error::SymbolResult;
use super::super::set::Symbols;
use super::super::types::{Member, RecordType, TypeId, Variants};
use super::format::Printer;
use super::{Value, ValueMemory};

/// Returns true if the type comes from Rust.
pub(super) fn is_rust(symbols: &Symbols, ty: TypeId) -> bool {
    symbols.language(ty) == Some(gimli::constants::DW_LANG_Rust)
}

/// Returns the variant of an enum that a value currently holds.
pub(super) fn active<'v>(
    symbols: &Symbols,
    memory: &dyn ValueMemory,
    value: &Value,
    variants: &'v Variants,
) -> SymbolResult<Option<&'v Member>> {
    let other = variants.cases.iter().find(|c| c.0.is_none()).map(|c| &c.1);
    let Some(discriminant) = &variants.discriminant else { return Ok(other) };
    let n = symbols.number(&value.part(discriminant.offset, discriminant.ty, None), memory)?.to_int();
    // The compiler writes large unsigned discriminants as negative numbers and the other way round.
    let size = symbols.size_of(discriminant.ty)?.clamp(1, 8);
    let mask = u64::MAX >> (64 - 8 * size);
    let found = variants.cases.iter().find(|c| c.0.is_some_and(|v| v as u64 & mask == n as u64 & mask));
    Ok(found.map(|c| &c.1).or(other))
}

/// Prints `Name {x: 1}`, `Name(1)`, `Some(1)`, `"text"`.
pub(super) fn record(
    p: &mut Printer<'_>,
    value: &Value,
    ty: TypeId,
    record: &RecordType,
    depth: usize,
) -> SymbolResult<()> {
    if let Some(text) = str_text(p, value, record)? {
        p.out.push_str(&text);
        return Ok(());
    }
    let name = record.name.clone().unwrap_or_default();
    let Some(depth) = depth.checked_sub(1) else {
        p.out.push_str(&format!("{name} {{...}}"));
        return Ok(());
    };
    if let Some(variants) = &record.variants {
        match active(p.symbols, p.memory, value, variants)? {
            Some(member) => p.value(&value.part(member.offset, member.ty, None), depth),
            None => p.out.push_str(&format!("{} {{?}}", p.symbols.type_name(ty))),
        }
        return Ok(());
    }
    let tuple = record.members.first().and_then(|m| m.name.as_deref()) == Some("__0");
    p.out.push_str(if name.starts_with('(') { "" } else { &name });
    if record.members.is_empty() {
        return Ok(());
    }
    p.out.push_str(if tuple { "(" } else { " {" });
    for (n, member) in record.members.iter().enumerate() {
        if p.full() {
            p.out.push_str("...");
            break;
        }
        p.out.push_str(if n > 0 { ", " } else { "" });
        if !tuple {
            p.out.push_str(&format!("{}: ", member.name.as_deref().unwrap_or("?")));
        }
        p.value(&value.part(member.offset, member.ty, None), depth);
    }
    p.out.push(if tuple { ')' } else { '}' });
    Ok(())
}

/// Returns the text of a `&str`.
fn str_text(p: &Printer<'_>, value: &Value, record: &RecordType) -> SymbolResult<Option<String>> {
    if record.name.as_deref() != Some("&str") {
        return Ok(None);
    }
    let part = |name| p.symbols.member_of(value, name);
    let addr = p.symbols.number(&part("data_ptr")?, p.memory)?.to_u32();
    let len = p.symbols.number(&part("length")?, p.memory)?.to_u32() as usize;
    let shown = len.min(p.format.elements) as u32;
    let bytes =
        Value { ty: value.ty, place: super::ValuePlace::Memory(addr), bits: None }.bytes(p.memory, shown)?;
    let dots = if (shown as usize) < len { "..." } else { "" };
    Ok(Some(format!("{:?}{dots}", String::from_utf8_lossy(&bytes))))
}
