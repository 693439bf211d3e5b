//! All commands by name.

use super::args::{Args, QmpError, QmpResult};
use super::{QmpServer, control, jobs, memory, qom, query};
use serde_json::{Value, json};

/// Function that executes a command.
pub type Run = fn(&QmpServer, Args) -> QmpResult;

/// All commands. `qmp_capabilities` is handled by the session.
pub const TABLE: &[(&str, Run)] = &[
    ("cont", control::cont),
    ("dump-guest-memory", memory::dump),
    ("human-monitor-command", control::human),
    ("job-dismiss", jobs::dismiss),
    ("memsave", memory::save),
    ("pmemsave", memory::save_physical),
    ("qmp_capabilities", again),
    ("qom-get", qom::get),
    ("qom-list", qom::list),
    ("qom-set", qom::set),
    ("query-block", query::block),
    ("query-chardev", query::chardev),
    ("query-commands", commands),
    ("query-cpus-fast", query::cpus),
    ("query-dump-guest-memory-capability", query::dump_formats),
    ("query-jobs", jobs::query),
    ("query-kvm", query::kvm),
    ("query-machines", query::machines),
    ("query-name", query::name),
    ("query-named-block-nodes", query::block_nodes),
    ("query-status", query::status),
    ("query-target", query::target),
    ("query-uuid", query::uuid),
    ("query-version", query::version),
    ("quit", control::quit),
    ("screendump", control::screendump),
    ("set_link", control::set_link),
    ("snapshot-delete", jobs::delete),
    ("snapshot-load", jobs::load),
    ("snapshot-save", jobs::save),
    ("stop", control::stop),
    ("system_reset", control::reset),
];

/// Returns the command with this name.
pub fn find(name: &str) -> Option<Run> {
    TABLE.iter().find(|(n, _)| *n == name).map(|(_, run)| *run)
}

fn commands(_server: &QmpServer, args: Args) -> QmpResult {
    args.end()?;
    Ok(TABLE.iter().map(|(name, _)| json!({"name": name})).collect::<Vec<Value>>().into())
}

/// Rejects `qmp_capabilities` after the negotiation.
fn again(_server: &QmpServer, _args: Args) -> QmpResult {
    let desc = "Capabilities negotiation is already complete, command ignored";
    Err(QmpError::new(desc))
}
