//! Where the key comes from, and where its private half is kept.

use crate::{
    api::{
        SshKeySpec,
        source::Source,
        sshkey::{DeletionPolicy, RecoveryPolicy, SecretConflictPolicy},
    },
    keys::Comment,
    plan::{desired::key_requirements::KeyRequirements, records::ownership::Mark},
};

/// Where the key comes from, and where its private half is kept.
#[derive(Clone, Debug, PartialEq)]
pub enum KeySource {
    /// It is generated and kept in the managed Secret.
    Generated {
        /// What to generate, if it has to be.
        requirements: KeyRequirements,
        /// The comment of its public half.
        comment: Comment,
        /// The managed Secret.
        custody: Custody,
    },
    /// It is in a Secret of the user's.
    Imported {
        /// Name of that Secret.
        secret: String,
        /// The managed Secret that holds a copy, if one is asked for.
        custody: Option<Custody>,
    },
    /// Its public half is all that there is.
    Uploaded,
    /// It is in Azure already, and is never written.
    Followed,
}

/// The managed Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custody {
    /// Its name.
    pub name: String,
    /// What to do about a Secret that is not ours.
    pub conflict: SecretConflictPolicy,
    /// What becomes of it in the end.
    pub deletion: DeletionPolicy,
    /// What to do when the key in it is lost.
    pub recovery: RecoveryPolicy,
}

impl KeySource {
    /// The managed Secret, if one is wanted.
    pub fn custody(&self) -> Option<&Custody> {
        match self {
            Self::Generated { custody, .. } => Some(custody),
            Self::Imported { custody, .. } => custody.as_ref(),
            Self::Uploaded | Self::Followed => None,
        }
    }

    /// Name of the Secret that holds the private half, if any does.
    pub fn private_secret(&self) -> Option<&str> {
        match self {
            Self::Imported {
                secret,
                custody: None,
            } => Some(secret),
            _ => self.custody().map(|custody| custody.name.as_str()),
        }
    }
}

pub(crate) fn key_source(spec: &SshKeySpec, mark: &Mark) -> Result<KeySource, String> {
    let source = spec.source.clone().unwrap_or_default();
    if let Some(private) = source.private_key {
        let custody = spec.secret.as_ref().map(|_| custody(spec, &mark.object));
        return Ok(KeySource::Imported {
            secret: private.secret_ref.name,
            custody,
        });
    }
    if source.public_key.is_some() {
        return Ok(KeySource::Uploaded);
    }
    if source.azure_key.is_some() {
        return Ok(KeySource::Followed);
    }
    let generate = source.generate.unwrap_or_default();
    let comment = match &generate.comment {
        Some(comment) => Comment::try_from(comment.as_str()).map_err(|error| error.to_string())?,
        None => Comment::for_object(&mark.namespace, &mark.object),
    };
    Ok(KeySource::Generated {
        requirements: KeyRequirements::of(&generate)?,
        comment,
        custody: custody(spec, &mark.object),
    })
}

fn custody(spec: &SshKeySpec, object: &str) -> Custody {
    let secret = spec.secret.clone().unwrap_or_default();
    Custody {
        name: secret.name.unwrap_or_else(|| object.to_owned()),
        conflict: secret.conflict_policy.unwrap_or_default(),
        deletion: secret.deletion_policy.unwrap_or(DeletionPolicy::Retain),
        recovery: secret.recovery_policy.unwrap_or_default(),
    }
}

/// Name of the managed Secret that a spec means, if it means one.
pub fn secret_name(spec: &SshKeySpec, object: &str) -> Option<String> {
    let kept = match &spec.source {
        Some(Source {
            private_key: Some(_),
            ..
        }) => spec.secret.is_some(),
        Some(Source {
            public_key,
            azure_key,
            ..
        }) => public_key.is_none() && azure_key.is_none(),
        None => true,
    };
    kept.then(|| custody(spec, object).name)
}
