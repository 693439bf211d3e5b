//! The dashboard: a client of the supervisor, drawn with ratatui.
//!
//! [`state`] is the dashboard's data, [`update`] applies a message to it, [`view`] draws it: all three work without a
//! terminal or a machine. [`collect`] and [`act`] run on the machine's side, [`wire`] defines the messages between the
//! two, [`app`] is the main loop.

pub mod act;
pub mod app;
pub mod collect;
pub mod config;
pub mod decode;
pub mod docs;
mod events;
mod fault;
mod find;
mod fuzzy;
pub mod keys;
pub mod layout;
mod line;
pub mod link;
pub mod log;
pub mod modal;
pub mod order;
pub mod pane;
pub mod pane_id;
pub mod picture;
pub mod rate;
pub mod remote;
pub mod rig;
pub mod sampler;
pub mod source;
pub mod state;
pub mod svg;
pub mod switches;
mod syntax;
pub mod term;
pub(crate) mod text;
pub mod theme;
pub mod update;
pub mod usage;
pub mod view;
pub mod wire;
