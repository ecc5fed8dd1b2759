//! What no step may do, in whatever world.

use sshkey_operator::{
    api::ArmId,
    keys::PublicKey,
    plan::{AzureStep, OutputContent, OutputStep, RotationStep, Step, current_key},
};

use crate::world::World;

impl World {
    /// What a step must not do in this world.
    pub(crate) fn check(&mut self, step: &Step) {
        if let Some(id) = step.azure_id()
            && !matches!(step, Step::Azure(AzureStep::CreateResourceGroup { .. }))
        {
            self.check_whose(step, id);
        }
        match step {
            Step::Output(OutputStep::CreateOutput(content))
                if !self.outputs.contains_key(&content.object) =>
            {
                self.check_output(content);
            }
            Step::Output(OutputStep::UpdateOutput(update)) => self.check_output(&update.content),
            Step::Azure(AzureStep::PublishKey(publish)) => {
                self.check_published(&publish.id, &publish.public_key);
            }
            Step::Azure(AzureStep::UpdateAzureKey(update)) => {
                let id = &update.id;
                assert!(self.azure.contains_key(id), "only what is there is updated");
                if let Some(key) = &update.public_key {
                    self.check_published(id, key);
                }
            }
            Step::Rotation(RotationStep::KeepPreviousKey(keep)) => {
                self.check_kept(keep.from, &keep.public_key);
            }
            Step::Rotation(RotationStep::ActivateKey(next)) => {
                self.check_activated(&next.public_key);
            }
            _ => {}
        }
    }

    /// An output holds the object's key, is recorded, and takes the place of nobody else's.
    fn check_output(&mut self, content: &OutputContent) {
        let object = &content.object;
        let known = current_key(&self.desired(), &self.observed()).cloned();
        if known.as_ref() != Some(&content.public_key) {
            let preset = content.shape.preset;
            self.violations
                .push(format!("{object} ({preset}) holds another key"));
        }
        if !self.object.outputs.contains(object) {
            self.violations.push(format!("{object} is not recorded"));
        }
        let owner = self.outputs.get(object).map(|facts| &facts.owner_name);
        if owner.is_some_and(|owner| owner.as_deref() != Some("web")) {
            self.violations
                .push(format!("{object} of somebody else was changed"));
        }
    }

    /// Promises 1 and 2: what goes to Azure is stored, recorded, and takes the place of nobody else's.
    fn check_published(&mut self, id: &ArmId, public_key: &PublicKey) {
        let stored = current_key(&self.desired(), &self.observed()).cloned();
        let staged = self.staged.ours().and_then(|staged| staged.key.readable());
        if stored.as_ref() != Some(public_key) && staged != Some(public_key) {
            self.violations
                .push(format!("{id} was published without being stored"));
        }
        if self.object.hint(id).is_none() {
            self.violations
                .push(format!("{id} was published without being recorded"));
        }
        if !self.object.has_finalizer {
            self.violations
                .push(format!("{id} was published without a finalizer"));
        }
    }

    /// A key in Azure under another object's whole mark stays as it is, and so does what a test says to be another's.
    fn check_whose(&mut self, step: &Step, id: &ArmId) {
        let Some(there) = self.azure.get(id) else {
            return;
        };
        let own = self.mark();
        let parts = own.tags().map(|(name, own)| {
            let mut tags = there.tags.iter();
            let found = tags.find(|(tag, _)| tag.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value == own)
        });
        let is_whole = parts.iter().all(Option::is_some);
        let is_anothers = is_whole && parts[..3].contains(&Some(false));
        if is_anothers || self.strangers.contains(id) {
            self.violations
                .push(format!("{} of another's key {id}", step.name()));
        }
    }
}
