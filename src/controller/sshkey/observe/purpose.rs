//! What an observation is for.

use crate::{
    api::SshKey,
    controller::{blocking::Asker, source::read},
};

/// What an observation is for.
#[derive(Clone, Debug)]
pub(in crate::controller) enum Purpose {
    /// The steps that it leads to are taken.
    Work,
    /// A plan asks what would be done. No step is taken, and the store's conditions stay as they are.
    Question(Asker),
}

impl Purpose {
    /// On whose behalf something is read.
    pub(in crate::controller) fn asker(&self, object: &SshKey) -> Asker {
        match self {
            Self::Work => read::asker(object),
            Self::Question(asker) => asker.clone(),
        }
    }

    /// Whether nothing is taken.
    pub(in crate::controller) fn is_question(&self) -> bool {
        matches!(self, Self::Question(_))
    }
}
