//! A real OpenSSH server lets the private key of the Secret in.
