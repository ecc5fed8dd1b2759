//! Pages of a list. The skip token names the last entry of the page before, so a list that changes between pages neither repeats nor misses
//! entries that stay.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use serde::Serialize;

use super::{envelope::ArmError, turn::Turn};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page<T> {
    value: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_link: Option<String>,
}

/// Cuts the page that the request asks for out of `entries`, which are sorted by the text they come with.
pub(crate) fn page<T>(
    turn: &Turn<'_>,
    entries: impl Iterator<Item = (String, T)>,
) -> Result<Page<T>, ArmError> {
    let after = turn
        .call
        .query_value("$skiptoken")
        .map(|token| decode(&token))
        .transpose()?;
    let mut rest =
        entries.skip_while(|(position, _)| after.as_ref().is_some_and(|after| position <= after));
    let size = turn.shared.page_size.max(1);
    let (mut value, mut last) = (Vec::new(), String::new());
    for (position, entry) in rest.by_ref().take(size) {
        value.push(entry);
        last = position;
    }
    let next_link = rest.next().map(|_| {
        let token = URL_SAFE_NO_PAD.encode(last);
        format!(
            "{}{}?api-version={}&$skiptoken={token}",
            turn.call.origin, turn.call.info.path, turn.api_version
        )
    });
    Ok(Page { value, next_link })
}

/// The text of the error is unverified.
fn decode(token: &str) -> Result<String, ArmError> {
    URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| {
            ArmError::gateway(
                StatusCode::BAD_REQUEST,
                "InvalidSkipToken",
                format!("The skip token '{token}' is invalid."),
            )
        })
}
