//! How many requests work takes: a thousand keys in twenty resource groups, new, at a restart, and in a sweep. What is not
//! asked for any more, and what is found all the same.

mod counts;
mod own_writes;
mod thousand;
mod unread;
