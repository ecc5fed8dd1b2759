//! The people of these worlds, and what they do meanwhile.

pub(crate) mod asks;
pub(crate) mod backups;
pub(crate) mod custody;
pub(crate) mod edit;
pub(crate) mod marks;
pub(crate) mod rights;
pub(crate) mod tools;

pub(crate) use edit::{Edit, edit, heard};
