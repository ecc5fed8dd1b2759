//! `SshKey`s that are created, and the Secrets of the pairs that they take over before them.

use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::{
    Api,
    api::{DynamicObject, ObjectMeta, PostParams},
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

/// Creates one, after the Secret with its pair where it takes one over.
pub(super) async fn create(
    cluster: &Cluster,
    name: &str,
    manifest: Value,
    pair: Option<&KeyPair>,
) -> Result<(), CliError> {
    if let Some(pair) = pair {
        keep(cluster, name, pair).await?;
    }
    let unusable = |cause: serde_json::Error| CliError::Unreadable {
        subject: format!("SshKey {name}"),
        cause: cause.to_string(),
    };
    let object: DynamicObject = serde_json::from_value(manifest).map_err(unusable)?;
    let created = cluster.api(false).create(&params(), &object).await;
    created
        .map(drop)
        .map_err(|error| cluster.failed(&cluster.about("create", Some(name)), error))
}

fn params() -> PostParams {
    PostParams {
        field_manager: Some(MANAGER.to_owned()),
        ..PostParams::default()
    }
}

/// Puts a pair into a Secret, or finds it there.
async fn keep(cluster: &Cluster, name: &str, pair: &KeyPair) -> Result<(), CliError> {
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
    let Err(error) = api.create(&params(), &secret).await else {
        return Ok(());
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
        return Ok(());
    }
    Err(CliError::NotNow(format!(
        "there is a Secret {name} in namespace {} already, with something else in it",
        cluster.namespace()
    )))
}

/// Refuses keys of another subscription than the store's: of the same names, there may be other keys there. What may not be
/// read is not compared.
pub(super) async fn check_subscription(
    cluster: &Cluster,
    store: &StoreKey,
    subscription: &str,
) -> Result<(), CliError> {
    let client = cluster.client();
    let found = match store.kind {
        StoreKind::AzureStore => {
            let api: Api<AzureStore> = Api::namespaced(client, cluster.namespace());
            api.get(&store.name)
                .await
                .map(|store| store.spec.subscription.subscription_id)
        }
        StoreKind::ClusterAzureStore => {
            let api: Api<ClusterAzureStore> = Api::all(client);
            api.get(&store.name)
                .await
                .map(|store| store.spec.subscription.subscription_id)
        }
    };
    match found {
        Ok(own) if !own.eq_ignore_ascii_case(subscription) => Err(CliError::NotNow(format!(
            "the keys are of subscription {subscription}, and {} {} is of {own}",
            store.kind.as_str(),
            store.name
        ))),
        _ => Ok(()),
    }
}
