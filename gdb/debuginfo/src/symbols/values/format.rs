//! Formats values as GDB prints them.

use super::super::error::{SymbolError, SymbolResult};
use super::super::set::{Symbol, Symbols};
use super::super::symtab::SymbolKind;
use super::super::types::{Encoding, RecordType, Type, TypeId};
use super::number::{Number, float};
use super::{Value, ValueMemory, rust, text};
use esplens_soc::map::{self, RegionKind, is_code};
use std::cell::Cell;

/// Most values that are visited for one text: equal elements do not make it longer, but cost as much.
const STEPS: u32 = 100_000;

/// Limits and number base of formatted values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueFormat {
    /// Levels of nested structures; deeper ones are `{...}`.
    pub depth: usize,
    /// Elements of an array, characters of a string.
    pub elements: usize,
    /// Characters in total.
    pub length: usize,
    /// Prints integers in hexadecimal.
    pub hex: bool,
}

impl Default for ValueFormat {
    fn default() -> Self {
        Self { depth: 20, elements: 200, length: 16 << 10, hex: false }
    }
}

impl Symbols {
    /// Formats the value as GDB's `print` shows it: `{a = 1, b = 0x3ffb1234 <buffer+4>}`. A part that cannot be read is
    /// replaced by an error: `<error: Cannot access memory at address 0x0>`.
    #[must_use]
    pub fn format(&self, value: &Value, memory: &dyn ValueMemory, format: &ValueFormat) -> String {
        let steps = Cell::new(STEPS);
        let mut p = Printer { symbols: self, memory, format, steps: &steps, out: String::new() };
        p.value(value, format.depth);
        p.out
    }
}

pub(super) struct Printer<'a> {
    pub symbols: &'a Symbols,
    pub memory: &'a dyn ValueMemory,
    pub format: &'a ValueFormat,
    /// Values that may still be visited.
    steps: &'a Cell<u32>,
    pub out: String,
}

