//! The steps that change outputs.

use crate::{api::OutputRef, keys::PublicKey, plan::desired::outputs::Shape};

/// A change to an output.
#[derive(Clone, Debug, PartialEq, strum::IntoStaticStr, strum::VariantNames)]
pub enum OutputStep {
    /// Create an output, if no object of that name exists.
    CreateOutput(OutputContent),
    /// Put our output in order.
    UpdateOutput(UpdateOutput),
    /// Delete our output.
    DeleteOutput {
        /// The output.
        object: OutputRef,
        /// This one and no other.
        uid: String,
    },
}

/// An output, and what is written into it.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputContent {
    /// The output.
    pub object: OutputRef,
    /// Its entries, and how they are written.
    pub shape: Shape,
    /// The key, as it was read.
    pub public_key: PublicKey,
    /// Every key that may be trusted, this one among them.
    pub trusted: Vec<PublicKey>,
}

/// An output at a version, and what is written into it.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateOutput {
    /// The output and its content from now on.
    pub content: OutputContent,
    /// This one and no other.
    pub uid: String,
    /// The version that was read: a change since then refuses the patch.
    pub resource_version: String,
    /// Data keys to take out.
    pub superfluous: Vec<String>,
}

impl OutputStep {
    /// The output that the step is about.
    pub(crate) fn object(&self) -> &OutputRef {
        match self {
            Self::CreateOutput(content) => &content.object,
            Self::UpdateOutput(update) => &update.content.object,
            Self::DeleteOutput { object, .. } => object,
        }
    }

    /// What the step does, for a person.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::CreateOutput(OutputContent { object, shape, .. }) => creation(object, shape),
            Self::UpdateOutput(update) => order(&update.content.object),
            Self::DeleteOutput { object, .. } => format!("delete {object}"),
        }
    }

    /// Takes out upon which version the step was decided.
    pub(crate) fn forget_when(&mut self) {
        match self {
            Self::UpdateOutput(update) => {
                update.uid.clear();
                update.resource_version.clear();
            }
            // A deletion keeps its UID: what was deleted under another one is another object.
            Self::CreateOutput(_) | Self::DeleteOutput { .. } => {}
        }
    }
}

/// The creation of an output, for a person.
pub(crate) fn creation(object: &OutputRef, shape: &Shape) -> String {
    format!("create {object} in the shape of {}", shape.preset)
}

/// The update of an output, for a person.
pub(crate) fn order(object: &OutputRef) -> String {
    format!("put {object} in order")
}
