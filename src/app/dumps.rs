//! No copy of the memory is left on disk: it may hold private keys.

use nix::sys::resource::{Resource, setrlimit};

/// Forbids the kernel to write this process's memory to a file when it crashes, and to hand it to a program that does so.
/// On Linux, other processes of the same user can't read it either.
///
/// The limit covers files alone: `man 5 core`, *Piping core dumps to a program*. `PR_SET_DUMPABLE` covers both, and exists
/// on Linux only.
///
/// # Errors
/// When the kernel refuses.
pub fn forbid_dumps() -> std::io::Result<()> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    #[cfg(target_os = "linux")]
    nix::sys::prctl::set_dumpable(false)?;
    Ok(())
}
