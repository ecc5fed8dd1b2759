//! What the operator may do, and what it may not.
