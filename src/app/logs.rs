//! Logs: to standard error, one line each.

use std::io::IsTerminal;

use tracing_subscriber::{
    EnvFilter, filter::filter_fn, layer::SubscriberExt, util::SubscriberInitExt,
};

use super::flags::LogFormat;

/// Starts logging. `kube`'s client logs the bodies of answers that it can't read, and a Secret could be among them: nothing
/// of it is ever logged, whatever the filter says. The operator's own errors say what went wrong.
///
/// # Errors
/// When the filter can't be read.
pub(super) fn start(
    format: LogFormat,
    filter: &str,
) -> Result<(), tracing_subscriber::filter::ParseError> {
    let filter = EnvFilter::builder().parse(filter)?;
    let quotes_no_body = filter_fn(|of| !of.target().starts_with("kube_client"));
    let registry = tracing_subscriber::registry()
        .with(filter)
        .with(quotes_no_body);
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Json => registry.with(layer.json().flatten_event(true)).init(),
        LogFormat::Text => registry.with(layer.with_target(false)).init(),
    }
    Ok(())
}
