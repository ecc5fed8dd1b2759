//! Logs: to standard error, one line each.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

use super::flags::LogFormat;

/// Starts logging. `kube`'s client logs bodies of answers that it can't read at debug, and a Secret could be among
/// them: that is never turned on, whatever the filter says.
///
/// # Errors
/// When the filter can't be read.
pub(super) fn start(
    format: LogFormat,
    filter: &str,
) -> Result<(), tracing_subscriber::filter::ParseError> {
    let mut filter = EnvFilter::builder().parse(filter)?;
    for directive in [
        "kube_client=info",
        "hyper=info",
        "hyper_util=info",
        "reqwest=info",
    ] {
        if let Ok(directive) = directive.parse() {
            filter = filter.add_directive(directive);
        }
    }
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Json => registry.with(layer.json().flatten_event(true)).init(),
        LogFormat::Text => registry.with(layer.with_target(false)).init(),
    }
    Ok(())
}
