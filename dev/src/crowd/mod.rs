//! A namespace that wants more than its share of everything at once: of the cores, of Azure, and of the operator's turns. It
//! is made with nothing but what a tenant may make. Tests and benchmarks look at how a key in another namespace fares.

mod fill;
mod imports;
mod object;
mod pkcs12;
mod records;

pub use fill::{IMPORTS, RSA_KEYS, STORES, fill, is_slow};
pub use imports::Imports;
pub use object::Azure;
pub use pkcs12::pkcs12_of;
pub use records::RECORDS;
