//! Where keys come from, which are refused, that one logs in with them, and that nothing of a private one gets out.

mod bad_files;
mod bad_keys;
mod formats;
mod imports;
pub(crate) mod leaks;
mod login;
mod uploads;
