//! The steps that change outputs.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::{Resource, ResourceExt};
use zeroize::Zeroizing;

use crate::{
    api::{SshKey, names::annotation},
    controller::{
        context::Context,
        sshkey::{
            act::{
                error::StepError,
                key_pair::{Origin, load},
            },
            observe::{
                observation::Observation,
                outputs::{labels_of, view},
            },
        },
    },
    kubernetes::{
        outputs::{self, At, Content, Entries, FoundOutput},
        secrets,
    },
    plan::{Entry, Outcome, OutputContent, OutputStep, OutputView, Shape},
};

/// Takes a step that changes an output.
pub(in crate::controller) async fn act(
    context: &Context,
    observation: &Observation,
    step: &OutputStep,
) -> Result<Outcome, StepError> {
    let within = observation.within(&context.client);
    let view = match step {
        OutputStep::CreateOutput(wanted) => {
            let filled = filled(context, observation, wanted).await?;
            let created = outputs::create(within, &wanted.object, &filled).await?;
            let found = match created {
                Some(created) => Some(created),
                // Another was faster. Whose it is, it says itself.
                None => outputs::read(within, &wanted.object).await?,
            };
            known_view(context, observation, &wanted.shape, found).await
        }
        OutputStep::UpdateOutput(update) => {
            let (wanted, superfluous) = (&update.content, &update.superfluous);
            let filled = filled(context, observation, wanted).await?;
            let object = &wanted.object;
            let at = At {
                uid: &update.uid,
                resource_version: &update.resource_version,
            };
            let found = outputs::update(within, object, at, &filled, superfluous).await?;
            known_view(context, observation, &wanted.shape, Some(found)).await
        }
        OutputStep::DeleteOutput { object, uid } => {
            outputs::delete(within, object, uid).await?;
            OutputView::Absent
        }
    };
    Ok(Outcome::Output(step.object().clone(), view))
}

/// What an output says now.
async fn known_view(
    context: &Context,
    observation: &Observation,
    shape: &Shape,
    found: Option<FoundOutput>,
) -> OutputView {
    context.knows(&observation.object, found.as_ref().map(|found| &found.meta));
    view(&observation.object, Some(shape), found).await
}

/// What an output is to hold, with the private key read again from where it is kept.
async fn filled(
    context: &Context,
    observation: &Observation,
    wanted: &OutputContent,
) -> Result<Content, StepError> {
    let OutputContent {
        shape,
        public_key,
        trusted,
        ..
    } = wanted;
    let pair = if shape.is_private() {
        let custody = observation.desired.source.custody();
        let origin = custody.map_or(Origin::Source, |custody| Origin::Managed(&custody.name));
        Some(load(context, &observation.object, origin, public_key).await?)
    } else {
        None
    };
    let mut entries = BTreeMap::new();
    for (name, entry) in &shape.entries {
        let pair = || pair.as_ref().ok_or(StepError::Changing);
        let bytes = match entry {
            Entry::Text(text) => text.clone().into_bytes(),
            Entry::Public => secrets::public_entry(public_key),
            Entry::AuthorizedKeys => trusted.iter().flat_map(secrets::public_entry).collect(),
            Entry::PrivateOpenSsh => pair()?.to_openssh()?.as_bytes().to_vec(),
            Entry::PrivatePem => pair()?.to_pem()?.as_bytes().to_vec(),
        };
        entries.insert(name.clone(), Zeroizing::new(bytes));
    }
    let uid = observation.object.uid().unwrap_or_default();
    let records = [
        (annotation::OUTPUT_SHAPE, shape.preset.to_owned()),
        (
            annotation::OWNER_NAMESPACE,
            observation.object.namespace().unwrap_or_default(),
        ),
        (annotation::OWNER_NAME, observation.object.name_any()),
        (annotation::OWNER_UID, uid),
        (
            annotation::FINGERPRINT,
            public_key.fingerprint().to_string(),
        ),
    ];
    Ok(Content {
        labels: labels_of(shape),
        annotations: records.map(|(name, value)| (name.to_owned(), value)).into(),
        owner: owner(&observation.object),
        goes_with_owner: !shape.is_private(),
        type_: shape.secret_type.to_owned(),
        entries: Entries(entries),
    })
}

/// Public outputs go with the object: Kubernetes collects them.
pub(in crate::controller) fn owner(object: &SshKey) -> OwnerReference {
    OwnerReference {
        api_version: SshKey::api_version(&()).into_owned(),
        kind: SshKey::kind(&()).into_owned(),
        name: object.name_any(),
        uid: object.uid().unwrap_or_default(),
        block_owner_deletion: Some(false),
        controller: Some(false),
    }
}
