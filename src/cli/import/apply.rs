//! `SshKey`s that are created, and the Secrets of the pairs that they take over before them.

use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::{
    Api,
    api::{DeleteParams, DynamicObject, ObjectMeta, PostParams, Preconditions},
};
use serde_json::Value;

use crate::{
    api::{
        AzureStore, ClusterAzureStore, StoreKey, StoreKind,
        names::{SECRET_TYPE, data_key},
    },
    cli::{
        cluster::{Cluster, MANAGER},
        error::CliError,
        request::Request,
    },
    keys::KeyPair,
};

/// Creates one, after the Secret with its pair where it takes one over. Where the object is refused, that Secret goes again.
pub(super) async fn create(
    cluster: &Cluster,
    name: &str,
    manifest: Value,
    pair: Option<&KeyPair>,
) -> Result<(), CliError> {
    let unusable = |cause: serde_json::Error| CliError::Unreadable {
        subject: format!("SshKey {name}"),
        cause: cause.to_string(),
    };
    let object: DynamicObject = serde_json::from_value(manifest).map_err(unusable)?;
    let kept = match pair {
        Some(pair) => Some(keep(cluster, name, pair).await?),
        None => None,
    };
    let created = cluster.api(false).create(&params(), &object).await;
    let Err(error) = created else {
        return Ok(());
    };
    // Of any other failure nobody can say that there will be no object, which would take the Secret up.
    let is_refused =
        matches!(&error, kube::Error::Api(status) if matches!(status.code, 400 | 403 | 404 | 422));
    let failed = cluster.failed(&cluster.about("create", Some(name)), error);
    let Some(kept) = kept else {
        return Err(failed);
    };
    if let Kept::Created(secret) = kept
        && is_refused
        && is_taken_back(cluster, name, &secret).await
    {
        return Err(failed);
    }
    Err(CliError::NotNow(format!(
        "{}; the private key stays in Secret {name} of namespace {}",
        failed.line(),
        cluster.namespace()
    )))
}

/// Whether a Secret that was created for nothing is gone again. One that was changed since stays.
async fn is_taken_back(cluster: &Cluster, name: &str, secret: &ObjectMeta) -> bool {
    let params = DeleteParams {
        preconditions: Some(Preconditions {
            uid: secret.uid.clone(),
            resource_version: secret.resource_version.clone(),
        }),
        ..DeleteParams::default()
    };
    let api: Api<Secret> = Api::namespaced(cluster.client(), cluster.namespace());
    match api.delete(name, &params).await {
        Err(kube::Error::Api(status)) => status.code == 404,
        deleted => deleted.is_ok(),
    }
}

/// The Secret of a pair.
enum Kept {
    /// It was created, as this says.
    Created(Box<ObjectMeta>),
    /// It was there.
    Found,
}

fn params() -> PostParams {
    PostParams {
        field_manager: Some(MANAGER.to_owned()),
        ..PostParams::default()
    }
}

/// Puts a pair into a Secret, or finds it there.
async fn keep(cluster: &Cluster, name: &str, pair: &KeyPair) -> Result<Kept, CliError> {
    let failed = |cause| CliError::Key {
        name: name.to_owned(),
        cause,
    };
    let private = pair.to_openssh().map_err(failed)?;
    let entry = ByteString(private.as_bytes().to_vec());
    let secret = Secret {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            ..ObjectMeta::default()
        },
        type_: Some(SECRET_TYPE.to_owned()),
        data: Some([(data_key::PRIVATE.to_owned(), entry)].into()),
        ..Secret::default()
    };
    let api: Api<Secret> = Api::namespaced(cluster.client(), cluster.namespace());
    let error = match api.create(&params(), &secret).await {
        Ok(created) => return Ok(Kept::Created(Box::new(created.metadata))),
        Err(error) => error,
    };
    if !matches!(&error, kube::Error::Api(status) if status.code == 409) {
        let request = Request {
            verb: "create",
            group: "",
            resource: "secrets",
            kind: "Secret",
            namespace: Some(cluster.namespace().to_owned()),
            name: Some(name.to_owned()),
        };
        return Err(cluster.failed(&request, error));
    }
    let there = cluster.secret(name).await?.data.unwrap_or_default();
    let there = there.get(data_key::PRIVATE);
    let there = there.and_then(|text| KeyPair::from_openssh(&text.0).ok());
    if there
        .is_some_and(|there| there.public_key().fingerprint() == pair.public_key().fingerprint())
    {
        return Ok(Kept::Found);
    }
    Err(CliError::NotNow(format!(
        "there is a Secret {name} in namespace {} already, with something else in it",
        cluster.namespace()
    )))
}

/// Refuses keys of another subscription than that of the first of these stores that exists: of the same names, there may be other
/// keys there. What may not be read is not compared.
pub(super) async fn check_subscription(
    cluster: &Cluster,
    stores: &[StoreKey],
    subscription: &str,
) -> Result<(), CliError> {
    for store in stores {
        match subscription_of(cluster, store).await {
            Ok(own) if own.eq_ignore_ascii_case(subscription) => return Ok(()),
            Ok(own) => {
                return Err(CliError::NotNow(format!(
                    "the keys are of subscription {subscription}, and {} {} is of {own}",
                    store.kind.as_str(),
                    store.name
                )));
            }
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            Err(_) => return Ok(()),
        }
    }
    Ok(())
}

async fn subscription_of(cluster: &Cluster, store: &StoreKey) -> Result<String, kube::Error> {
    let client = cluster.client();
    let subscription = match store.kind {
        StoreKind::AzureStore => {
            let api: Api<AzureStore> = Api::namespaced(client, cluster.namespace());
            api.get(&store.name).await?.spec.subscription
        }
        StoreKind::ClusterAzureStore => {
            let api: Api<ClusterAzureStore> = Api::all(client);
            api.get(&store.name).await?.spec.subscription
        }
    };
    Ok(subscription.subscription_id)
}
