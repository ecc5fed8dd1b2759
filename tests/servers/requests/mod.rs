//! How many requests work takes: a thousand keys in twenty resource groups, new, at a restart, and in a sweep.

mod counts;
mod own_writes;
mod thousand;
