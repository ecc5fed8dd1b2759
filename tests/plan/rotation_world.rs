//! What a rotation must not do to a world of values, and what is to be seen of it there.

use sshkey_operator::plan::{FormerKey, KeptFrom, SecretView};

use crate::world::World;

impl World {
    /// What is kept is what is there.
    pub(crate) fn check_kept(&mut self, from: KeptFrom, public_key: &sshkey_operator::keys::PublicKey) {
        let there = match from {
            KeptFrom::Managed => match &self.secret {
                SecretView::Present(facts) => facts.key.readable().cloned(),
                SecretView::Absent => None,
            },
            KeptFrom::Staging => self.staged_key(),
        };
        if there.as_ref() != Some(public_key) {
            self.violations.push("another key was kept".into());
        }
    }

    /// The key that goes is kept, and what takes over was staged and is in Azure.
    pub(crate) fn check_activated(&mut self, next: &sshkey_operator::keys::PublicKey) {
        if self.staged_key().as_ref() != Some(next) {
            self.violations.push("what was not staged took over".into());
        }
        let former = self.former();
        if let SecretView::Present(facts) = &self.secret
            && let Some(current) = facts.key.readable()
            && !former.iter().any(|kept| kept.public_key == *current)
        {
            self.violations
                .push("a key was overwritten and not kept".into());
        }
        if self.spec.azure.is_some()
            && !self
                .azure
                .values()
                .any(|key| key.public_key.as_ref() == Ok(next))
            && self.secret != SecretView::Absent
        {
            self.violations
                .push("a key took over before it was published".into());
        }
    }

    /// The key that is staged.
    pub(crate) fn staged_key(&self) -> Option<sshkey_operator::keys::PublicKey> {
        self.staged.ours()?.key.readable().cloned()
    }

    /// The former keys.
    pub(crate) fn former(&self) -> Vec<FormerKey> {
        self.previous
            .ours()
            .map(|facts| facts.keys.clone())
            .unwrap_or_default()
    }

    /// The current key.
    pub(crate) fn current(&self) -> sshkey_operator::keys::PublicKey {
        let SecretView::Present(facts) = &self.secret else {
            panic!("there is no Secret")
        };
        facts.key.readable().expect("there is a key").clone()
    }

    /// Which key is the current one.
    pub(crate) fn revision(&self) -> u32 {
        let SecretView::Present(facts) = &self.secret else {
            panic!("there is no Secret")
        };
        facts.revision
    }
}
