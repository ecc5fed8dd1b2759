//! The key that a user gives: read from the Secret, the `ConfigMap` or the value that the spec names.

use kube::ResourceExt;
use zeroize::Zeroizing;

use super::{
    blocking::{Asker, off_thread},
    context::Context,
    observe_error::ObserveError,
    source_cache::Known,
    source_error::GivenError,
    waiting::WaitsFor,
};
use crate::{
    api::{
        SshKey,
        source::{EntryRef, PrivateKeySource, PublicKeySource},
    },
    keys::{KeyError, KeyPair, PublicKey},
    kubernetes::{configmaps, user_secrets},
    plan::{Failure, finalizers},
};

/// The public half of what the user gives; `None` when the spec names nothing that would have to be read.
pub(super) async fn look(
    context: &Context,
    object: &SshKey,
) -> Result<Option<Result<PublicKey, Failure>>, ObserveError> {
    let Some(source) = &object.spec.source else {
        return Ok(None);
    };
    let found = match (&source.private_key, &source.public_key) {
        (Some(private), _) => private_half(context, object, private).await,
        (None, Some(public)) => public_half(context, object, public).await,
        (None, None) => return Ok(None),
    };
    match found {
        Ok(key) => Ok(Some(Ok(key))),
        Err(GivenError::Kubernetes(error)) => Err(error.into()),
        Err(GivenError::Waiting) => Err(ObserveError::Waiting(WaitsFor::Key)),
        Err(error) => Ok(Some(Err(error.failure()))),
    }
}

/// The public half of the private key that the user gives, where that takes no work: what was opened before, or is not
/// encrypted.
pub(super) async fn look_without_work(context: &Context, object: &SshKey) -> Option<PublicKey> {
    let source = object.spec.source.as_ref()?.private_key.as_ref()?;
    let text = PrivateText::read(context, object, source).await.ok()?;
    let uid = object.uid().unwrap_or_default();
    match context.given.known(&uid, &text.from) {
        Some(known) => known.ok(),
        None if text.passphrase.is_some() => None,
        None => {
            let opened = text.open(context, &asker(object)).await.ok()?;
            opened.ok().map(|pair| pair.public_key())
        }
    }
}

async fn private_half(
    context: &Context,
    object: &SshKey,
    source: &PrivateKeySource,
) -> Result<PublicKey, GivenError> {
    let text = PrivateText::read(context, object, source).await?;
    let uid = object.uid().unwrap_or_default();
    let asker = asker(object);
    let (from, subject) = (text.from.clone(), text.subject.clone());
    let found = if let Some(known) = context.given.known(&uid, &from) {
        known
    } else {
        let found = text.open(context, &asker).await?;
        let found = found.map(|pair| pair.public_key());
        let known = Known {
            from,
            found: found.clone(),
        };
        context.given.remember(uid, known);
        found
    };
    found.map_err(|error| GivenError::Refused { subject, error })
}

async fn public_half(
    context: &Context,
    object: &SshKey,
    source: &PublicKeySource,
) -> Result<PublicKey, GivenError> {
    let namespace = object.namespace().unwrap_or_default();
    let (subject, bytes) = match (&source.value, &source.secret_ref, &source.config_map_ref) {
        (Some(value), _, _) => {
            let bytes = Zeroizing::new(value.clone().into_bytes());
            ("spec.source.publicKey.value".to_owned(), bytes)
        }
        (None, Some(entry), _) => {
            let found = secret_entry(context, &namespace, entry).await?;
            (found.subject, found.value)
        }
        (None, None, Some(entry)) => {
            let subject = format!("ConfigMap {}", entry.name);
            let found =
                configmaps::read_entry(&context.client, &namespace, &entry.name, &entry.key)
                    .await?;
            let found = found.ok_or_else(|| not_found(&subject, &namespace, entry))?;
            let bytes = found.value.filter(|value| !value.is_empty());
            let bytes = bytes.ok_or_else(|| entry_missing(&subject, entry, found.others))?;
            (subject, Zeroizing::new(bytes))
        }
        // The schema asks for one.
        (None, None, None) => ("spec.source.publicKey".to_owned(), Zeroizing::default()),
    };
    PublicKey::given(&bytes)
        .and_then(|key| key.check_strength().map(|()| key))
        .map_err(|error| GivenError::Refused { subject, error })
}

