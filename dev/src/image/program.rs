//! What an image without a C library can run.

use anyhow::{Context, bail};
use object::{
    Endianness, elf,
    read::elf::{FileHeader, ProgramHeader},
};

/// Refuses a program that the kernel would start through an interpreter, which the image does not have.
///
/// # Errors
/// When it is not a 64-bit ELF program, or not a static one.
pub fn check_static(program: &[u8]) -> anyhow::Result<()> {
    let header = elf::FileHeader64::<Endianness>::parse(program).context("read an ELF program")?;
    let endian = header.endian().context("read an ELF program")?;
    let segments = header
        .program_headers(endian, program)
        .context("read an ELF program")?;
    if segments
        .iter()
        .any(|segment| segment.p_type(endian) == elf::PT_INTERP)
    {
        bail!("the program is linked dynamically: it names an interpreter");
    }
    Ok(())
}
