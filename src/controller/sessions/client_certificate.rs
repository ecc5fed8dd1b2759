//! The client certificate of a store, as a user keeps it.

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::{
    api::{Reason, azure_store::ClientCertificate as Auth, source::EntryRef},
    azure::{Cause, CertificateError, ClientCertificate},
    controller::{
        blocking::Asker,
        clock::now,
        memory::{identity::Identity, opened::Opened},
        sessions::{
            credential_reader::CredentialReader,
            no_credential::{lasts, no_credential, unreadable},
            store_object::StoreView,
        },
    },
    kubernetes::{namespaced::Namespaced, user_secrets},
};

/// Entries of Secrets of type `kubernetes.io/tls`.
/// <https://kubernetes.io/docs/concepts/configuration/secret/#tls-secrets>
const TLS: [&str; 2] = ["tls.crt", "tls.key"];

/// Reads it with its version, and has it opened unless it is known; `None` until that is done.
pub(in crate::controller) async fn read(
    reader: &CredentialReader,
    store: &StoreView,
    auth: &Auth,
) -> Result<Option<(Arc<ClientCertificate>, String)>, Cause> {
    let namespace = &store.credentials_in;
    let name = &auth.secret_ref.name;
    let (mut version, file) = match auth.secret_ref.key.as_deref() {
        Some(key) => one(reader, namespace, name, key).await?,
        None => tls(reader, namespace, name).await?,
    };
    let password = match &auth.password_secret_ref {
        None => None,
        Some(EntryRef { name, key }) => {
            let (password_version, text) = one(reader, namespace, name, key).await?;
            version = format!("{version} {password_version}");
            Some(text)
        }
    };
    let of = Identity::of_store(&store.id, &store.uid);
    let opened = match reader.memory.certificate(of.clone(), &version) {
        Some(known) => known,
        None => match open(reader, store, &version, file, password) {
            Some(opened) => {
                let known = Opened {
                    from: version.clone(),
                    found: opened.clone(),
                };
                reader.memory.remember_certificate(of, known);
                opened
            }
            None => return Ok(None),
        },
    };
    let certificate = opened.map_err(|error| {
        no_credential(
            Reason::CertificateInvalid,
            format!("Secret {name}: {error}"),
        )
    })?;
    let end = certificate.not_after();
    if end <= now() {
        return Err(no_credential(
            Reason::CertificateExpired,
            format!(
                "the certificate in Secret {name} ended at {end}: put a new one there, and register it with the application in Entra"
            ),
        ));
    }
    Ok(Some((certificate, version)))
}

/// `None` while it waits for its turn: to open PKCS #12 is made to take long.
fn open(
    reader: &CredentialReader,
    store: &StoreView,
    version: &str,
    file: Zeroizing<Vec<u8>>,
    password: Option<Zeroizing<Vec<u8>>>,
) -> Option<Result<Arc<ClientCertificate>, CertificateError>> {
    let asker = Asker::Store {
        id: store.id.clone(),
        uid: store.uid.clone(),
    };
    // Very many may wait, each with what it is to open.
    let password_bytes = password.as_ref().map(|text| text.as_slice());
    if let Err(error) = ClientCertificate::check_sizes(&file, password_bytes) {
        return Some(Err(error));
    }
    reader.blocking.ask(&asker, version, move || {
        let password = password.as_ref();
        let password = password.and_then(|text| std::str::from_utf8(text).ok());
        ClientCertificate::read(&file, password.map(str::trim_end)).map(Arc::new)
    })
}

/// Which entries of which Secret at which version, and what is in them.
type Versioned = (String, Zeroizing<Vec<u8>>);

async fn one(
    reader: &CredentialReader,
    namespace: &str,
    name: &str,
    key: &str,
) -> Result<Versioned, Cause> {
    let found =
        user_secrets::read_entries(Namespaced::new(&reader.client, namespace), name, [key]).await;
    let found = found.map_err(|error| unreadable(&error))?;
    let found = found.ok_or_else(|| missing(namespace, name, key))?;
    lasts(name, found.held_by.as_deref())?;
    let [value] = found.values;
    let value = value.filter(|value| !value.is_empty());
    let version = format!("{name}/{key}@{}", found.version);
    Ok((version, value.ok_or_else(|| empty(name, key))?))
}

/// Certificate and key, one after the other, as they are in one file.
async fn tls(reader: &CredentialReader, namespace: &str, name: &str) -> Result<Versioned, Cause> {
    let found =
        user_secrets::read_entries(Namespaced::new(&reader.client, namespace), name, TLS).await;
    let found = found.map_err(|error| unreadable(&error))?;
    let both = TLS.join(" and ");
    let found = found.ok_or_else(|| missing(namespace, name, &both))?;
    lasts(name, found.held_by.as_deref())?;
    let [Some(certificate), Some(key)] = found.values else {
        return Err(empty(name, &both));
    };
    let mut file = Zeroizing::new(Vec::with_capacity(certificate.len() + key.len() + 1));
    file.extend_from_slice(&certificate);
    file.push(b'\n');
    file.extend_from_slice(&key);
    Ok((format!("{name}@{}", found.version), file))
}

fn missing(namespace: &str, name: &str, key: &str) -> Cause {
    let message = format!(
        "Secret {name} does not exist in namespace {namespace}: create it with the certificate and its private key under {key}"
    );
    no_credential(Reason::CredentialSecretNotFound, message)
}

fn empty(name: &str, key: &str) -> Cause {
    let message = format!(
        "Secret {name} has nothing under {key}: put the certificate and its private key there, or name the entry in secretRef.key"
    );
    no_credential(Reason::CredentialSecretInvalid, message)
}