/// The key pair that the user gives, opened anew.
pub(super) async fn pair(context: &Context, object: &SshKey) -> Result<KeyPair, GivenError> {
    let source = object.spec.source.as_ref();
    let source = source.and_then(|source| source.private_key.as_ref());
    let source = source.ok_or(GivenError::NotNamed)?;
    let text = PrivateText::read(context, object, source).await?;
    let subject = text.subject.clone();
    let opened = text.open(context, &asker(object)).await?;
    opened.map_err(|error| GivenError::Refused { subject, error })
}

/// A private key as the user keeps it.
struct PrivateText {
    subject: String,
    from: String,
    key: Zeroizing<Vec<u8>>,
    passphrase: Option<Zeroizing<Vec<u8>>>,
}

impl PrivateText {
    async fn read(
        context: &Context,
        object: &SshKey,
        source: &PrivateKeySource,
    ) -> Result<Self, GivenError> {
        let namespace = object.namespace().unwrap_or_default();
        let key = secret_entry(context, &namespace, &source.secret_ref).await?;
        let passphrase = match &source.passphrase_secret_ref {
            Some(entry) => Some(secret_entry(context, &namespace, entry).await?),
            None => None,
        };
        let versions = [Some(&key), passphrase.as_ref()];
        Ok(Self {
            from: format!(
                "{:?}",
                versions.map(|entry| entry.map(|entry| (
                    &entry.subject,
                    &entry.key,
                    &entry.version
                )))
            ),
            subject: key.subject,
            key: key.value,
            passphrase: passphrase.map(|entry| entry.value),
        })
    }

    /// Opens and proves the key. What an encrypted one costs is up to who wrote it: it waits for its turn.
    async fn open(
        self,
        context: &Context,
        asker: &Asker,
    ) -> Result<Result<KeyPair, KeyError>, GivenError> {
        let Some(passphrase) = self.passphrase else {
            // Nothing is derived without a passphrase.
            return Ok(off_thread(move || KeyPair::read(&self.key, None)).await);
        };
        let open = move || KeyPair::read(&self.key, Some(&passphrase));
        let opened = context.blocking.ask(asker, &self.from, open);
        opened.ok_or(GivenError::Waiting)
    }
}

/// On whose behalf keys are generated and opened.
pub(super) fn asker(object: &SshKey) -> Asker {
    Asker::Key {
        namespace: object.namespace().unwrap_or_default(),
        name: object.name_any(),
        uid: object.uid().unwrap_or_default(),
    }
}

struct Entry {
    subject: String,
    key: String,
    version: String,
    value: Zeroizing<Vec<u8>>,
}

async fn secret_entry(
    context: &Context,
    namespace: &str,
    entry: &EntryRef,
) -> Result<Entry, GivenError> {
    let subject = format!("Secret {}", entry.name);
    let found =
        user_secrets::read_entry(&context.client, namespace, &entry.name, &entry.key).await?;
    let found = found.ok_or_else(|| not_found(&subject, namespace, entry))?;
    if let Some(held_by) = &found.held_by {
        return Err(GivenError::Terminating {
            subject,
            held_by: finalizers(held_by),
        });
    }
    let value = found.value.filter(|value| !value.is_empty());
    Ok(Entry {
        value: value.ok_or_else(|| entry_missing(&subject, entry, found.entries))?,
        key: entry.key.clone(),
        version: found.version,
        subject,
    })
}

fn not_found(subject: &str, namespace: &str, entry: &EntryRef) -> GivenError {
    GivenError::NotFound {
        subject: subject.to_owned(),
        namespace: namespace.to_owned(),
        key: entry.key.clone(),
    }
}

fn entry_missing(subject: &str, entry: &EntryRef, entries: Vec<String>) -> GivenError {
    GivenError::EntryMissing {
        subject: subject.to_owned(),
        key: entry.key.clone(),
        entries,
    }
}
