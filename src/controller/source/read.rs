//! The key that a user gives: read from the Secret, the `ConfigMap` or the value that the spec names.

use std::sync::Arc;

use kube::{Client, ResourceExt};
use zeroize::Zeroizing;

use crate::{
    api::{
        SshKey,
        source::{EntryRef, PrivateKeySource, PublicKeySource},
    },
    controller::{
        blocking::{Asker, Blocking, off_thread},
        memory::{objects::Memory, opened::Opened},
        source::error::SourceError,
    },
    keys::{KeyError, KeyPair, PublicKey},
    kubernetes::{configmaps, namespaced::Namespaced, user_secrets},
    plan::finalizers,
};

/// Reads what `spec.source` names, and remembers what came of it.
pub(in crate::controller) struct SourceReader {
    pub(in crate::controller) client: Client,
    pub(in crate::controller) blocking: Arc<Blocking>,
    pub(in crate::controller) memory: Arc<Memory>,
}

/// The public half of what the user gives; `None` when the spec names nothing that would have to be read. What is opened for
/// `asker` is remembered as its own.
pub(in crate::controller) async fn look(
    reader: &SourceReader,
    object: &SshKey,
    asker: &Asker,
) -> Result<Option<PublicKey>, SourceError> {
    let Some(source) = &object.spec.source else {
        return Ok(None);
    };
    match (&source.private_key, &source.public_key) {
        (Some(private), _) => private_half(reader, object, private, asker).await.map(Some),
        (None, Some(public)) => public_half(reader, object, public).await.map(Some),
        (None, None) => Ok(None),
    }
}

/// The public half of the private key that the user gives, where that takes no work: what was opened before, or is not
/// encrypted.
pub(in crate::controller) async fn look_without_work(
    reader: &SourceReader,
    object: &SshKey,
) -> Option<PublicKey> {
    let source = object.spec.source.as_ref()?.private_key.as_ref()?;
    let text = PrivateText::read(reader, object, source).await.ok()?;
    match reader.memory.source(object, &text.from) {
        Some(known) => known.ok(),
        None if text.passphrase.is_some() => None,
        None => {
            let opened = text.open(reader, &asker(object)).await.ok()?;
            opened.ok().map(|pair| pair.public_key())
        }
    }
}

async fn private_half(
    reader: &SourceReader,
    object: &SshKey,
    source: &PrivateKeySource,
    asker: &Asker,
) -> Result<PublicKey, SourceError> {
    let text = PrivateText::read(reader, object, source).await?;
    let (from, subject) = (text.from.clone(), text.subject.clone());
    let found = if let Some(known) = reader.memory.source(asker.identity(), &from) {
        known
    } else {
        let found = text.open(reader, asker).await?;
        let found = found.map(|pair| pair.public_key());
        let opened = Opened {
            from,
            found: found.clone(),
        };
        reader.memory.remember_source(asker.identity(), opened);
        found
    };
    found.map_err(|error| SourceError::Refused { subject, error })
}

async fn public_half(
    reader: &SourceReader,
    object: &SshKey,
    source: &PublicKeySource,
) -> Result<PublicKey, SourceError> {
    let namespace = object.namespace().unwrap_or_default();
    let (subject, bytes) = match (&source.value, &source.secret_ref, &source.config_map_ref) {
        (Some(value), _, _) => {
            let bytes = Zeroizing::new(value.clone().into_bytes());
            ("spec.source.publicKey.value".to_owned(), bytes)
        }
        (None, Some(entry), _) => {
            let found = secret_entry(reader, &namespace, entry).await?;
            (found.subject, found.value)
        }
        (None, None, Some(entry)) => {
            let subject = format!("ConfigMap {}", entry.name);
            let found = configmaps::read_entry(
                Namespaced::new(&reader.client, &namespace),
                &entry.name,
                &entry.key,
            )
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
        .map_err(|error| SourceError::Refused { subject, error })
}

/// The key pair that the user gives, opened again.
pub(in crate::controller) async fn pair(
    reader: &SourceReader,
    object: &SshKey,
) -> Result<KeyPair, SourceError> {
    let source = object.spec.source.as_ref();
    let source = source.and_then(|source| source.private_key.as_ref());
    let source = source.ok_or(SourceError::NotNamed)?;
    let text = PrivateText::read(reader, object, source).await?;
    let subject = text.subject.clone();
    let opened = text.open(reader, &asker(object)).await?;
    opened.map_err(|error| SourceError::Refused { subject, error })
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
        reader: &SourceReader,
        object: &SshKey,
        source: &PrivateKeySource,
    ) -> Result<Self, SourceError> {
        let namespace = object.namespace().unwrap_or_default();
        let key = secret_entry(reader, &namespace, &source.secret_ref).await?;
        let passphrase = match &source.passphrase_secret_ref {
            Some(entry) => Some(secret_entry(reader, &namespace, entry).await?),
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
        reader: &SourceReader,
        asker: &Asker,
    ) -> Result<Result<KeyPair, KeyError>, SourceError> {
        let Some(passphrase) = self.passphrase else {
            // Nothing is derived without a passphrase.
            return Ok(off_thread(move || KeyPair::read(&self.key, None)).await);
        };
        // Very many may wait, each with what it is to open.
        if let Err(error) = KeyPair::check_sizes(&self.key, Some(&passphrase)) {
            return Ok(Err(error));
        }
        let open = move || KeyPair::read(&self.key, Some(&passphrase));
        let opened = reader.blocking.ask(asker, &self.from, open);
        opened.ok_or(SourceError::Waiting)
    }
}

/// On whose behalf keys are generated and opened.
pub(in crate::controller) fn asker(object: &SshKey) -> Asker {
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
    reader: &SourceReader,
    namespace: &str,
    entry: &EntryRef,
) -> Result<Entry, SourceError> {
    let subject = format!("Secret {}", entry.name);
    let found = user_secrets::read_entry(
        Namespaced::new(&reader.client, namespace),
        &entry.name,
        &entry.key,
    )
    .await?;
    let found = found.ok_or_else(|| not_found(&subject, namespace, entry))?;
    if let Some(held_by) = &found.held_by {
        return Err(SourceError::Terminating {
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

fn not_found(subject: &str, namespace: &str, entry: &EntryRef) -> SourceError {
    SourceError::NotFound {
        subject: subject.to_owned(),
        namespace: namespace.to_owned(),
        key: entry.key.clone(),
    }
}

fn entry_missing(subject: &str, entry: &EntryRef, entries: Vec<String>) -> SourceError {
    SourceError::EntryMissing {
        subject: subject.to_owned(),
        key: entry.key.clone(),
        entries,
    }
}
