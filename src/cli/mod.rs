//! `kubectl sshkey`: everyday work with `SshKey`s in one command each.
//!
//! A command reads with the caller's own rights, says what it will do before it changes something, and ends with one line
//! about what went wrong. A private key goes to the file or the pipe that was asked for, and nowhere else.

mod access;
mod arguments;
mod bar;
mod change;
mod changes;
mod check;
mod cluster;
mod config;
mod definitions;
mod error;
mod examples;
mod import;
mod interrupt;
mod key_file;
mod list;
mod objects;
mod page;
mod plan;
mod printable;
mod private_key;
mod program;
mod progress;
mod reconcile;
mod reconcile_flags;
mod reconcile_store;
mod request;
mod run;
mod screen;
mod ssh;
mod status;
mod store_name;
mod structured;
mod table;
mod times;
mod version;
mod wait;
mod wait_flags;
mod which;

pub use arguments::Arguments;
pub use page::page;
pub use program::{is_called, program};
