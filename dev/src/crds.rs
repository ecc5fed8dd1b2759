//! The custom resource definitions as they are checked in.

use std::{fs, time::Duration};

use anyhow::{Context, bail};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api, Client, ResourceExt,
    api::{Patch, PatchParams},
};
use tokio::time::{Instant, sleep};

use crate::checkout;

/// Installs them, or brings them up to date, and waits until they are served.
///
/// # Errors
/// When they are not there or the API server refuses them.
pub async fn install(admin: &Client) -> anyhow::Result<()> {
    let api: Api<CustomResourceDefinition> = Api::all(admin.clone());
    for crd in read()? {
        let name = crd.name_any();
        let params = PatchParams::apply("sshkey-operator-dev").force();
        api.patch(&name, &params, &Patch::Apply(&crd))
            .await
            .with_context(|| format!("install {name}"))?;
        served(&api, &name).await?;
    }
    Ok(())
}

fn read() -> anyhow::Result<Vec<CustomResourceDefinition>> {
    let folder = checkout::root().join("crds");
    let entries = fs::read_dir(&folder)
        .with_context(|| format!("look into {}; `make crds` writes it", folder.display()))?;
    let mut crds = Vec::new();
    for entry in entries {
        let path = entry
            .with_context(|| format!("look into {}", folder.display()))?
            .path();
        let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        crds.push(
            serde_saphyr::from_str(&text)
                .with_context(|| format!("understand {}", path.display()))?,
        );
    }
    Ok(crds)
}

async fn served(api: &Api<CustomResourceDefinition>, name: &str) -> anyhow::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(30);
    while Instant::now() < deadline {
        let crd = api
            .get(name)
            .await
            .with_context(|| format!("look at {name}"))?;
        let conditions = crd
            .status
            .and_then(|status| status.conditions)
            .unwrap_or_default();
        if conditions
            .iter()
            .any(|condition| condition.type_ == "Established" && condition.status == "True")
        {
            return Ok(());
        }
        sleep(Duration::from_millis(50)).await;
    }
    bail!("{name} is not served after 30 s")
}
