//! Entra ID: the directory of tenants and applications, the token endpoint, and the tokens it signs.

pub(crate) mod certificate;
pub(crate) mod directory;
pub(crate) mod discovery;
pub(crate) mod error;
pub(crate) mod federation;
pub(crate) mod issuers;
pub(crate) mod signer;
pub(crate) mod token;

pub(crate) use directory::Principal;
pub(crate) use signer::TokenFault;
