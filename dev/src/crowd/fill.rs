//! Filling a namespace with what a tenant may make.

use anyhow::Context;
use futures::{StreamExt, TryStreamExt, stream};
use kube::{Api, Client, api::PostParams};
use serde_json::{Value, json};
use sshkey_operator::api::{AzureStore, SshKey};

use super::{
    imports::{self, Imports},
    object::{Azure, key},
    pkcs12::pkcs12_of,
    records,
};

/// RSA keys of 8192 bits that are to be generated.
pub const RSA_KEYS: usize = 40;
/// Private keys with a passphrase that are to be opened, all from one Secret.
pub const IMPORTS: usize = 40;
/// Stores whose client certificate is a PKCS #12 file of very many keys.
pub const STORES: usize = 4;
/// The keys in such a file.
const KEYS_OF_FILE: usize = 200;

/// Fills a namespace, which has a store `default` that works. What it is given can be changed by what is returned.
///
/// # Errors
/// When the API server refuses something, or a file can't be made.
pub async fn fill(client: &Client, namespace: &str, azure: Azure<'_>) -> anyhow::Result<Imports> {
    let file = pkcs12_of(KEYS_OF_FILE)?;
    put_stores(client, namespace, azure, &file).await?;
    let imports = Imports::begin(client, namespace).await?;
    let rsa = json!({ "source": { "generate": { "algorithm": "RSA", "size": 8192 } } });
    let opened = imports::spec();
    // Both kinds are among the first.
    let slow = (0..RSA_KEYS.max(IMPORTS)).flat_map(|number| {
        let rsa = (number < RSA_KEYS).then(|| key(&format!("rsa-{number}"), &rsa, &Value::Null));
        let opened =
            (number < IMPORTS).then(|| key(&format!("import-{number}"), &opened, &Value::Null));
        rsa.into_iter().chain(opened)
    });
    let all: Vec<Value> = slow
        .chain(records::objects(azure))
        .chain(of_stores())
        .collect();
    let keys: Api<SshKey> = Api::namespaced(client.clone(), namespace);
    stream::iter(all)
        .map(|object| {
            let keys = keys.clone();
            async move {
                let object: SshKey = serde_json::from_value(object).context("make an SshKey")?;
                let created = keys.create(&PostParams::default(), &object).await;
                created.map(drop).context("create an SshKey")
            }
        })
        .buffer_unordered(8)
        .try_for_each(|()| async { Ok(()) })
        .await?;
    Ok(imports)
}

/// Whether an object of this name is of the crowd's slow work: the `SshKey`, or the Secret that comes of it in the end.
pub fn is_slow(name: &str) -> bool {
    name.starts_with("rsa-") || name.starts_with("import-")
}

fn store_name(number: usize) -> String {
    format!("p{number}")
}

/// A few keys for each of the stores.
fn of_stores() -> impl Iterator<Item = Value> {
    (0..STORES * 10).map(|number| {
        let store = store_name(number % STORES);
        let spec = json!({ "azure": { "storeRef": { "name": store } } });
        key(&format!("{store}-{number}"), &spec, &Value::Null)
    })
}

async fn put_stores(
    client: &Client,
    namespace: &str,
    azure: Azure<'_>,
    file: &[u8],
) -> anyhow::Result<()> {
    imports::put_secret(client, namespace, "p12", "c.p12", file).await?;
    imports::put_secret(client, namespace, "password", "p", b"x").await?;
    let api: Api<AzureStore> = Api::namespaced(client.clone(), namespace);
    for number in 0..STORES {
        let store = json!({
            "metadata": { "name": store_name(number) },
            "spec": {
                "subscriptionID": azure.subscription,
                "tenantID": azure.tenant,
                "auth": { "clientCertificate": {
                    "clientID": azure.client,
                    "secretRef": { "name": "p12", "key": "c.p12" },
                    "passwordSecretRef": { "name": "password", "key": "p" },
                } },
            },
        });
        let store: AzureStore = serde_json::from_value(store).context("make a store")?;
        let created = api.create(&PostParams::default(), &store).await;
        created.context("create a store")?;
    }
    Ok(())
}
