//! The certificate authorities in the image: Mozilla's, of the version in `Cargo.lock`, and not those of the machine that
//! happens to build it.

use pem::{EncodeConfig, LineEnding, Pem};
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

/// Where programs look for them: <https://docs.rs/openssl-probe>
pub(super) const PATH: &str = "etc/ssl/certs/ca-certificates.crt";

/// All of them, PEM.
pub(super) fn bundle() -> String {
    let certificates: Vec<Pem> = TLS_SERVER_ROOT_CERTS
        .iter()
        .map(|certificate| Pem::new("CERTIFICATE", certificate.as_ref()))
        .collect();
    pem::encode_many_config(
        &certificates,
        EncodeConfig::new().set_line_ending(LineEnding::LF),
    )
}
