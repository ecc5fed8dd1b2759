//! The steps, in groups: each is one request, or one attempt that ends in one.

use strum::VariantNames;

use crate::{
    api::{ArmId, OutputRef},
    keys::{KeySpec, PublicKey},
    plan::step::{
        azure::AzureStep, object::ObjectStep, output::OutputStep, rotation::RotationStep,
        secret::SecretStep,
    },
};

/// One change to the world, by what it changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The `SshKey` itself.
    Object(ObjectStep),
    /// The managed Secret.
    Secret(SecretStep),
    /// The next key and the former ones.
    Rotation(RotationStep),
    /// An output.
    Output(OutputStep),
    /// The key in Azure, and the store through which it is published.
    Azure(AzureStep),
}

/// Which condition a step's failure belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concern {
    /// The object's own bookkeeping.
    Object,
    /// The key pair and its Secret.
    Secret,
    /// Another key in the place of the current one, and the former ones.
    Rotation,
    /// The outputs.
    Outputs,
    /// The key in Azure.
    Azure,
}

impl Step {
    /// The names of all steps.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let groups = [
            ObjectStep::VARIANTS,
            SecretStep::VARIANTS,
            RotationStep::VARIANTS,
            OutputStep::VARIANTS,
            AzureStep::VARIANTS,
        ];
        groups.into_iter().flatten().copied()
    }

    /// The step's name: the reason of its event and the label of its metric.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Object(step) => step.into(),
            Self::Secret(step) => step.into(),
            Self::Rotation(step) => step.into(),
            Self::Output(step) => step.into(),
            Self::Azure(step) => step.into(),
        }
    }

    /// What the step is about.
    pub fn concern(&self) -> Concern {
        match self {
            Self::Object(_) => Concern::Object,
            Self::Secret(_) => Concern::Secret,
            Self::Rotation(_) => Concern::Rotation,
            Self::Output(_) => Concern::Outputs,
            Self::Azure(_) => Concern::Azure,
        }
    }

    /// What the step does, for a person.
    pub fn describe(&self) -> String {
        match self {
            Self::Object(step) => step.describe(),
            Self::Secret(step) => step.describe(),
            Self::Rotation(step) => step.describe(),
            Self::Output(step) => step.describe(),
            Self::Azure(step) => step.describe(),
        }
    }

    /// The same step without versions and times: two steps are equal in this form if they write the same.
    pub(crate) fn written(&self) -> Self {
        let mut step = self.clone();
        match &mut step {
            Self::Secret(step) => step.forget_when(),
            Self::Rotation(step) => step.forget_when(),
            Self::Output(step) => step.forget_when(),
            // They name neither, and a store keeps its UID: what was held under another one is another object.
            Self::Object(_) | Self::Azure(_) => {}
        }
        step
    }

    /// The place in Azure that the step writes to.
    pub fn azure_id(&self) -> Option<&ArmId> {
        match self {
            Self::Azure(step) => step.id(),
            Self::Object(_) | Self::Secret(_) | Self::Rotation(_) | Self::Output(_) => None,
        }
    }

    /// The output that the step is about.
    pub fn output(&self) -> Option<&OutputRef> {
        match self {
            Self::Output(step) => Some(step.object()),
            Self::Object(_) | Self::Secret(_) | Self::Rotation(_) | Self::Azure(_) => None,
        }
    }

    /// The output that the step creates.
    pub(crate) fn created_output(&self) -> Option<&OutputRef> {
        match self {
            Self::Output(OutputStep::CreateOutput(content)) => Some(&content.object),
            _ => None,
        }
    }

    /// The key that the step keeps among the former ones.
    pub fn kept_key(&self) -> Option<&PublicKey> {
        match self {
            Self::Rotation(RotationStep::KeepPreviousKey(keep)) => Some(&keep.public_key),
            _ => None,
        }
    }

    /// What the step generates, if it does.
    pub fn generates(&self) -> Option<KeySpec> {
        match self {
            Self::Secret(SecretStep::CreateSecret(new))
            | Self::Rotation(RotationStep::StageKey(new)) => Some(new.key),
            _ => None,
        }
    }
}

impl From<ObjectStep> for Step {
    fn from(step: ObjectStep) -> Self {
        Self::Object(step)
    }
}

impl From<SecretStep> for Step {
    fn from(step: SecretStep) -> Self {
        Self::Secret(step)
    }
}

impl From<RotationStep> for Step {
    fn from(step: RotationStep) -> Self {
        Self::Rotation(step)
    }
}

impl From<OutputStep> for Step {
    fn from(step: OutputStep) -> Self {
        Self::Output(step)
    }
}

impl From<AzureStep> for Step {
    fn from(step: AzureStep) -> Self {
        Self::Azure(step)
    }
}
