//! A run from its first step to its last.

use std::path::PathBuf;

use anyhow::{Context, bail};
use kube::ResourceExt;

use super::{
    azure::{self, Azure},
    charts::{Helm, OPERATOR},
    cluster::{AZURE, Cluster, SYSTEM},
    images::Archived,
    leftovers,
    life::Life,
    refused,
    steps::{Steps, say},
};
use crate::{checkout, image::QUICK};

/// What the user can choose. The cluster is the one that KUBECONFIG names.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// Command that brings an image to the cluster's nodes; the path of the archive is added to it. Such as
    /// `kind load image-archive`.
    #[arg(long, env = "E2E_LOAD_IMAGE", value_name = "COMMAND")]
    load_image: String,
    /// Where the archives to be released are, such as target/image. Default: target/image-quick, whose images are built in
    /// minutes and may be of any size.
    #[arg(long, env = "E2E_IMAGES", value_name = "PATH")]
    images: Option<PathBuf>,
}

/// Installs, uses and removes the operator in a cluster.
///
/// # Errors
/// When a step fails; what is there then stays for a look, until the next run.
pub async fn run(options: &Options) -> anyhow::Result<()> {
    let cluster = Cluster::find().await?;
    let helm = Helm::find()?;
    let mut steps = Steps::start();
    match whole(options, &cluster, &helm, &mut steps).await {
        Ok(()) => {
            steps.end(0);
            Ok(())
        }
        Err(cause) => {
            steps.failed(&cause);
            explain(&cluster).await;
            steps.end(1);
            bail!("a step failed; what is in the namespaces {SYSTEM}* stays until the next run")
        }
    }
}

async fn whole(
    options: &Options,
    cluster: &Cluster,
    helm: &Helm,
    steps: &mut Steps,
) -> anyhow::Result<()> {
    steps.begin("nothing of an earlier run is left");
    leftovers::remove(cluster, helm).await?;
    steps.passed("it can begin");

    let is_release = options.images.is_some();
    let folder = options.images.clone();
    let folder = folder.unwrap_or_else(|| checkout::scratch(QUICK));
    let mut images = Vec::new();
    for name in [OPERATOR, azure::PROGRAM] {
        steps.begin("an image is not root's, and has certificate authorities");
        let image = Archived::read(&folder, name)?;
        steps.passed(image.check(is_release)?);
        steps.begin("an image is loaded");
        image.load(&options.load_image)?;
        steps.passed(&image.reference);
        images.push(image);
    }
    let [image, emulator] = images.as_slice() else {
        bail!("there are not two images");
    };

    steps.begin("the emulator runs from its own image, restricted");
    let azure = Azure::deploy(cluster, &emulator.reference).await?;
    steps.passed(&azure.endpoint);

    cluster.create_namespace(SYSTEM).await?;
    let life = Life {
        cluster,
        helm,
        image,
        azure: &azure,
    };
    life.all(steps).await?;
    refused::all(cluster, image, steps).await?;
    life.replicas(steps).await?;
    life.team(steps).await?;
    life.ending(steps).await?;
    life.wrong_orders(steps).await?;

    steps.begin("everything of the run is removed");
    leftovers::remove(cluster, helm).await?;
    steps.passed("as it was before");
    Ok(())
}

/// Shows what there is to see of a failure.
async fn explain(cluster: &Cluster) {
    for (namespace, program) in [(AZURE, azure::PROGRAM), (SYSTEM, OPERATOR)] {
        if let Err(error) = show(cluster, namespace, program).await {
            say(format_args!("{error:#}"));
        }
    }
}

async fn show(cluster: &Cluster, namespace: &str, program: &str) -> anyhow::Result<()> {
    for pod in cluster.pods(namespace, program).await? {
        let status = serde_json::to_string(&pod.status).context("write a pod's status")?;
        say(format_args!("\npod {}: {status}", pod.name_any()));
        let log = cluster.log(namespace, &pod.name_any()).await?;
        let lines: Vec<&str> = log.lines().collect();
        say(lines[lines.len().saturating_sub(20)..].join("\n"));
    }
    Ok(())
}
