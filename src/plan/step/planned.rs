//! A step among others that are decided, or what stands for it while there is no key yet.

use crate::{
    api::{ArmId, OutputRef},
    plan::{
        desired::outputs::Shape,
        step::{azure::publication, kinds::Step, output},
    },
};

/// What is to be done at one point of a plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Planned {
    /// A step, with all that it takes.
    Step(Step),
    /// What will be a step once there is a key.
    Preview(Preview),
}

/// What would be done with a key that does not exist yet: it is shown, and becomes a step when the plan is made again.
#[derive(Clone, Debug, PartialEq, strum::IntoStaticStr)]
pub enum Preview {
    /// An output is to be created.
    CreateOutput {
        /// The output.
        object: OutputRef,
        /// Its entries, and how they are written.
        shape: Shape,
    },
    /// An output is to be put in order.
    UpdateOutput {
        /// The output.
        object: OutputRef,
    },
    /// The key is to be created in Azure.
    PublishKey {
        /// Its place.
        id: ArmId,
    },
}

impl Planned {
    /// The name of the step.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Step(step) => step.name(),
            Self::Preview(preview) => preview.into(),
        }
    }

    /// What is done, for a person.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Step(step) => step.describe(),
            Self::Preview(preview) => preview.describe(),
        }
    }

    /// The place in Azure that is written to.
    pub(crate) fn azure_id(&self) -> Option<&ArmId> {
        match self {
            Self::Step(step) => step.azure_id(),
            Self::Preview(Preview::PublishKey { id }) => Some(id),
            Self::Preview(Preview::CreateOutput { .. } | Preview::UpdateOutput { .. }) => None,
        }
    }

    /// The output that is created.
    pub(crate) fn created_output(&self) -> Option<&OutputRef> {
        match self {
            Self::Step(step) => step.created_output(),
            Self::Preview(Preview::CreateOutput { object, .. }) => Some(object),
            Self::Preview(Preview::UpdateOutput { .. } | Preview::PublishKey { .. }) => None,
        }
    }
}

impl Preview {
    fn describe(&self) -> String {
        match self {
            Self::CreateOutput { object, shape } => output::creation(object, shape),
            Self::UpdateOutput { object } => output::order(object),
            Self::PublishKey { id } => publication(id),
        }
    }
}

impl From<Step> for Planned {
    fn from(step: Step) -> Self {
        Self::Step(step)
    }
}
