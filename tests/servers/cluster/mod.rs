//! What the API server takes, refuses and shows, what the operator may do, and namespaces that go.

mod admission;
pub(crate) mod namespaces;
pub(crate) mod rights;
pub(crate) mod rights_in_use;
mod schema;
