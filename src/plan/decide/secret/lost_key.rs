//! The loss of a private key: who can tell that there was one, and what makes another in its place.

use crate::{
    api::{
        Reason,
        rotation::{previous_name, staging_name},
    },
    plan::{
        authority::azure::is_a_copy,
        decide::{
            azure::leaving::out_of_reach,
            secret::{content::Content, rotation_request::commands, situation::Situation},
        },
        decision::Finding,
        desired::{resolve::Desired, source::Custody},
        observed::{azure::KeyView, snapshot::Observed},
        records::{azure::AzureRecord, ownership::Ownership},
    },
};

/// No Secret, and a witness that there was one: making another key would lock out those who trust only the first.
pub(crate) fn private_key_is_lost(situation: &Situation<'_>) -> Option<Finding> {
    let Situation {
        desired,
        custody,
        observed,
        ..
    } = *situation;
    // An imported key is where it came from.
    if matches!(situation.content, Content::Imported(_)) {
        return None;
    }
    let name = &custody.name;
    if let Some(fingerprint) = &observed.object.reported_fingerprint {
        return Some(Finding::needs_user(
            Reason::PrivateKeyLost,
            format!(
                "Secret {name}, which held the private key {fingerprint}, is gone; Azure was not touched. Put the Secret back from a backup; or, to go on with a new key, ask for a rotation: {}",
                commands(&desired.mark)
            ),
        ));
    }
    let witness = other_witness(desired, custody, observed);
    if let Some(witness) = witness {
        return Some(Finding::needs_user(
            Reason::PrivateKeyLost,
            format!(
                "{witness}, and Secret {name} with the private key does not exist; Azure was not touched. Put the Secret back from a backup; or, to go on with a new key, ask for a rotation: {}",
                commands(&desired.mark)
            ),
        ));
    }
    let (id, key) = observed.azure.iter().find_map(|(id, view)| match view {
        KeyView::Present { key, .. } => {
            let ownership = desired.mark.ownership(&key.tags);
            matches!(ownership, Ownership::Ours | Ownership::Namesake(_)).then_some((id, key))
        }
        _ => None,
    })?;
    let key = key.public_key.as_ref().map_or_else(
        |_| "a key".to_owned(),
        |key| format!("the key {}", key.fingerprint()),
    );
    Some(Finding::needs_user(
        Reason::PrivateKeyLost,
        format!(
            "Azure holds {key} of this SshKey as {id}, and Secret {name} with its private half does not exist; Azure was not touched. Put the Secret back from a backup; or, to go on with a new key, ask for a rotation: {}",
            commands(&desired.mark)
        ),
    ))
}

/// What else says that there was a key.
fn other_witness(desired: &Desired, custody: &Custody, observed: &Observed) -> Option<String> {
    if observed.rotation_secrets.staged().is_some() {
        let name = staging_name(&custody.name);
        return Some(format!("Secret {name} holds the next key of this SshKey"));
    }
    if observed.rotation_secrets.previous().is_some() {
        let name = previous_name(&custody.name);
        return Some(format!("Secret {name} holds former keys of this SshKey"));
    }
    let recorded = observed.object.recorded_uid.as_ref()?;
    (*recorded != observed.object.uid && !is_a_copy(desired, observed))
        .then(|| "this SshKey was restored or copied with the records of another".to_owned())
}

/// The object has a place in Azure, or a hint at one, so a key may have been published, and the place can't be read now.
pub(crate) fn azure_might_hold_the_key(situation: &Situation<'_>) -> Option<Finding> {
    let Situation {
        desired, observed, ..
    } = *situation;
    if matches!(situation.content, Content::Imported(_)) {
        return None;
    }
    let known = observed.known.iter().map(|place| (place, true));
    let hints = observed.object.hints.iter().flatten();
    let is_new = |hint: &&AzureRecord| observed.record(&hint.id).is_none();
    known
        .chain(hints.filter(is_new).map(|hint| (hint, false)))
        .find_map(|(place, is_known)| match observed.azure.get(&place.id) {
            // What only a hint says is waited for while that helps, and blocks nothing.
            Some(KeyView::Unknown(failure)) if is_known || !failure.is_to_fix() => {
                Some(Finding::Blocked(failure.clone()))
            }
            None if is_known => Some(out_of_reach(desired, place)),
            _ => None,
        })
}
