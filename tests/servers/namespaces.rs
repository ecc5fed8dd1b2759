//! Namespaces in deletion, whose credentials go before their keys.
