//! What the steps of a rotation do to a world of values.

use sshkey_operator::plan::{
    Companion, FormerKey, KeptFrom, Outcome, PreviousFacts, SecretFacts, SecretKey, SecretView,
    StagedFacts, Step,
};

use crate::world::{World, pair, secret};

impl World {
    /// Takes a step of a rotation.
    pub(crate) fn act_on_rotation(&mut self, step: &Step) -> Outcome {
        match step {
            Step::StageKey {
                key,
                revision,
                request,
                now,
                ..
            } => {
                if self.staged == Companion::Absent {
                    let key = pair(*key);
                    self.generated.push(key.clone());
                    self.staged = Companion::Ours(Box::new(StagedFacts {
                        uid: format!("n{revision}"),
                        resource_version: "1".into(),
                        revision: Some(*revision),
                        request: request.clone(),
                        created_at: Some(*now),
                        pending_since: None,
                        key: SecretKey::Readable(key),
                    }));
                }
                return Outcome::Custody(self.secret.clone(), self.companions_read());
            }
            Step::StageImportedKey {
                public_key,
                revision,
                now,
                ..
            } => {
                if self.staged == Companion::Absent {
                    self.staged = Companion::Ours(Box::new(StagedFacts {
                        uid: format!("n{revision}"),
                        resource_version: "1".into(),
                        revision: Some(*revision),
                        request: None,
                        created_at: Some(*now),
                        pending_since: None,
                        key: SecretKey::Readable(public_key.clone()),
                    }));
                }
                return Outcome::Custody(self.secret.clone(), self.companions_read());
            }
            Step::KeepPreviousKey {
                from,
                public_key,
                revision,
                kept,
                ..
            } => {
                self.check_kept(*from, public_key);
                let newest = FormerKey {
                    public_key: public_key.clone(),
                    revision: *revision,
                    retired_at: None,
                };
                let keys = std::iter::once(newest).chain(kept.iter().cloned());
                self.put_former(keys.collect());
            }
            Step::BeginDelay { now, .. } => {
                if let Companion::Ours(staged) = &mut self.staged {
                    staged.pending_since = Some(*now);
                }
            }
            Step::ActivateKey {
                public_key,
                revision,
                request,
                made,
                ..
            } => {
                self.check_activated(public_key);
                self.secret = SecretView::Present(Box::new(SecretFacts {
                    revision: *revision,
                    created_at: Some(*made),
                    request: request.clone(),
                    ..secret(public_key)
                }));
                return Outcome::Secret(self.secret.clone());
            }
            Step::DropStagedKey { .. } => self.staged = Companion::Absent,
            Step::DateFormerKeys { keys, .. } => self.put_former(keys.clone()),
            Step::RetireKeys { whole: true, .. } | Step::DeletePreviousKeys { .. } => {
                self.previous = Companion::Absent;
            }
            Step::RetireKeys { kept, .. } => self.put_former(kept.clone()),
            other => panic!("{other:?} is no step of a rotation"),
        }
        Outcome::Companions(self.companions_read())
    }

    fn put_former(&mut self, keys: Vec<FormerKey>) {
        self.previous = Companion::Ours(Box::new(PreviousFacts {
            uid: "p1".into(),
            resource_version: "1".into(),
            keys,
            is_damaged: false,
        }));
    }

    fn check_kept(&mut self, from: KeptFrom, public_key: &sshkey_operator::keys::PublicKey) {
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
    fn check_activated(&mut self, next: &sshkey_operator::keys::PublicKey) {
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
