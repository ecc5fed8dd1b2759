//! Rotation on real servers: asked for, by age, by another size, at once, after a while, or when a person says so.

mod activation;
pub(crate) mod acts;
mod causes;
mod secrets_beside;
