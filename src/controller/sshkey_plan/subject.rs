//! The object that a plan is about, as it would be.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{ResourceExt, api::ObjectMeta};

use crate::{
    api::{
        ErrorClass, Reason, SshKey, SshKeyPlan, SshKeySpec,
        rotation::{OUTPUT_HAS_A_ROTATIONS_NAME, previous_name, staging_name},
        sshkey_plan::SshKeyTemplate,
    },
    controller::{clock::now, context::Context, failure},
    kubernetes::{KubernetesError, cut::cut, namespaced::Namespaced, namespaces, plans, sshkeys},
    plan::{Failure, secret_name},
};

/// The object that a plan is about.
pub(super) struct Subject {
    /// As it would be, at the moment at which it would be.
    pub(super) object: SshKey,
    /// UID and version of the one that exists.
    pub(super) live: Option<(String, String)>,
}

/// The object as it would be, or why there can be none.
pub(super) async fn subject(
    context: &Context,
    plan: &SshKeyPlan,
) -> Result<Result<Subject, Failure>, KubernetesError> {
    let namespace = plan.namespace().unwrap_or_default();
    let name = &plan.spec.name;
    let live = sshkeys::read(Namespaced::new(&context.client, &namespace), name).await?;
    let known = live.as_ref().and_then(|live| {
        let uid = live.uid()?;
        Some((uid, live.resource_version()?))
    });
    let object = match (&plan.spec.template, live) {
        (None, None) => Err(Failure::to_fix(
            Reason::SshKeyNotFound,
            format!("there is no SshKey {name} in this namespace that could be deleted"),
        )),
        (None, Some(live)) => Ok(deleted(live)),
        (Some(template), Some(live)) => applied(context, &live, template).await?,
        (Some(template), None) => created(context, plan, template).await?,
    };
    Ok(object.map(|mut object| {
        cut(&mut object);
        Subject {
            object,
            live: known,
        }
    }))
}

fn deleted(mut live: SshKey) -> SshKey {
    let since = live.metadata.deletion_timestamp.take();
    live.metadata.deletion_timestamp = since.or_else(|| Some(Time(now())));
    live
}

async fn applied(
    context: &Context,
    live: &SshKey,
    template: &SshKeyTemplate,
) -> Result<Result<SshKey, Failure>, KubernetesError> {
    match plans::try_template(&context.client, live, template).await {
        Ok(object) => Ok(Ok(object)),
        Err(error) if error.class() == ErrorClass::UserFixable => Ok(Err(Failure::to_fix(
            Reason::TemplateRefused,
            failure::kubernetes_failure(&error).message,
        ))),
        Err(error) => Err(error),
    }
}

/// An object that does not exist yet. The API server has asked all rules of the template but one, which is about new objects
/// only.
async fn created(
    context: &Context,
    plan: &SshKeyPlan,
    template: &SshKeyTemplate,
) -> Result<Result<SshKey, Failure>, KubernetesError> {
    let namespace = plan.namespace().unwrap_or_default();
    let name = &plan.spec.name;
    if namespaces::is_terminating(&context.client, &namespace).await? {
        return Ok(Err(Failure::to_fix(
            Reason::NamespaceTerminating,
            "the namespace is being deleted: nothing can be created in it",
        )));
    }
    if takes_a_rotations_name(&template.spec, name) {
        return Ok(Err(Failure::to_fix(
            Reason::TemplateRefused,
            OUTPUT_HAS_A_ROTATIONS_NAME,
        )));
    }
    let metadata = template.metadata.clone().unwrap_or_default();
    Ok(Ok(SshKey {
        metadata: ObjectMeta {
            name: Some(name.clone()),
            namespace: Some(namespace),
            // It has none yet, and none that exists may be taken for its own.
            uid: plan.uid(),
            generation: Some(1),
            creation_timestamp: Some(Time(now())),
            annotations: Some(metadata.annotations),
            ..ObjectMeta::default()
        },
        spec: template.spec.clone(),
        status: None,
    }))
}

fn takes_a_rotations_name(spec: &SshKeySpec, name: &str) -> bool {
    let Some(secret) = secret_name(spec, name) else {
        return false;
    };
    let taken = [staging_name(&secret), previous_name(&secret)];
    let outputs = spec.outputs.iter().flatten();
    let mut secrets = outputs.filter(|output| output.public_config_map.is_none());
    secrets.any(|output| taken.contains(&output.name))
}
