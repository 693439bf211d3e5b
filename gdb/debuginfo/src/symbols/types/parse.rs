//! Reads types from DIEs.

use super::super::die::{Die, Dies, constant};
use super::super::error::{SymbolError, SymbolResult};
use super::{Encoding, Member, PointerKind, RecordKind, RecordType, Type, TypeId, Variants};
use gimli::{AttributeValue, constants};

/// Most DIEs below a type's: the largest real enums and structures have a few thousand.
const MOST: usize = 1 << 17;

/// Reads the type at `id` of the file that `dies` reads.
pub(in super::super) fn parse(dies: &Dies<'_>, id: TypeId) -> SymbolResult<Type> {
    if id.die == 0 {
        return Ok(Type::Void);
    }
    let die = dies.get(id.die)?;
    Parse { dies, elf: id.elf }.any(&die)
}

struct Parse<'s, 'a> {
    dies: &'s Dies<'a>,
    elf: u16,
}

impl<'a> Parse<'_, 'a> {
    fn any(&self, die: &Die<'a>) -> SymbolResult<Type> {
        use constants as c;
        Ok(match die.tag {
            c::DW_TAG_base_type => self.base(die),
            c::DW_TAG_pointer_type => self.pointer(die, PointerKind::Pointer),
            c::DW_TAG_reference_type => self.pointer(die, PointerKind::Reference),
            c::DW_TAG_rvalue_reference_type => self.pointer(die, PointerKind::RvalueReference),
            c::DW_TAG_structure_type => self.record(die, RecordKind::Struct)?,
            c::DW_TAG_union_type => self.record(die, RecordKind::Union)?,
            c::DW_TAG_class_type => self.record(die, RecordKind::Class)?,
            c::DW_TAG_array_type => self.array(die)?,
            c::DW_TAG_enumeration_type => self.enumeration(die)?,
            c::DW_TAG_typedef => {
                Type::Typedef { name: self.name(die).unwrap_or_else(|| "?".into()), target: self.target(die) }
            }
            c::DW_TAG_subroutine_type | c::DW_TAG_subprogram => self.function(die)?,
            c::DW_TAG_const_type => self.qualified(die, "const"),
            c::DW_TAG_volatile_type => self.qualified(die, "volatile"),
            c::DW_TAG_restrict_type => self.qualified(die, "restrict"),
            c::DW_TAG_atomic_type => self.qualified(die, "_Atomic"),
            tag => Type::Unknown { tag: tag.to_string(), size: self.size(die) },
        })
    }

    fn target(&self, die: &Die<'a>) -> TypeId {
        TypeId { elf: self.elf, die: self.dies.type_of(die).unwrap_or(0) }
    }

    fn name(&self, die: &Die<'a>) -> Option<String> {
        self.dies.name(die).map(String::from)
    }

    fn size(&self, die: &Die<'a>) -> u32 {
        die.number(constants::DW_AT_byte_size).and_then(|n| u32::try_from(n).ok()).unwrap_or(0)
    }

    fn qualified(&self, die: &Die<'a>, qualifier: &'static str) -> Type {
        Type::Qualified { qualifier, target: self.target(die) }
    }

    fn base(&self, die: &Die<'a>) -> Type {
        let encoding = match die.attr(constants::DW_AT_encoding) {
            Some(AttributeValue::Encoding(e)) => match e {
                constants::DW_ATE_signed => Encoding::Signed,
                constants::DW_ATE_unsigned => Encoding::Unsigned,
                constants::DW_ATE_signed_char => Encoding::SignedChar,
                constants::DW_ATE_unsigned_char => Encoding::UnsignedChar,
                constants::DW_ATE_UTF | constants::DW_ATE_UCS | constants::DW_ATE_ASCII => Encoding::Utf,
                constants::DW_ATE_boolean => Encoding::Boolean,
                constants::DW_ATE_float => Encoding::Float,
                _ => Encoding::Other,
            },
            _ => Encoding::Other,
        };
        Type::Base { name: self.name(die).unwrap_or_default(), encoding, size: self.size(die) }
    }

    fn pointer(&self, die: &Die<'a>, kind: PointerKind) -> Type {
        let size = if die.attr(constants::DW_AT_byte_size).is_some() { self.size(die) } else { 4 };
        Type::Pointer { name: self.name(die), target: self.target(die), kind, size }
    }

    fn function(&self, die: &Die<'a>) -> SymbolResult<Type> {
        let children = self.dies.children(die, MOST)?;
        let params = children.iter().filter(|c| c.tag == constants::DW_TAG_formal_parameter);
        let params = params.map(|p| self.target(p)).collect();
        let variadic = children.iter().any(|c| c.tag == constants::DW_TAG_unspecified_parameters);
        let c = self.dies.elf.unit_of(die.offset)?.is_c();
        let prototyped = !c || die.flag(constants::DW_AT_prototyped);
        Ok(Type::Function { returns: self.target(die), params, variadic, prototyped })
    }

    fn array(&self, die: &Die<'a>) -> SymbolResult<Type> {
        let mut dims = Vec::new();
        for child in self.dies.children(die, MOST)? {
            if !matches!(child.tag, constants::DW_TAG_subrange_type | constants::DW_TAG_enumeration_type) {
                continue;
            }
            let lower = child.number(constants::DW_AT_lower_bound).unwrap_or(0);
            let by_bound = || {
                // The upper bound of an array without elements is -1, also in an unsigned form.
                let upper = constant(&child, constants::DW_AT_upper_bound)?;
                let upper = if upper == i64::from(u32::MAX) { -1 } else { upper };
                u64::try_from(upper.checked_add(1)?).ok()?.checked_sub(lower)
            };
            let count = child.number(constants::DW_AT_count).or_else(by_bound);
            let has_any = child.attr(constants::DW_AT_upper_bound).is_some();
            dims.push(match count {
                Some(n) => u32::try_from(n & 0xFFFF_FFFF).ok(),
                None => has_any.then_some(0),
            });
        }
        Ok(Type::Array { element: self.target(die), dims })
    }

    fn enumeration(&self, die: &Die<'a>) -> SymbolResult<Type> {
        let children = self.dies.children(die, MOST)?;
        let variants = children.iter().filter(|c| c.tag == constants::DW_TAG_enumerator);
        let variants =
            variants.filter_map(|v| Some((self.name(v)?, constant(v, constants::DW_AT_const_value)?)));
        Ok(Type::Enum {
            name: self.name(die),
            size: self.size(die),
            variants: variants.collect(),
            declaration: die.flag(constants::DW_AT_declaration),
        })
    }

    fn record(&self, die: &Die<'a>, kind: RecordKind) -> SymbolResult<Type> {
        let mut record = RecordType {
            kind,
            name: self.name(die),
            size: self.size(die),
            declaration: die.flag(constants::DW_AT_declaration),
            members: Vec::new(),
            variants: None,
        };
        for child in self.dies.children(die, MOST)? {
            match child.tag {
                constants::DW_TAG_member if !child.flag(constants::DW_AT_external) => {
                    record.members.push(self.member(&child)?);
                }
                constants::DW_TAG_inheritance => {
                    record.members.push(Member { base: true, ..self.member(&child)? });
                }
                constants::DW_TAG_variant_part => record.variants = Some(self.variants(&child)?),
                _ => {}
            }
        }
        Ok(Type::Record(record))
    }

    fn variants(&self, part: &Die<'a>) -> SymbolResult<Variants> {
        let discriminant = match self.dies.reference(part, constants::DW_AT_discr) {
            Some(at) => Some(self.member(&self.dies.get(at)?)?),
            None => None,
        };
        let mut cases = Vec::new();
        for variant in self.dies.children(part, MOST)? {
            if variant.tag != constants::DW_TAG_variant {
                continue;
            }
            let members = self.dies.children(&variant, MOST)?;
            if let Some(member) = members.iter().find(|m| m.tag == constants::DW_TAG_member) {
                cases.push((constant(&variant, constants::DW_AT_discr_value), self.member(member)?));
            }
        }
        Ok(Variants { discriminant, cases })
    }

    fn member(&self, die: &Die<'a>) -> SymbolResult<Member> {
        let ty = self.target(die);
        let offset = self.offset(die)?;
        let small = |n: u64| {
            u32::try_from(n).map_err(|_| SymbolError::dwarf(die.offset as usize, "a member too far out"))
        };
        let bits = die.number(constants::DW_AT_bit_size);
        let Some(size) = bits else {
            return Ok(Member { name: self.name(die), ty, offset: small(offset)?, bits: None, base: false });
        };
        let far = || SymbolError::dwarf(die.offset as usize, "a bit field too far out");
        let first = if let Some(bit) = die.number(constants::DW_AT_data_bit_offset) {
            bit
        } else {
            // DWARF 2 and 3 count from the top bit of the storage unit.
            let from_top = die.number(constants::DW_AT_bit_offset).unwrap_or(0);
            let unit = die.number(constants::DW_AT_byte_size).unwrap_or(4);
            let low = unit.checked_mul(8).and_then(|b| b.checked_sub(from_top.checked_add(size)?));
            let at = offset.checked_mul(8).ok_or_else(far)?;
            low.and_then(|l| l.checked_add(at)).ok_or_else(far)?
        };
        let bits = Some(((first % 8) as u32, small(size)?));
        Ok(Member { name: self.name(die), ty, offset: small(first / 8)?, bits, base: false })
    }

    /// Returns a member's offset in bytes: a number, or in DWARF 2 an expression that adds one.
    fn offset(&self, die: &Die<'a>) -> SymbolResult<u64> {
        match die.attr(constants::DW_AT_data_member_location) {
            None => Ok(0),
            Some(AttributeValue::Exprloc(e)) => {
                let encoding = self.dies.unit(die.offset)?.encoding();
                match e.operations(encoding).next() {
                    Ok(Some(gimli::Operation::PlusConstant { value })) => Ok(value),
                    Ok(Some(gimli::Operation::UnsignedConstant { value })) => Ok(value),
                    // A virtual base class: its offset is only stored in the object.
                    _ => Ok(0),
                }
            }
            Some(v) => {
                v.udata_value().ok_or_else(|| SymbolError::dwarf(die.offset as usize, "no member offset"))
            }
        }
    }
}
