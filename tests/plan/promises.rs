//! What no step may do, in whatever world.

use sshkey_operator::{
    api::{ArmId, OutputRef},
    keys::PublicKey,
    plan::{Shape, Step, current_key},
};

use crate::world::World;

impl World {
    /// What a step must not do in this world.
    pub(crate) fn check(&mut self, step: &Step) {
        if let Step::PublishKey { id, .. }
        | Step::UpdateAzureKey { id, .. }
        | Step::DeleteAzureKey { id } = step
        {
            self.check_whose(step, id);
        }
        match step {
            Step::CreateOutput {
                object,
                shape,
                public_key,
                ..
            }
            | Step::UpdateOutput {
                object,
                shape,
                public_key,
                ..
            } if !matches!(step, Step::CreateOutput { .. })
                || !self.outputs.contains_key(object) =>
            {
                self.check_output(object, shape, public_key.as_ref());
            }
            Step::PublishKey { id, public_key, .. } => {
                let key = public_key.clone().expect("only a stored key is published");
                self.check_published(id, &key);
            }
            Step::UpdateAzureKey { id, public_key, .. } => {
                assert!(self.azure.contains_key(id), "only what is there is updated");
                if let Some(key) = public_key {
                    self.check_published(id, key);
                }
            }
            Step::KeepPreviousKey {
                from, public_key, ..
            } => self.check_kept(*from, public_key),
            Step::ActivateKey { public_key, .. } => self.check_activated(public_key),
            _ => {}
        }
    }

    /// An output holds the object's key, is recorded, and takes the place of nobody else's.
    fn check_output(&mut self, object: &OutputRef, shape: &Shape, key: Option<&PublicKey>) {
        let known = current_key(&self.desired(), &self.observed()).cloned();
        if key.is_none() || known.as_ref() != key {
            self.violations
                .push(format!("{object} ({}) holds another key", shape.preset));
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
