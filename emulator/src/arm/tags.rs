//! The rules for tags (MicrosoftDocs/azure-docs `tag-resources.md`). The limits are documented; the codes and texts of the refusals are unverified.

use std::collections::BTreeMap;

use http::StatusCode;

use super::envelope::ArmError;

const MOST: usize = 50;
const LONGEST_NAME: usize = 512;
const LONGEST_VALUE: usize = 256;
const RESERVED: &[char] = &['<', '>', '%', '&', '\\', '?', '/'];

pub(crate) fn check(tags: &BTreeMap<String, String>) -> Result<(), ArmError> {
    if tags.len() > MOST {
        return refuse(
            "TagCountExceeded",
            format!(
                "Too many tags specified. Maximum number of tags allowed per resource - '{MOST}'."
            ),
        );
    }
    let mut seen = Vec::with_capacity(tags.len());
    for (name, value) in tags {
        if name.chars().count() > LONGEST_NAME {
            return refuse(
                "InvalidTagNameLength",
                format!(
                    "Tag name too large. Following tag name '{name}' exceeded the maximum length. Maximum allowed length for tag name - '{LONGEST_NAME}' characters."
                ),
            );
        }
        if name.is_empty() || name.contains(RESERVED) || name.chars().any(char::is_control) {
            return refuse(
                "InvalidTagNameCharacters",
                format!(
                    "The tag names '{name}' have reserved characters '<,>,%,&,\\,?,/' or control characters."
                ),
            );
        }
        if value.chars().count() > LONGEST_VALUE {
            return refuse(
                "InvalidTagValueLength",
                format!(
                    "Tag value too large. Following tag value '{value}' exceeded the maximum length. Maximum allowed length for tag value - '{LONGEST_VALUE}' characters."
                ),
            );
        }
        let lower = name.to_lowercase();
        if seen.contains(&lower) {
            return refuse(
                "InvalidTagName",
                format!(
                    "The tag name '{name}' is given more than once; names are compared without case."
                ),
            );
        }
        seen.push(lower);
    }
    Ok(())
}

fn refuse(code: &str, message: String) -> Result<(), ArmError> {
    Err(ArmError::gateway(StatusCode::BAD_REQUEST, code, message))
}
