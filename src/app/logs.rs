//! Logs: to standard error, one line each.

use std::io::IsTerminal;

use tracing_subscriber::{
    EnvFilter, filter::filter_fn, layer::SubscriberExt, util::SubscriberInitExt,
};

use super::flags::LogFormat;

/// Libraries that log each request at debug: held at info, so that `debug` shows what the operator does. A filter that names
/// one of them asks for it.
const HELD: [&str; 8] = [
    "azure_core",
    "azure_identity",
    "h2",
    "hyper",
    "hyper_util",
    "reqwest",
    "rustls",
    "typespec_client_core",
];

/// The filter, with what holds the libraries in front: of two directives for one target the last counts.
fn with_held(filter: &str) -> String {
    let held = HELD.map(|library| format!("{library}=info"));
    let held = held.join(",");
    if filter.trim().is_empty() {
        held
    } else {
        format!("{held},{filter}")
    }
}

/// Starts logging. `kube`'s client logs the bodies of answers that it can't read, and a Secret could be among them: nothing
/// of it is ever logged, whatever the filter says. The operator's own errors say what went wrong.
///
/// # Errors
/// When the filter can't be read.
pub(super) fn start(
    format: LogFormat,
    filter: &str,
) -> Result<(), tracing_subscriber::filter::ParseError> {
    let filter = EnvFilter::builder().parse(with_held(filter))?;
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::Layer;

    use super::*;

    /// Collects the targets of what passes a filter.
    #[derive(Clone, Default)]
    struct Seen(Arc<Mutex<Vec<String>>>);

    impl<S: tracing::Subscriber> Layer<S> for Seen {
        fn on_event(
            &self,
            event: &tracing::Event<'_>,
            _: tracing_subscriber::layer::Context<'_, S>,
        ) {
            let target = event.metadata().target().to_owned();
            self.0.lock().unwrap().push(target);
        }
    }

    fn seen(filter: &str) -> Vec<String> {
        let seen = Seen::default();
        let filter = EnvFilter::builder().parse(with_held(filter)).unwrap();
        let subscriber = tracing_subscriber::registry()
            .with(filter)
            .with(seen.clone());
        tracing::subscriber::with_default(subscriber, || {
            tracing::debug!(target: "hyper_util::client", "a request");
            tracing::debug!(target: "rustls::client", "a handshake");
            tracing::debug!(target: "sshkey_operator::plan", "a step");
            tracing::info!(target: "hyper", "something that matters");
        });
        seen.0.lock().unwrap().clone()
    }

    #[test]
    fn libraries_are_held_at_info_unless_the_filter_names_them() {
        assert_eq!(seen("debug"), ["sshkey_operator::plan", "hyper"]);
        assert_eq!(seen("info"), ["hyper"]);
        assert_eq!(
            seen("info,hyper_util=debug"),
            ["hyper_util::client", "hyper"]
        );
        assert_eq!(seen("warn,hyper=warn"), Vec::<String>::new());
    }
}
