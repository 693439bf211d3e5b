//! Order of the tasks, the same in all panes that have a row for each.

use super::state::Shared;
use super::wire::TaskSample;
use std::cmp::Reverse;

/// Sort order of the tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// Highest priority first.
    #[default]
    Priority,
    /// Alphabetically.
    Name,
    /// Running, ready, blocked, suspended.
    State,
    /// Largest CPU share first.
    Cpu,
    /// Fullest stack first.
    Stack,
}

impl By {
    const ALL: [By; 5] = [By::Priority, By::Name, By::State, By::Cpu, By::Stack];

    /// Returns the name of the order.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Priority => "priority",
            Self::Name => "name",
            Self::State => "state",
            Self::Cpu => "cpu",
            Self::Stack => "stack",
        }
    }

    /// Returns the order after this one.
    #[must_use]
    pub fn next(self) -> Self {
        let n = Self::ALL.iter().position(|b| *b == self).unwrap_or(0);
        Self::ALL[(n + 1) % Self::ALL.len()]
    }
}

/// Returns the tasks in the order that the user has chosen.
#[must_use]
pub fn tasks(s: &Shared) -> Vec<&TaskSample> {
    let mut tasks: Vec<&TaskSample> = s.sample.tasks.iter().collect();
    let share = |t: &TaskSample| (s.usage.share(&t.name).unwrap_or(0.0) * 1e6) as i64;
    let full = |t: &TaskSample| u64::from(t.stack.peak) * 1000 / u64::from(t.stack.size.max(1));
    let state = |t: &TaskSample| {
        ["running", "ready", "blocked", "suspended"].iter().position(|s| *s == t.state).unwrap_or(9)
    };
    match s.order {
        By::Priority => tasks.sort_by_key(|t| Reverse(t.priority.0)),
        By::Name => tasks.sort_by(|a, b| a.name.cmp(&b.name)),
        By::State => tasks.sort_by_key(|t| (state(t), Reverse(t.priority.0))),
        By::Cpu => tasks.sort_by_key(|t| Reverse(share(t))),
        By::Stack => tasks.sort_by_key(|t| Reverse(full(t))),
    }
    tasks
}
