//! What Azure answers and what it allows: each answer has its reason, and nothing is lost, doubled or asked too often.

mod error_rows;
mod errors;
mod governed;
mod lists;
mod strikes;
mod throttle;
mod waits;
