//! What an error says to people: the object, the cause and the remedy, in one line.

use std::fmt;

use jiff::Timestamp;

use super::error::{AzureError, Cause, Operation, Refusal};
use crate::api::Reason;

impl fmt::Display for AzureError {
    /// The message of a condition: the object, the cause and the remedy.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&message(self))
    }
}

fn message(error: &AzureError) -> String {
    let AzureError {
        operation,
        subject,
        cause,
    } = error;
    let what = format!("can't {operation} {subject}");
    match cause {
        Cause::Refused(refusal) => {
            let Refusal {
                status,
                code,
                message,
                policies,
                ..
            } = &**refusal;
            let message = match error.reason() {
                // Azure lists all of its locations after the first sentence, more than a message holds.
                Reason::LocationNotAvailable => first_sentence(message),
                _ => message,
            };
            let remedy = remedy(*operation, error.reason());
            let policies = policies.join(", ");
            let by = if policies.is_empty() {
                ""
            } else {
                ", by policy "
            };
            format!(
                "{what}: Azure answered {status} {code} ({}){by}{}{remedy}",
                one_line(message),
                one_line(&policies)
            )
        }
        Cause::NoToken { description, .. } => {
            format!(
                "{what}: Entra answered: {}{}",
                one_line(entra_text(description)),
                remedy(*operation, error.reason())
            )
        }
        Cause::NoCredential { message, .. } => format!("{what}: {message}"),
        Cause::NotArm { status } => format!(
            "{what}: the answer ({status}) is not one of Azure Resource Manager; if this stays, look for a proxy between the operator and Azure"
        ),
        Cause::NotEntra => format!(
            "{what}: the answer is not one of Microsoft Entra; if this stays, look for a proxy between the operator and Entra"
        ),
        Cause::TooLarge => {
            format!("{what}: the answer is larger than Azure Resource Manager's limit of 8 MiB")
        }
        Cause::StrayLink => {
            format!("{what}: the list goes on at another host or in a circle, and was not followed")
        }
        Cause::Untrusted(why) => format!(
            "{what}: {why}; if a proxy with its own certificate authority stands between, give its certificate to the operator with --azure-ca-file"
        ),
        Cause::Connection(why) => format!("{what}: {why}; it will be tried again"),
        Cause::Timeout => format!("{what}: no answer in time; it will be tried again"),
        Cause::NotBefore(time) => format!(
            "{subject} waits for its turn, expected by {}: Azure takes only so many requests a minute",
            minute(*time)
        ),
    }
}

fn remedy(operation: Operation, reason: Reason) -> &'static str {
    match reason {
        Reason::AccessDenied if operation.is_of_a_group() => {
            ". Give the store's identity the actions read and write of Microsoft.Resources/subscriptions/resourceGroups on the subscription, or create the group yourself; a new role assignment takes some minutes to work"
        }
        Reason::AccessDenied => {
            ". Give the store's identity the actions read, write and delete of Microsoft.Compute/sshPublicKeys on the resource group; a new role assignment takes some minutes to work"
        }
        Reason::DisallowedByPolicy => ". Change what the policy names, or ask for an exemption",
        Reason::ResourceGroupNotFound => ". Create the resource group, or name another",
        Reason::SubscriptionNotFound => {
            ". Check the store's subscriptionID, and that its identity has a role there"
        }
        Reason::SubscriptionDisabled => ". Enable the subscription",
        Reason::ProviderNotRegistered => {
            ". Register it: az provider register --namespace Microsoft.Compute"
        }
        Reason::LocationConflict => ". Write the location that the key has, or another name",
        Reason::ScopeLocked => ". Remove the lock, or wait until it is removed",
        Reason::ResourceGroupBeingDeleted => ". It will be tried again when the group is gone",
        Reason::KeyRefused => {
            ". Azure takes Ed25519 keys, and RSA keys of 2048 bits and more; if this cloud takes no Ed25519 yet, create an SshKey with algorithm: RSA"
        }
        Reason::RequestRefused => ". Change what Azure names here",
        Reason::AuthenticationFailed => ". Check the store's auth, and the application in Entra",
        Reason::ClientNotFound => {
            ". Check the store's clientID, and that the application is in this tenant"
        }
        Reason::ClockSkewed => {
            ". Set the clock of the machine that the operator runs on, or that of the API server"
        }
        Reason::ClientSecretExpired => ". Put a new client secret into the store's Secret",
        Reason::LocationNotAvailable => {
            ". Write a location in which Azure stores SSH keys: az account list-locations -o table lists them"
        }
        Reason::TenantNotFound => ". Check the store's tenantID",
        Reason::Throttled | Reason::AzureUnavailable => ". It will be tried again",
        _ => "",
    }
}

