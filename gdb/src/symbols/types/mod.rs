//! Types as the debug information describes them.

mod parse;
mod path;
mod print;

pub(super) use parse::parse;

/// A type of one of the loaded files; only meaningful to the [`Symbols`](super::Symbols) it came from.
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
        /// How its bytes are read.
        encoding: Encoding,
        /// Bytes.
        size: u32,
    },
    /// An address of something; references count.
    Pointer {
        /// Name, where the language gives one (Rust's `&str`-like ones do).
        name: Option<String>,
        /// What it points to.
        target: TypeId,
        /// How the language spells it.
        kind: PointerKind,
        /// Bytes.
        size: u32,
    },
    /// Structure, union or class.
    Record(Record),
    /// Elements of one type in a row.
    Array {
        /// Their type.
        element: TypeId,
        /// Number of elements, outermost dimension first; `None`: open.
        dims: Vec<Option<u32>>,
    },
    /// Named numbers.
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
    /// Another name.
    Typedef {
        /// The name.
        name: String,
        /// For what.
        target: TypeId,
    },
    /// Code.
    Function {
        /// What it gives back.
        returns: TypeId,
        /// What it takes.
        params: Vec<TypeId>,
        /// More may follow.
        variadic: bool,
        /// The parameters are known: not C's `f()`.
        prototyped: bool,
    },
    /// `const`, `volatile` and the like.
    Qualified {
        /// The word.
        qualifier: &'static str,
        /// Of what.
        target: TypeId,
    },
    /// Something this program does not read.
    Unknown {
        /// The tag's name.
        tag: String,
        /// Bytes; 0 where it does not say.
        size: u32,
    },
}

/// How the bytes of a base type are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Two's complement.
    Signed,
    /// Without sign.
    Unsigned,
    /// A C character.
    SignedChar,
    /// A C character without sign, an octet.
    UnsignedChar,
    /// A Unicode character.
    Utf,
    /// False or true.
    Boolean,
    /// IEEE 754.
    Float,
    /// Something else.
    Other,
}

/// How a pointer is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointerKind {
    /// `*`
    Pointer,
    /// `&`
    Reference,
    /// `&&`
    RvalueReference,
}

/// What a record is called in the language.
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
pub struct Record {
    /// Which of them.
    pub kind: RecordKind,
    /// Tag, if it has one.
    pub name: Option<String>,
    /// Bytes.
    pub size: u32,
    /// Only declared here.
    pub declaration: bool,
    /// What it is made of, base classes included.
    pub members: Vec<Member>,
    /// Rust's enums: which members there are depends on a value.
    pub variants: Option<Variants>,
}

/// A part of a record.
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

/// The alternatives of a Rust enum.
#[derive(Clone, Debug, PartialEq)]
pub struct Variants {
    /// What tells them apart; `None` when there is only one.
    pub discriminant: Option<Member>,
    /// (value of the discriminant; `None`: all others, the alternative).
    pub cases: Vec<(Option<i64>, Member)>,
}
