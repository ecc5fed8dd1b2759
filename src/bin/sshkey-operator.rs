//! The operator.

use clap::Parser;
use sshkey_operator::app::{Flags, run};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    run(Flags::parse()).await?;
    Ok(())
}
