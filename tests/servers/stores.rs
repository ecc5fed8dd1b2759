//! Azure stores: the ways to prove an identity, and what is said when one fails.
