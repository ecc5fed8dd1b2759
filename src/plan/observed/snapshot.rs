//! The world as the decision sees it, and how the outcome of a step changes that.

use std::collections::BTreeMap;

use crate::{
    api::{ArmId, OutputRef, StoreKey},
    keys::PublicKey,
    plan::{
        failure::Failure,
        observed::{
            azure::{Group, KeyView},
            object::ObjectFacts,
            outputs::OutputView,
            rotation_secrets::RotationSecrets,
            secret::SecretView,
        },
        records::azure::AzureRecord,
        step::kinds::Step,
    },
};

/// Everything that a decision depends on beside the spec.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The `SshKey` itself.
    pub object: ObjectFacts,
    /// Whether the `SshKey` was read from the API server in this pass, and not from a cache.
    pub object_is_live: bool,
    /// The Secret of the name that the managed Secret has or will have; absent when none is wanted.
    pub secret: SecretView,
    /// What is beside the managed Secret.
    pub rotation_secrets: RotationSecrets,
    /// The key that the user gives, by a Secret, a `ConfigMap` or a value, or why there is none; `None` when the spec
    /// names none, and while the object is being deleted.
    pub given: Option<Result<PublicKey, Failure>>,
    /// Every output that is wanted or recorded.
    pub outputs: BTreeMap<OutputRef, OutputView>,
    /// Every place in Azure where the key is wanted, or is or may be, as far as it may be asked about.
    pub azure: BTreeMap<ArmId, KeyView>,
    /// The store through which each of these was read.
    pub stores_of_places: BTreeMap<ArmId, StoreKey>,
    /// The places in Azure where this object has a key: derived from all else at each plan.
    pub known: Vec<AzureRecord>,
    /// Whether the custom resource definitions keep what a status must remember.
    pub crd_is_outdated: bool,
    /// Stores that are there and are not held for the keys that are in Azure through them, by UID.
    pub unheld_stores: BTreeMap<StoreKey, String>,
    /// Tags in Azure that somebody turned back as often as they were put right: by name, the value that was turned back,
    /// none when the tag was taken away.
    pub tags_turned_back: BTreeMap<String, Option<String>>,
    /// Whether the namespace is being deleted. Looked up only while the object is.
    pub namespace_terminating: bool,
    /// The steps that were refused for good in this pass, and why.
    pub refused: Vec<(Step, Failure)>,
}

/// What a step that was taken has changed.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The `SshKey` as it is after a patch.
    Object(ObjectFacts),
    /// The Secret as it is now.
    Secret(SecretView),
    /// What is beside the managed Secret now.
    RotationSecrets(RotationSecrets),
    /// The managed Secret and what is beside it as they are now.
    Custody(SecretView, RotationSecrets),
    /// An output as it is now.
    Output(OutputRef, OutputView),
    /// One place in Azure as it is now.
    Azure(ArmId, KeyView),
    /// A store that is held now.
    Held(StoreKey),
    /// A resource group that exists now: subscription and name, lower case.
    Group((String, String)),
    /// The object is let go: there is nothing left to decide.
    Released,
}

impl Observed {
    /// The world after a step.
    #[must_use]
    pub fn after(mut self, outcome: Outcome) -> Self {
        match outcome {
            Outcome::Object(object) => {
                self.object = object;
                self.object_is_live = true;
            }
            Outcome::Secret(secret) => self.secret = secret,
            Outcome::RotationSecrets(rotation_secrets) => self.rotation_secrets = rotation_secrets,
            Outcome::Custody(secret, rotation_secrets) => {
                self.secret = secret;
                self.rotation_secrets = rotation_secrets;
            }
            Outcome::Output(object, view) => {
                self.outputs.insert(object, view);
            }
            Outcome::Azure(id, view) => {
                self.azure.insert(id, view);
            }
            Outcome::Group(created) => {
                for (id, view) in &mut self.azure {
                    if id.group_key() == created
                        && let KeyView::Absent { group, .. } = view
                    {
                        *group = Group::Exists;
                    }
                }
            }
            Outcome::Held(store) => {
                self.unheld_stores.remove(&store);
            }
            Outcome::Released => self.object.has_finalizer = false,
        }
        self
    }

    /// A step on an output failed: what it met is what is known of it, and the others go on.
    pub fn output_failed(&mut self, output: &OutputRef, failure: Failure) {
        let view = OutputView::Unknown(failure);
        self.outputs.insert(output.clone(), view);
    }

    /// What is known of a place in Azure where this object has a key.
    pub fn record(&self, id: &ArmId) -> Option<&AzureRecord> {
        self.known.iter().find(|record| record.id == *id)
    }

    /// The key pair in the managed Secret, when there is one to be read.
    pub fn stored_key(&self) -> Option<&PublicKey> {
        match &self.secret {
            SecretView::Present(facts) => facts.key.readable(),
            SecretView::Absent => None,
        }
    }

    /// A step was refused for good in this pass.
    pub fn refuse(&mut self, step: Step, failure: Failure) {
        self.refused.push((step, failure));
    }

    /// Why a step of this kind was refused, of the first that fits.
    pub(crate) fn refusal(&self, fits: impl Fn(&Step) -> bool) -> Option<&Failure> {
        let mut refused = self.refused.iter();
        refused
            .find(|(step, _)| fits(step))
            .map(|(_, failure)| failure)
    }
}
