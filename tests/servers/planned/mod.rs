//! What is asked before it is done: the answer says what is done then, and nothing of it is done.

mod answers;
pub(crate) mod ask;
mod crowd;
mod definition;
mod no_answer;
mod tenants;
mod waiting;
