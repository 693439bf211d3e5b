//! Trace state variables: values that conditions and actions keep between hits.

use esplens_core::time::TICKS_PER_US;
use esplens_soc::machine::Machine;
use std::collections::BTreeMap;

/// Number of the predefined variable `trace_timestamp`: virtual time in microseconds.
pub const TIMESTAMP: u16 = 1;

/// Maximum number of variables.
const MAX_VARIABLES: usize = 1024;
/// Maximum length of a name, in bytes.
const MAX_NAME: usize = 256;

/// A trace state variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceVariable {
    /// Name, without `$`.
    pub name: Vec<u8>,
    /// Value at the start of a run.
    pub initial: u64,
    value: u64,
}

/// All trace state variables, by number.
#[derive(Clone, Debug, Default)]
pub struct Variables(BTreeMap<u16, TraceVariable>);

impl Variables {
    /// Adds a variable or replaces the one with this number. Returns false if there are too many or the name is too
    /// long.
    pub fn define(&mut self, number: u16, name: Vec<u8>, initial: u64) -> bool {
        let fits = self.0.len() < MAX_VARIABLES || self.0.contains_key(&number);
        if !fits || name.len() > MAX_NAME {
            return false;
        }
        self.0.insert(number, TraceVariable { name, initial, value: initial });
        true
    }

    /// Returns all variables that clients defined.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &TraceVariable)> {
        self.0.iter().map(|(n, v)| (*n, v))
    }

    /// Sets all variables to their initial values.
    pub fn reset(&mut self) {
        self.0.values_mut().for_each(|v| v.value = v.initial);
    }

    /// Returns a variable's current value, or `None` if it does not exist.
    #[must_use]
    pub fn value(&self, number: u16, machine: &Machine) -> Option<u64> {
        let defined = self.0.get(&number).map(|v| v.value);
        defined.or_else(|| (number == TIMESTAMP).then(|| machine.now() / TICKS_PER_US))
    }

    /// Sets a variable. Returns false if no settable variable has this number.
    pub fn set(&mut self, number: u16, value: u64) -> bool {
        self.0.get_mut(&number).map(|v| v.value = value).is_some()
    }
}
