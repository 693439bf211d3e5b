//! Parses tokens to a tree.

use super::super::error::{SymbolError, SymbolResult};
use super::super::set::Symbols;
use super::super::types::{PointerKind, Type, TypeId};
use super::lex::Token;

/// Deepest nesting, which limits the use of the stack.
const DEPTH: usize = 100;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree {
    Name(String),
    Register(String),
    Number(i128),
    Float(f64),
    Unary(&'static str, Box<Tree>),
    Binary(&'static str, Box<Tree>, Box<Tree>),
    Member(Box<Tree>, String),
    Index(Box<Tree>, Box<Tree>),
    Cast(TypeId, Box<Tree>),
    Size(TypeId),
}

pub(super) fn parse(symbols: &Symbols, tokens: &[Token]) -> SymbolResult<Tree> {
    let mut p = Parser { symbols, tokens, at: 0 };
    let tree = p.binary(0, DEPTH)?;
    if p.at < tokens.len() { Err(p.error()) } else { Ok(tree) }
}

/// Operators by rising precedence.
const LEVELS: [&[&str]; 11] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<", ">", "<=", ">="],
    &["@"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

struct Parser<'a> {
    symbols: &'a Symbols,
    tokens: &'a [Token],
    at: usize,
}

impl Parser<'_> {
    fn error(&self) -> SymbolError {
        match self.tokens.get(self.at) {
            Some(Token::Name(n)) => SymbolError::Syntax(format!("a syntax error near \"{n}\"")),
            Some(Token::Op(op)) => SymbolError::Syntax(format!("a syntax error near \"{op}\"")),
            Some(_) => SymbolError::Syntax("a syntax error in the expression".into()),
            None => SymbolError::Syntax("the expression ends too early".into()),
        }
    }

    fn op(&mut self, ops: &[&'static str]) -> Option<&'static str> {
        let Some(Token::Op(op)) = self.tokens.get(self.at) else { return None };
        ops.contains(op).then(|| {
            self.at += 1;
            *op
        })
    }

    fn expect(&mut self, op: &'static str) -> SymbolResult<()> {
        self.op(&[op]).map(|_| ()).ok_or_else(|| self.error())
    }

    fn binary(&mut self, level: usize, depth: usize) -> SymbolResult<Tree> {
        let Some(ops) = LEVELS.get(level) else { return self.unary(depth) };
        let mut left = self.binary(level + 1, depth)?;
        let mut chain = 0;
        while let Some(op) = self.op(ops) {
            chain += 1;
            // A long chain makes a tree as deep as brackets do.
            if chain > DEPTH {
                return Err(SymbolError::Syntax("the expression is too deep".into()));
            }
            let right = self.binary(level + 1, depth)?;
            left = Tree::Binary(op, left.into(), right.into());
        }
        Ok(left)
    }

    fn unary(&mut self, depth: usize) -> SymbolResult<Tree> {
        let depth =
            depth.checked_sub(1).ok_or_else(|| SymbolError::Syntax("the expression is too deep".into()))?;
        if let Some(op) = self.op(&["*", "&", "-", "+", "~", "!"]) {
            return Ok(Tree::Unary(op, self.unary(depth)?.into()));
        }
        if self.tokens.get(self.at) == Some(&Token::Name("sizeof".into())) {
            self.at += 1;
            if let Some(ty) = self.bracketed_type()? {
                return Ok(Tree::Size(ty));
            }
            return Ok(Tree::Unary("sizeof", self.unary(depth)?.into()));
        }
        if let Some(ty) = self.bracketed_type()? {
            return Ok(Tree::Cast(ty, self.unary(depth)?.into()));
        }
        self.postfix(depth)
    }

    fn postfix(&mut self, depth: usize) -> SymbolResult<Tree> {
        let mut tree = self.primary(depth)?;
        let mut chain = 0;
        while let Some(op) = self.op(&[".", "->", "["]) {
            chain += 1;
            if chain > DEPTH {
                return Err(SymbolError::Syntax("the expression is too deep".into()));
            }
            tree = if op == "[" {
                let index = self.binary(0, depth)?;
                self.expect("]")?;
                Tree::Index(tree.into(), index.into())
            } else {
                let name = match self.tokens.get(self.at) {
                    Some(Token::Name(n)) => n.clone(),
                    // Members of Rust's tuples.
                    Some(Token::Number(n)) => format!("__{n}"),
                    _ => return Err(self.error()),
                };
                self.at += 1;
                let inner = if op == "->" { Tree::Unary("*", tree.into()) } else { tree };
                Tree::Member(inner.into(), name)
            };
        }
        Ok(tree)
    }

    fn primary(&mut self, depth: usize) -> SymbolResult<Tree> {
        let token = self.tokens.get(self.at).cloned().ok_or_else(|| self.error())?;
        let tree = match token {
            Token::Name(n) => Tree::Name(n),
            Token::Register(n) => Tree::Register(n),
            Token::Number(n) => Tree::Number(n),
            Token::Float(f) => Tree::Float(f),
            Token::Op("(") => {
                self.at += 1;
                let tree = self.binary(0, depth)?;
                self.expect(")")?;
                return Ok(tree);
            }
            Token::Op(_) => return Err(self.error()),
        };
        self.at += 1;
        Ok(tree)
    }

    /// Parses `(struct foo **)`. Returns `None` and consumes nothing if the brackets do not contain a type.
    fn bracketed_type(&mut self) -> SymbolResult<Option<TypeId>> {
        let start = self.at;
        if self.op(&["("]).is_none() {
            return Ok(None);
        }
        let mut words: Vec<&str> = Vec::new();
        while let Some(Token::Name(word)) = self.tokens.get(self.at) {
            self.at += 1;
            if !matches!(word.as_str(), "const" | "volatile") {
                words.push(word);
            }
        }
        let mut stars = 0;
        while self.op(&["*"]).is_some() {
            stars += 1;
        }
        let name = words.join(" ");
        let is_tagged = ["struct ", "union ", "enum ", "class "].iter().any(|t| name.starts_with(t));
        let closed = !name.is_empty() && self.op(&[")"]).is_some();
        // A variable of the same name takes precedence: `(x)`.
        let hidden = stars == 0 && !is_tagged && words.len() == 1 && self.symbols.variable(&name).is_some();
        let ty = if closed && !hidden { self.named(&name) } else { None };
        let Some(ty) = ty else {
            self.at = start;
            return if is_tagged { Err(SymbolError::NoSymbol(name)) } else { Ok(None) };
        };
        Ok(Some((0..stars).fold(ty, |ty, _| self.symbols.pointer_to(ty))))
    }

    /// Returns a type by name; the words of C's types may be in any of the usual orders.
    fn named(&self, name: &str) -> Option<TypeId> {
        let c = match name {
            "void" => return Some(self.symbols.intern(Type::Void)),
            "unsigned" => "unsigned int",
            "long" => "long int",
            "unsigned long" | "long unsigned" => "long unsigned int",
            "short" => "short int",
            "unsigned short" => "short unsigned int",
            "long long" => "long long int",
            "unsigned long long" => "long long unsigned int",
            other => other,
        };
        self.symbols.type_named(c).or_else(|| self.symbols.builtin(c))
    }
}

impl Symbols {
    /// Returns the type of a pointer to `target`.
    #[must_use]
    pub fn pointer_to(&self, target: TypeId) -> TypeId {
        self.intern(Type::Pointer { name: None, target, kind: PointerKind::Pointer, size: 4 })
    }
}
