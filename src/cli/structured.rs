//! What programs read: JSON and YAML.

use serde::Serialize;

use super::error::CliError;

/// As JSON for people to read too.
pub(super) fn json(value: &impl Serialize) -> Result<String, CliError> {
    let text = serde_json::to_string_pretty(value);
    let text = text.map_err(|cause| unprintable(&cause))?;
    Ok(text + "\n")
}

/// As one document of YAML.
pub(super) fn yaml(value: &impl Serialize) -> Result<String, CliError> {
    serde_saphyr::to_string(value).map_err(|cause| unprintable(&cause))
}

fn unprintable(cause: &dyn std::error::Error) -> CliError {
    CliError::Unreadable {
        subject: "the answer".to_owned(),
        cause: cause.to_string(),
    }
}