/// The end of a minute: a time to the second would be another one at each look.
fn minute(time: Timestamp) -> String {
    let second = time.as_second();
    let end = second + (60 - second.rem_euclid(60)) % 60;
    let time = Timestamp::from_second(end).unwrap_or(time);
    time.strftime("%H:%M UTC").to_string()
}

/// Entra ends its text with ids and the time of this very answer, which say nothing to a user and are never twice the same.
fn entra_text(description: &str) -> &str {
    let end = description.find("Trace ID:").unwrap_or(description.len());
    &description[..end]
}

fn first_sentence(text: &str) -> &str {
    let end = text.find(". ").map_or(text.len(), |end| end + 1);
    &text[..end]
}

/// A condition's message is one line of bounded length, whatever Azure sends.
fn one_line(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(600)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::Operation;

    fn refused(refusal: Refusal) -> AzureError {
        let cause = Cause::Refused(Box::new(refusal));
        AzureError::new(Operation::CreateKey, "x", cause)
    }

    #[test]
    fn a_turn_is_told_to_the_minute_in_which_it_has_come() {
        let told = |second| minute(Timestamp::from_second(second).unwrap());
        assert_eq!(told(0), "00:00 UTC");
        assert_eq!(told(1), "00:01 UTC");
        assert_eq!(told(86_399), "00:00 UTC");
    }

    #[test]
    fn a_message_is_one_line_whatever_azure_sends() {
        let message = refused(Refusal {
            status: 400,
            code: "X".to_owned(),
            message: "a\r\nb\t\u{2028}c".repeat(500),
            ..Refusal::default()
        })
        .to_string();
        assert!(!message.contains(['\n', '\r', '\u{2028}']), "{message}");
        assert!(message.chars().count() < 1_000);
    }

    #[test]
    fn of_a_location_that_stores_no_keys_azures_long_list_is_left_out() {
        let list = "westeurope,".repeat(100);
        let message = refused(Refusal {
            status: 400,
            code: "LocationNotAvailableForResourceType".to_owned(),
            message: format!(
                "The provided location 'mars' is not available for resource type 'Microsoft.Compute/sshPublicKeys'. List of available regions for the resource type is '{list}'."
            ),
            ..Refusal::default()
        })
        .to_string();
        assert!(
            message.contains("location 'mars' is not available"),
            "{message}"
        );
        assert!(message.ends_with("az account list-locations -o table lists them"));
        assert!(!message.contains("westeurope"), "{message}");
    }

    #[test]
    fn a_right_that_is_missing_is_named_with_its_scope() {
        let of = |operation| {
            let refusal = Refusal {
                status: 403,
                code: "AuthorizationFailed".to_owned(),
                ..Refusal::default()
            };
            AzureError::new(operation, "x", Cause::Refused(Box::new(refusal))).to_string()
        };
        let keys = "Microsoft.Compute/sshPublicKeys on the resource group";
        let groups = "Microsoft.Resources/subscriptions/resourceGroups on the subscription";
        assert!(of(Operation::CreateKey).contains(keys));
        for operation in [Operation::ReadGroup, Operation::CreateGroup] {
            let message = of(operation);
            assert!(message.contains(groups) && !message.contains(keys));
        }
    }

    #[test]
    fn a_policy_that_forbids_is_named() {
        let message = refused(Refusal {
            status: 403,
            code: "RequestDisallowedByPolicy".to_owned(),
            message: "Resource 'x' was disallowed by policy.".to_owned(),
            policies: vec!["Require an owner".to_owned()],
            ..Refusal::default()
        })
        .to_string();
        assert!(message.contains("by policy Require an owner"), "{message}");
    }
}
