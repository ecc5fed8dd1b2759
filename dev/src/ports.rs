//! Free ports on loopback.

use std::net::TcpListener;

use anyhow::Context;

/// `N` different ports that nobody listens on. Another program may take one before it is used: whoever asks tries again
/// when its program says that the address is in use.
///
/// # Errors
/// When there is none left.
pub fn free<const N: usize>() -> anyhow::Result<[u16; N]> {
    // All are held until each has a number, or the system could give one twice.
    let mut held = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener =
            TcpListener::bind(("127.0.0.1", 0)).context("find a free port on 127.0.0.1")?;
        *port = listener
            .local_addr()
            .context("read a listener's port")?
            .port();
        held.push(listener);
    }
    Ok(ports)
}
