//! Types as the debug information describes them.

mod parse;
mod path;
mod print;

pub(super) use parse::parse;

/// A type of one of the loaded files; only valid for the [`Symbols`](super::Symbols) it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId {
    /// Number of the file.
    pub(super) elf: u16,
    /// Offset of its DIE in `.debug_info`; 0 is `void`.
    pub(super) die: u32,
}

/// A type.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// No value.
    Void,
    /// A number, character or truth value.
    Base {
        /// Name in the language.
        name: String,
        /// Encoding of its bytes.
        encoding: Encoding,
        /// Bytes.
        size: u32,
    },
    /// A pointer or reference.
    Pointer {
        /// Name, if the language gives one (Rust's `&str`-like ones have one).
        name: Option<String>,
        /// Target type.
        target: TypeId,
        /// Notation in the language.
        kind: PointerKind,
        /// Bytes.
        size: u32,
    },
    /// Structure, union or class.
    Record(RecordType),
    /// Array.
    Array {
        /// Element type.
        element: TypeId,
        /// Number of elements, outermost dimension first; `None`: unspecified.
        dims: Vec<Option<u32>>,
    },
    /// Enumeration.
    Enum {
        /// Tag, if it has one.
        name: Option<String>,
        /// Bytes.
        size: u32,
        /// Names and numbers.
        variants: Vec<(String, i64)>,
        /// Only declared here.
        declaration: bool,
    },
    /// Alias.
    Typedef {
        /// The name.
        name: String,
        /// The aliased type.
        target: TypeId,
    },
    /// Function.
    Function {
        /// Return type.
        returns: TypeId,
        /// Parameter types.
        params: Vec<TypeId>,
        /// Takes further arguments.
        variadic: bool,
        /// The parameters are known, unlike those of C's `f()`.
        prototyped: bool,
    },
    /// `const`, `volatile` and the like.
    Qualified {
        /// The qualifier.
        qualifier: &'static str,
        /// The qualified type.
        target: TypeId,
    },
    /// A type that this program does not support.
    Unknown {
        /// The tag's name.
        tag: String,
        /// Bytes; 0 if unknown.
        size: u32,
    },
}

/// Encoding of the bytes of a base type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Two's complement.
    Signed,
    /// Without sign.
    Unsigned,
    /// A C character.
    SignedChar,
    /// An unsigned C character, an octet.
    UnsignedChar,
    /// A Unicode character.
    Utf,
    /// False or true.
    Boolean,
    /// IEEE 754.
    Float,
    /// Any other encoding.
    Other,
}

/// Notation of a pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointerKind {
    /// `*`
    Pointer,
    /// `&`
    Reference,
    /// `&&`
    RvalueReference,
}

/// Keyword of a record in the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// `struct`
    Struct,
    /// `union`
    Union,
    /// `class`
    Class,
}

/// Structure, union or class.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordType {
    /// Its keyword.
    pub kind: RecordKind,
    /// Tag, if it has one.
    pub name: Option<String>,
    /// Bytes.
    pub size: u32,
    /// Only declared here.
    pub declaration: bool,
    /// Members, base classes included.
    pub members: Vec<Member>,
    /// Cases of a Rust enum: the members that exist depend on a discriminant.
    pub variants: Option<Variants>,
}

/// A member of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Name; `None`: its members count as the record's own.
    pub name: Option<String>,
    /// Its type.
    pub ty: TypeId,
    /// Bytes from the record's start.
    pub offset: u32,
    /// A bit field: (lowest bit, counted from `offset`'s byte, number of bits).
    pub bits: Option<(u32, u32)>,
    /// A base class.
    pub base: bool,
}

/// The cases of a Rust enum.
#[derive(Clone, Debug, PartialEq)]
pub struct Variants {
    /// Member that selects the case; `None` if there is only one.
    pub discriminant: Option<Member>,
    /// Value of the discriminant (`None`: all others) and member, for each case.
    pub cases: Vec<(Option<i64>, Member)>,
}