impl Printer<'_> {
    pub(super) fn full(&self) -> bool {
        self.out.len() >= self.format.length || self.steps.get() == 0
    }

    pub(super) fn value(&mut self, value: &Value, depth: usize) {
        if self.full() {
            if !self.out.ends_with("...") {
                self.out.push_str("...");
            }
            return;
        }
        self.steps.set(self.steps.get() - 1);
        if let Err(e) = self.try_value(value, depth) {
            let text = match e {
                SymbolError::OptimizedOut => "<optimized out>".into(),
                SymbolError::Memory(a) => format!("<error: Cannot access memory at address {a:#x}>"),
                other => format!("<error: {other}>"),
            };
            self.out.push_str(&text);
        }
    }

    fn try_value(&mut self, value: &Value, depth: usize) -> SymbolResult<()> {
        let ty = self.symbols.strip(value.ty)?;
        let resolved = self.symbols.resolve(ty)?;
        let text = match &*resolved {
            Type::Void => "void".into(),
            Type::Base { encoding, size, .. } => self.base(value, *encoding, *size)?,
            Type::Enum { variants, .. } => {
                let n = self.symbols.number(value, self.memory)?.to_int();
                enumerator(n, variants)
            }
            Type::Pointer { target, .. } => self.pointer(value, *target)?,
            Type::Function { .. } => {
                let addr = value.addr().ok_or(SymbolError::OptimizedOut)?;
                format!("{{{}}} {}", self.symbols.type_name(ty), self.address(addr))
            }
            Type::Record(record) if rust::is_rust(self.symbols, ty) => {
                return rust::record(self, value, ty, record, depth);
            }
            Type::Record(record) => return self.record(value, record, depth),
            Type::Array { .. } => return self.array(value, ty, depth),
            Type::Unknown { size, .. } => {
                let bytes = value.bytes(self.memory, (*size).min(64))?;
                bytes.iter().map(|b| format!("{b:02x}")).collect()
            }
            Type::Typedef { .. } | Type::Qualified { .. } => {
                return Err(SymbolError::Type("an endless type".into()));
            }
        };
        self.out.push_str(&text);
        Ok(())
    }

    fn base(&self, value: &Value, encoding: Encoding, size: u32) -> SymbolResult<String> {
        let number = self.symbols.number(value, self.memory)?;
        let hex = self.format.hex;
        Ok(match (number, encoding) {
            (Number::Float(f, double), _) => float(f, double),
            (Number::Int(n), Encoding::Boolean) if n == 0 || n == 1 => (n == 1).to_string(),
            (Number::Int(n), Encoding::SignedChar | Encoding::UnsignedChar) if !hex => text::character(n),
            (Number::Int(n), Encoding::Utf) => match u32::try_from(n).ok().and_then(char::from_u32) {
                Some(c) => format!("{n} {c:?}"),
                None => n.to_string(),
            },
            (Number::Int(n), _) if hex => {
                let mask = if size >= 16 { u128::MAX } else { (1 << (8 * size)) - 1 };
                format!("{:#x}", n as u128 & mask)
            }
            (Number::Int(n), _) => n.to_string(),
        })
    }

    /// Formats `0x3ffb1234 <name+4>`. A symbol without a size is used only in code and for the ROM's functions.
    pub(super) fn address(&self, addr: u32) -> String {
        let rom = || map::kind_at(addr) == Some(RegionKind::Rom);
        let code = || is_code(addr) && (rom() || self.symbols.owner(addr).is_some());
        let named = |s: &Symbol| s.size > 0 || s.kind == SymbolKind::Function || code();
        match self.symbols.symbol_at(addr).filter(|s| addr != 0 && named(s)) {
            Some(symbol) => format!("{addr:#x} <{}>", symbol.with_offset(addr)),
            None => format!("{addr:#x}"),
        }
    }

    fn pointer(&self, value: &Value, target: TypeId) -> SymbolResult<String> {
        let addr = self.symbols.number(value, self.memory)?.to_u32();
        let stripped = self.symbols.strip(target).unwrap_or(target);
        let is_char = matches!(self.symbols.resolve(stripped).as_deref(), Ok(Type::Base { encoding, size: 1, .. })
            if matches!(encoding, Encoding::SignedChar | Encoding::UnsignedChar));
        if !is_char || addr == 0 {
            return Ok(self.address(addr));
        }
        let mut bytes = vec![0; self.format.elements + 1];
        let n = self.memory.read(addr, &mut bytes);
        bytes.truncate(n);
        if n == 0 {
            return Ok(format!("{addr:#x} <error: Cannot access memory at address {addr:#x}>"));
        }
        Ok(format!("{} {}", self.address(addr), text::string(&bytes, self.format.elements)))
    }

    fn record(&mut self, value: &Value, record: &RecordType, depth: usize) -> SymbolResult<()> {
        let Some(depth) = depth.checked_sub(1) else {
            self.out.push_str("{...}");
            return Ok(());
        };
        if record.declaration {
            self.out.push_str("<incomplete type>");
            return Ok(());
        }
        self.out.push('{');
        for (n, member) in record.members.iter().enumerate() {
            if self.full() {
                self.out.push_str("...");
                break;
            }
            if n > 0 {
                self.out.push_str(", ");
            }
            match &member.name {
                _ if member.base => {
                    let name = self.symbols.type_name(member.ty);
                    self.out.push_str(&format!("<{name}> = "));
                }
                Some(name) => self.out.push_str(&format!("{name} = ")),
                None => {}
            }
            self.value(&value.part(member.offset, member.ty, member.bits), depth);
        }
        self.out.push('}');
        Ok(())
    }

    fn array(&mut self, value: &Value, ty: TypeId, depth: usize) -> SymbolResult<()> {
        /// Most bytes of text that are searched for repeats: GDB's max-value-size.
        const TEXT: u32 = 1 << 16;
        let (element, size) = self.symbols.element(ty)?;
        let count = self.symbols.length(ty)?;
        let stripped = self.symbols.strip(element)?;
        if let Type::Base { size: 1, encoding: Encoding::SignedChar | Encoding::UnsignedChar, .. } =
            &*self.symbols.resolve(stripped)?
            && !self.format.hex
            && !rust::is_rust(self.symbols, stripped)
        {
            let bytes = value.bytes(self.memory, count.min(TEXT))?;
            self.out.push_str(&text::array(&bytes, self.format.elements, count > TEXT));
            return Ok(());
        }
        let (open, close) = if rust::is_rust(self.symbols, stripped) { ('[', ']') } else { ('{', '}') };
        let Some(depth) = depth.checked_sub(1) else {
            self.out.push_str(&format!("{open}...{close}"));
            return Ok(());
        };
        self.out.push(open);
        self.elements(value, (element, size), count, depth);
        self.out.push(close);
        Ok(())
    }

    /// Prints elements with commas between them; equal neighbours are counted.
    fn elements(&mut self, value: &Value, (element, size): (TypeId, u32), count: u32, depth: usize) {
        let (mut n, mut things) = (0, 0);
        while n < count && things < self.format.elements && !self.full() {
            self.out.push_str(if n > 0 { ", " } else { "" });
            self.value(&value.part(n.wrapping_mul(size), element, None), depth);
            let repeats = self.repeats(value, size, n, count);
            if repeats as usize > text::REPEATS {
                self.out.push_str(&format!(" <repeats {repeats} times>"));
                (n, things) = (n + repeats, things + text::REPEATS);
            } else {
                (n, things) = (n + 1, things + 1);
            }
        }
        if n < count && !self.out.ends_with("...") {
            self.out.push_str("...");
        }
    }

    /// Returns the number of elements from number `n` on that have the same bytes.
    fn repeats(&self, value: &Value, size: u32, n: u32, count: u32) -> u32 {
        let bytes = |n: u32| value.part(n.wrapping_mul(size), value.ty, None).bytes(self.memory, size).ok();
        let Some(first) = bytes(n) else { return 1 };
        let mut end = n + 1;
        while end < count && self.steps.get() > 0 && bytes(end).as_ref() == Some(&first) {
            self.steps.set(self.steps.get() - 1);
            end += 1;
        }
        end - n
    }
}

