//! Free ports on loopback.

use std::{
    net::TcpListener,
    ops::Range,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::bail;

/// Below the ports that systems give to outgoing connections: one of those would take a server's port while the server
/// is started again. <https://www.kernel.org/doc/html/latest/networking/ip-sysctl.html#ip-variables>
const RANGE: Range<u16> = 20_000..32_000;

/// Where this process goes on: processes begin at different places, and go through all ports before they use one again.
static NEXT: LazyLock<AtomicU32> = LazyLock::new(|| {
    let time = SystemTime::now().duration_since(UNIX_EPOCH);
    AtomicU32::new(time.map_or(0, |time| time.subsec_micros()))
});

/// `N` different ports that nobody listens on. Another program may take one before it is used: whoever asks tries again
/// when its program says that the address is in use.
///
/// # Errors
/// When there is none left.
pub fn free<const N: usize>() -> anyhow::Result<[u16; N]> {
    let mut ports = [0; N];
    for port in &mut ports {
        *port = next()?;
    }
    Ok(ports)
}

fn next() -> anyhow::Result<u16> {
    let count = RANGE.end - RANGE.start;
    for _ in RANGE {
        let place = NEXT.fetch_add(1, Ordering::Relaxed) % u32::from(count);
        let port = RANGE.start + u16::try_from(place)?;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!(
        "no port of 127.0.0.1 from {} to {} is free",
        RANGE.start,
        RANGE.end
    )
}
