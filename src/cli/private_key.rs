//! The private key of an `SshKey`, from the Secret that has it.

use zeroize::Zeroizing;

use super::{
    cluster::Cluster,
    error::CliError,
    objects::{Found, rotation, status},
};
use crate::{
    api::{names::data_key, rotation::previous_name, source::EntryRef},
    keys::KeyPair,
};

/// Reads the current pair, or the former one of this place, of which 1 is the newest. A key that is not the one that the
/// status names is refused: it opens other machines than is thought.
pub(super) async fn pair(
    cluster: &Cluster,
    found: &Found,
    previous: Option<u8>,
) -> Result<KeyPair, CliError> {
    let (pair, expected) = match previous {
        Some(place) => former(cluster, found, place).await?,
        None => (
            current(cluster, found).await?,
            status(&found.key).fingerprint,
        ),
    };
    let has = pair.public_key().fingerprint().to_string();
    match expected {
        Some(expected) if expected != has => Err(CliError::NotNow(format!(
            "the Secret of SshKey {} holds the key {has}, and its status names {expected}: run kubectl sshkey status {0}",
            found.name()
        ))),
        _ => Ok(pair),
    }
}

async fn current(cluster: &Cluster, found: &Found) -> Result<KeyPair, CliError> {
    if let Some(secret) = status(&found.key).secret_name {
        let entry = EntryRef {
            name: secret,
            key: data_key::PRIVATE.to_owned(),
        };
        return opened(found, &self::entry(cluster, &entry).await?, None);
    }
    let source = found.key.spec.source.as_ref();
    let given = source.and_then(|source| source.private_key.as_ref());
    let Some(given) = given else {
        return Err(CliError::NotNow(format!(
            "the cluster has no private key of SshKey {}{}",
            found.name(),
            match source {
                Some(source) if source.public_key.is_some() || source.azure_key.is_some() =>
                    ": its public key was given, and who has the private one is not known here",
                _ => " yet",
            }
        )));
    };
    let passphrase = match &given.passphrase_secret_ref {
        Some(passphrase) => Some(entry(cluster, passphrase).await?),
        None => None,
    };
    let private = entry(cluster, &given.secret_ref).await?;
    opened(found, &private, passphrase.as_deref().map(Vec::as_slice))
}

async fn former(
    cluster: &Cluster,
    found: &Found,
    place: u8,
) -> Result<(KeyPair, Option<String>), CliError> {
    let kept = rotation(&found.key).previous;
    let Some(key) = kept.get(usize::from(place) - 1) else {
        return Err(CliError::NotNow(format!(
            "SshKey {} has {} former keys",
            found.name(),
            kept.len()
        )));
    };
    let secret = status(&found.key).secret_name.unwrap_or_default();
    let kept = EntryRef {
        name: previous_name(&secret),
        key: key.entry.clone(),
    };
    let pair = opened(found, &entry(cluster, &kept).await?, None)?;
    Ok((pair, Some(key.fingerprint.clone())))
}

fn opened(found: &Found, text: &[u8], passphrase: Option<&[u8]>) -> Result<KeyPair, CliError> {
    KeyPair::read(text, passphrase).map_err(|cause| CliError::Key {
        name: found.name().to_owned(),
        cause,
    })
}

/// One entry of a Secret, in memory that is wiped.
async fn entry(cluster: &Cluster, entry: &EntryRef) -> Result<Zeroizing<Vec<u8>>, CliError> {
    let data = cluster.secret(&entry.name).await?.data.unwrap_or_default();
    let mut kept = None;
    for (name, value) in data {
        let value = Zeroizing::new(value.0);
        if name == entry.key {
            kept = Some(value);
        }
    }
    kept.ok_or_else(|| {
        CliError::NotNow(format!("Secret {} has no entry {}", entry.name, entry.key))
    })
}