/// Returns a name, names joined by `|`, or the number.
fn enumerator(n: i128, variants: &[(String, i64)]) -> String {
    if let Some(found) = variants.iter().find(|v| i128::from(v.1) == n) {
        return found.0.clone();
    }
    let flags = variants.iter().all(|v| v.1 >= 0 && (v.1 & v.1.wrapping_sub(1)) == 0);
    if !flags || n <= 0 {
        return n.to_string();
    }
    let mut left = n;
    let mut names = Vec::new();
    for v in variants.iter().filter(|v| v.1 != 0) {
        if left & i128::from(v.1) != 0 {
            names.push(v.0.clone());
            left &= !i128::from(v.1);
        }
    }
    match (names.is_empty(), left) {
        (true, _) => format!("(unknown: {n:#x})"),
        (false, 0) => format!("({})", names.join(" | ")),
        _ => format!("({} | unknown: {left:#x})", names.join(" | ")),
    }
}

impl Symbols {
    /// Returns the number of elements in the first dimension of an array.
    ///
    /// # Errors
    /// [`SymbolError::Type`] if it is not an array.
    pub fn length(&self, ty: TypeId) -> SymbolResult<u32> {
        let stripped = self.strip(ty)?;
        match &*self.resolve(stripped)? {
            Type::Array { dims, .. } => Ok(dims.first().copied().flatten().unwrap_or(0)),
            _ => Err(SymbolError::Type(format!("{} is not an array", self.type_name(ty)))),
        }
    }
}
