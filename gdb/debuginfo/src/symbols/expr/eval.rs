//! Evaluates expression trees.

use super::super::error::{SymbolError, SymbolResult};
use super::super::set::Symbols;
use super::super::types::{Encoding, Type, TypeId};
use super::super::values::{FrameContext, Number, Value, ValueMemory, ValuePlace};
use super::parse::Tree;

pub(super) struct Eval<'a> {
    pub symbols: &'a Symbols,
    pub memory: &'a dyn ValueMemory,
    pub frame: Option<(&'a dyn FrameContext, usize)>,
}

impl Eval<'_> {
    pub(super) fn value(&self, tree: &Tree) -> SymbolResult<Value> {
        match tree {
            Tree::Name(name) => self.name(name),
            Tree::Register(name) => self.register(name),
            Tree::Number(n) => Ok(self.int(*n)),
            Tree::Float(f) => Ok(Value::computed(self.double(), &f.to_le_bytes())),
            Tree::Unary("*", inner) => {
                let value = self.value(inner)?;
                match self.is_plain_number(&value)? {
                    // As in GDB, `*` with a number reads a word.
                    true => Ok(Value::at(self.word(), self.symbols.number(&value, self.memory)?.to_u32())),
                    false => self.symbols.deref(&value, self.memory),
                }
            }
            Tree::Unary("&", inner) => {
                let value = self.value(inner)?;
                let addr = value.addr().filter(|_| value.bits.is_none());
                let addr = addr.ok_or_else(|| {
                    SymbolError::Type("attempt to take address of value not located in memory".into())
                })?;
                Ok(Value::computed(self.symbols.pointer_to(value.ty), &addr.to_le_bytes()))
            }
            Tree::Unary("sizeof", inner) => Ok(self.int(self.symbols.size_of(self.value(inner)?.ty)?.into())),
            Tree::Unary(op, inner) => self.unary(op, &self.value(inner)?),
            Tree::Binary(op, left, right) => self.binary(op, &self.value(left)?, &self.value(right)?),
            Tree::Member(inner, name) => {
                let value = self.value(inner)?;
                // As in GDB, `p.x` is accepted for `p->x`.
                let ty = self.symbols.strip(value.ty)?;
                let is_pointer = matches!(&*self.symbols.resolve(ty)?, Type::Pointer { .. });
                let value = if is_pointer { self.symbols.deref(&value, self.memory)? } else { value };
                self.symbols.member_of(&value, name)
            }
            Tree::Index(inner, index) => self.index(&self.value(inner)?, &self.value(index)?),
            Tree::Cast(ty, inner) => self.cast(*ty, &self.value(inner)?),
            Tree::Size(ty) => Ok(self.int(self.symbols.size_of(*ty)?.into())),
        }
    }

    fn name(&self, name: &str) -> SymbolResult<Value> {
        if let Some((frame, level)) = self.frame
            && let Some(local) =
                self.symbols.locals_at(frame.pc(), level).into_iter().find(|l| l.name == name)
        {
            return self.symbols.local_value(&local, frame);
        }
        if let Some(v) = self.symbols.variable(name) {
            return Ok(Value::at(v.ty, v.addr));
        }
        if let Some(n) = self.symbols.enumerator(name) {
            return Ok(self.int(n.into()));
        }
        let symbol = self.symbols.symbol(name).ok_or_else(|| SymbolError::NoSymbol(name.into()))?;
        let ty = if symbol.kind == super::super::SymbolKind::Object { self.word() } else { self.code() };
        Ok(Value::at(ty, symbol.addr))
    }

    fn register(&self, name: &str) -> SymbolResult<Value> {
        let none = || SymbolError::Frame(format!("${name}"));
        let (frame, _) = self.frame.ok_or_else(none)?;
        if name == "pc" {
            return Ok(Value::computed(self.word(), &frame.pc().to_le_bytes()));
        }
        let number = match name {
            "sp" => 1,
            _ => name.strip_prefix('a').and_then(|n| n.parse().ok()).filter(|n| *n < 16).ok_or_else(none)?,
        };
        let word = frame.named(number).ok_or_else(none)?;
        Ok(Value { ty: self.word(), place: ValuePlace::Register(number, word), bits: None })
    }

    fn base(&self, name: &str, encoding: Encoding, size: u32) -> TypeId {
        self.symbols.intern(Type::Base { name: name.into(), encoding, size })
    }

    fn word(&self) -> TypeId {
        self.base("unsigned int", Encoding::Unsigned, 4)
    }

    fn double(&self) -> TypeId {
        self.base("double", Encoding::Float, 8)
    }

    fn code(&self) -> TypeId {
        let returns = self.symbols.intern(Type::Void);
        self.symbols.intern(Type::Function { returns, params: Vec::new(), variadic: true, prototyped: true })
    }

    /// Returns a number in the smallest C type that holds it.
    fn int(&self, n: i128) -> Value {
        if i32::try_from(n).is_ok() {
            return Value::computed(self.base("int", Encoding::Signed, 4), &(n as i32).to_le_bytes());
        }
        if u32::try_from(n).is_ok() {
            return Value::computed(self.word(), &(n as u32).to_le_bytes());
        }
        let signed = i64::try_from(n).is_ok();
        let ty = match signed {
            true => self.base("long long int", Encoding::Signed, 8),
            false => self.base("long long unsigned int", Encoding::Unsigned, 8),
        };
        Value::computed(ty, &(n as u64).to_le_bytes())
    }

    fn is_plain_number(&self, value: &Value) -> SymbolResult<bool> {
        let ty = self.symbols.strip(value.ty)?;
        Ok(matches!(&*self.symbols.resolve(ty)?, Type::Base { .. } | Type::Enum { .. }))
    }

    fn number(&self, value: &Value) -> SymbolResult<Number> {
        match self.symbols.array_start(value)? {
            Some(addr) => Ok(Number::Int(addr.into())),
            None => self.symbols.number(value, self.memory),
        }
    }

    fn unary(&self, op: &str, value: &Value) -> SymbolResult<Value> {
        let number = self.number(value)?;
        if let (Number::Float(f, _), "-" | "+") = (number, op) {
            let f = if op == "-" { -f } else { f };
            return Ok(Value::computed(self.double(), &f.to_le_bytes()));
        }
        let n = number.to_int();
        Ok(match op {
            "-" => self.int(n.wrapping_neg()),
            "~" => self.int(if i32::try_from(n).is_ok() { !n } else { !n & 0xFFFF_FFFF }),
            "!" => self.int((number.to_float() == 0.0).into()),
            _ => self.int(n),
        })
    }

    fn index(&self, base: &Value, index: &Value) -> SymbolResult<Value> {
        let (element, size) = self.symbols.element(base.ty)?;
        let offset = (self.number(index)?.to_int() as u32).wrapping_mul(size);
        let ty = self.symbols.strip(base.ty)?;
        if matches!(&*self.symbols.resolve(ty)?, Type::Array { .. }) {
            return Ok(base.part(offset, element, None));
        }
        let addr = self.number(base)?.to_u32();
        Ok(Value::at(element, addr.wrapping_add(offset)))
    }

    fn cast(&self, ty: TypeId, value: &Value) -> SymbolResult<Value> {
        let stripped = self.symbols.strip(ty)?;
        let number = || self.number(value);
        let size = self.symbols.size_of(stripped)?.min(16) as usize;
        let bytes = match &*self.symbols.resolve(stripped)? {
            Type::Base { encoding: Encoding::Float, size: 4, .. } => {
                (number()?.to_float() as f32).to_le_bytes().to_vec()
            }
            Type::Base { encoding: Encoding::Float, .. } => number()?.to_float().to_le_bytes().to_vec(),
            Type::Base { encoding: Encoding::Boolean, .. } => vec![(number()?.to_int() != 0).into()],
            Type::Base { .. } | Type::Pointer { .. } | Type::Enum { .. } => {
                number()?.to_int().to_le_bytes()[..size].to_vec()
            }
            Type::Void => Vec::new(),
            _ => {
                return value
                    .addr()
                    .map(|a| Value::at(ty, a))
                    .ok_or(SymbolError::Type("invalid cast".into()));
            }
        };
        Ok(Value::computed(ty, &bytes))
    }

    fn binary(&self, op: &'static str, left: &Value, right: &Value) -> SymbolResult<Value> {
        if op == "@" {
            return self.repeat(left, right);
        }
        if let ("+" | "-", Some(v)) = (op, self.pointer_arithmetic(op, left, right)?) {
            return Ok(v);
        }
        let (l, r) = (self.number(left)?, self.number(right)?);
        if matches!(l, Number::Float(..)) || matches!(r, Number::Float(..)) {
            return self.float(op, l.to_float(), r.to_float());
        }
        let (l, r) = (l.to_int(), r.to_int());
        let zero = || SymbolError::Type("division by zero".into());
        let shift = |r: i128| {
            u32::try_from(r).ok().filter(|n| *n < 64).ok_or(SymbolError::Type("shift too large".into()))
        };
        Ok(self.int(match op {
            "+" => l.wrapping_add(r),
            "-" => l.wrapping_sub(r),
            "*" => l.wrapping_mul(r),
            "/" => l.checked_div(r).ok_or_else(zero)?,
            "%" => l.checked_rem(r).ok_or_else(zero)?,
            "<<" => l << shift(r)?,
            ">>" => l >> shift(r)?,
            "&" => l & r,
            "|" => l | r,
            "^" => l ^ r,
            "&&" => (l != 0 && r != 0).into(),
            "||" => (l != 0 || r != 0).into(),
            _ => compare(op, l.partial_cmp(&r)).into(),
        }))
    }

    fn float(&self, op: &str, l: f64, r: f64) -> SymbolResult<Value> {
        let f = match op {
            "+" => l + r,
            "-" => l - r,
            "*" => l * r,
            "/" => l / r,
            "&&" => return Ok(self.int((l != 0.0 && r != 0.0).into())),
            "||" => return Ok(self.int((l != 0.0 || r != 0.0).into())),
            "==" | "!=" | "<" | ">" | "<=" | ">=" => {
                return Ok(self.int(compare(op, l.partial_cmp(&r)).into()));
            }
            _ => return Err(SymbolError::Type(format!("{op} is not defined for floating point"))),
        };
        Ok(Value::computed(self.double(), &f.to_le_bytes()))
    }

    /// Computes `p + n`, `p - n`, `p - q`; returns `None` if no pointer is involved.
    fn pointer_arithmetic(&self, op: &str, left: &Value, right: &Value) -> SymbolResult<Option<Value>> {
        let step = |v: &Value| self.symbols.element(v.ty).ok();
        let at = |v: &Value| Ok::<_, SymbolError>(self.number(v)?.to_u32());
        let moved =
            |target, addr: u32| Some(Value::computed(self.symbols.pointer_to(target), &addr.to_le_bytes()));
        Ok(match (step(left), step(right), op) {
            (Some((_, size)), Some(_), "-") => {
                let distance = at(left)?.wrapping_sub(at(right)?) as i32;
                Some(self.int(i128::from(distance) / i128::from(size.max(1))))
            }
            (Some((target, size)), None, _) => {
                let by = at(right)?.wrapping_mul(size);
                let by = if op == "-" { by.wrapping_neg() } else { by };
                moved(target, at(left)?.wrapping_add(by))
            }
            (None, Some((target, size)), "+") => {
                moved(target, at(right)?.wrapping_add(at(left)?.wrapping_mul(size)))
            }
            _ => None,
        })
    }

    /// Evaluates GDB's `first@count`: an array that begins with `first`.
    fn repeat(&self, first: &Value, count: &Value) -> SymbolResult<Value> {
        let addr = first
            .addr()
            .ok_or_else(|| SymbolError::Type("only values in memory can be extended with '@'".into()))?;
        let n = u32::try_from(self.number(count)?.to_int()).ok().filter(|n| *n > 0);
        let n = n.ok_or_else(|| SymbolError::Type("invalid number of repetitions".into()))?;
        let ty = self.symbols.intern(Type::Array { element: first.ty, dims: vec![Some(n)] });
        Ok(Value::at(ty, addr))
    }
}

fn compare(op: &str, order: Option<std::cmp::Ordering>) -> bool {
    match op {
        "==" => order.is_some_and(|o| o.is_eq()),
        "!=" => order.is_none_or(|o| o.is_ne()),
        "<" => order.is_some_and(|o| o.is_lt()),
        ">" => order.is_some_and(|o| o.is_gt()),
        "<=" => order.is_some_and(|o| o.is_le()),
        _ => order.is_some_and(|o| o.is_ge()),
    }
}
