//! What keys and files of other programs come to: read as they read them, or refused with the way out.

mod as_given;
mod changed_keys;
mod command_runs;
mod damaged_input;
mod interoperability;
mod openssh_agreement;
mod private_files;
mod private_given;
mod refused_commands;
mod refused_formats;
mod refused_input;
mod refused_texts;
mod test_files;
