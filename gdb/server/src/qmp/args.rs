//! Arguments of a command, and errors.

use esplens_supervisor::Gone;
use serde_json::{Map, Value, json};

/// Reason why a command failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QmpError {
    class: &'static str,
    desc: String,
}

/// Result of a command.
pub type QmpResult = std::result::Result<Value, QmpError>;

impl QmpError {
    /// Creates an error of class GenericError.
    pub fn new(desc: impl Into<String>) -> Self {
        Self { class: "GenericError", desc: desc.into() }
    }

    /// Creates the error for an unknown command.
    pub fn unknown(command: &str) -> Self {
        Self { class: "CommandNotFound", desc: format!("The command {command} has not been found") }
    }

    /// Creates the error for a command before the negotiation.
    pub fn too_early() -> Self {
        let desc = "Expecting capabilities negotiation with 'qmp_capabilities'";
        Self { class: "CommandNotFound", desc: desc.into() }
    }

    /// Returns the response for this error.
    pub fn answer(&self) -> Value {
        json!({"error": {"class": self.class, "desc": self.desc}})
    }
}

impl From<Gone> for QmpError {
    fn from(gone: Gone) -> Self {
        Self::new(gone.to_string())
    }
}

/// The unparsed arguments.
#[derive(Debug, Default)]
pub struct Args(Map<String, Value>);

impl Args {
    /// Wraps the `arguments` of a message.
    pub fn new(value: Option<Value>) -> std::result::Result<Self, QmpError> {
        match value {
            None => Ok(Self::default()),
            Some(Value::Object(map)) => Ok(Self(map)),
            Some(_) => Err(QmpError::new("QMP input member 'arguments' must be an object")),
        }
    }

    fn take<T>(
        &mut self,
        name: &str,
        what: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> std::result::Result<Option<T>, QmpError> {
        let Some(value) = self.0.remove(name) else { return Ok(None) };
        let wrong = || QmpError::new(format!("Invalid parameter type for '{name}', expected: {what}"));
        read(&value).map(Some).ok_or_else(wrong)
    }

    fn must<T>(name: &str, value: Option<T>) -> std::result::Result<T, QmpError> {
        value.ok_or_else(|| QmpError::new(format!("Parameter '{name}' is missing")))
    }

    /// Takes an optional string.
    pub fn maybe_text(&mut self, name: &str) -> std::result::Result<Option<String>, QmpError> {
        self.take(name, "string", |v| v.as_str().map(Into::into))
    }

    /// Takes a string.
    pub fn text(&mut self, name: &str) -> std::result::Result<String, QmpError> {
        let value = self.maybe_text(name)?;
        Self::must(name, value)
    }

    /// Takes an optional non-negative integer.
    pub fn maybe_number(&mut self, name: &str) -> std::result::Result<Option<u64>, QmpError> {
        self.take(name, "integer", Value::as_u64)
    }

    /// Takes a non-negative integer.
    pub fn number(&mut self, name: &str) -> std::result::Result<u64, QmpError> {
        let value = self.maybe_number(name)?;
        Self::must(name, value)
    }

    /// Takes a boolean.
    pub fn flag(&mut self, name: &str) -> std::result::Result<bool, QmpError> {
        let value = self.take(name, "boolean", Value::as_bool)?;
        Self::must(name, value)
    }

    /// Takes a value of any type.
    pub fn value(&mut self, name: &str) -> std::result::Result<Value, QmpError> {
        let value = self.0.remove(name);
        Self::must(name, value)
    }

    /// Drops arguments that have no effect here.
    pub fn ignore(&mut self, names: &[&str]) {
        names.iter().for_each(|n| _ = self.0.remove(*n));
    }

    /// Returns an error if arguments remain.
    pub fn end(self) -> std::result::Result<(), QmpError> {
        match self.0.keys().next() {
            Some(name) => Err(QmpError::new(format!("Parameter '{name}' is unexpected"))),
            None => Ok(()),
        }
    }
}
