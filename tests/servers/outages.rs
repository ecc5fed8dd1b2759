//! What the operator lives through: servers that are away, its own end and start.
