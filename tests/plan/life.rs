//! A pass over a world of values, as the controller makes one: the same moves, each step with the effect that the plan
//! says it has.

use sshkey_operator::{
    api::Reason,
    plan::{
        AzureRecord, Concern, Failure, Fresh, Freshness, GeneratedKey, ImportedKey, KeyView, Move,
        ObjectStep, Observed, Outcome, OutputView, Place, Plan, RotationSecret, RotationSecrets,
        RotationStep, SecretStep, SecretView, Step, audit, effect, next_move, plan, report,
        takes_up_secret,
    },
};

use crate::world::{ORPHAN_AFTER, World, at, pair};

/// More steps than any life takes.
const TOO_MANY: usize = 32;

impl World {
    /// Observes, then plans and acts as the controller does, and stops (crashes) before the step of number `stop`.
    /// Returns whether it came to the end.
    pub(crate) fn reconcile(&mut self, stop: usize) -> bool {
        self.pass(stop).is_some()
    }

    /// The steps of one pass; `None` when it stopped before the one of number `most`.
    pub(crate) fn pass(&mut self, most: usize) -> Option<Vec<Step>> {
        let desired = self.desired();
        let mut observed = self.observed();
        let takes_up = takes_up_secret(&desired, &observed);
        let mut taken = Vec::new();
        loop {
            let decided = plan(&desired, &observed, ORPHAN_AFTER, at(self.now));
            assert!(taken.len() < TOO_MANY, "it does not settle: {decided:?}");
            match next_move(&desired, &observed, &decided, &taken) {
                Move::Rest => {
                    self.report_of(&observed, &decided, None);
                    return Some(taken);
                }
                Move::GiveUp { step, failure } => {
                    if let Some(output) = step.output() {
                        observed.output_failed(output, failure);
                        continue;
                    }
                    self.report_of(&observed, &decided, Some((&step, &failure)));
                    return Some(taken);
                }
                Move::Read(place) => observed = observed.after(self.read_place(&place)),
                Move::Take(_) if taken.len() == most => return None,
                Move::Take(step) if self.refuses == Some(step.name()) => {
                    let failure = Failure::to_fix(Reason::AccessDenied, "refused for good");
                    match step.output().cloned() {
                        Some(output) => observed.output_failed(&output, failure),
                        None => observed.refuse(step, failure),
                    }
                }
                Move::Take(step) => {
                    if self.another_operator_before == Some(taken.len()) {
                        self.another_operator_before = None;
                        self.reconcile(usize::MAX);
                        // The API server refuses a change of an object that was changed meanwhile.
                        if self.released || matches!(step.concern(), Concern::Object) {
                            return None;
                        }
                    }
                    let outcome = self.act(&step);
                    self.writes += 1;
                    let after = observed.clone().after(outcome);
                    let lines = audit(&step, &desired, &observed, &after, takes_up);
                    self.audit.extend(lines);
                    observed = after;
                    taken.push(step);
                    if self.released {
                        return Some(taken);
                    }
                }
            }
        }
    }

    /// Writes the status of a pass that has come to its end.
    fn report_of(
        &mut self,
        observed: &Observed,
        decided: &Plan,
        failed: Option<(&Step, &Failure)>,
    ) {
        let now = at(self.now);
        let desired = self.desired();
        let written = report(&desired, observed, decided, failed, &self.status, 1, now).status;
        self.writes += usize::from(written != self.status);
        self.status_is(written);
    }

    /// A read that goes before a step. What it has shown, the next look knows.
    pub(crate) fn read_place(&mut self, place: &Place) -> Outcome {
        match place {
            Place::Azure(id) => {
                if let Some(listed) = &mut self.listed {
                    listed.remove(id);
                    let there = self.azure.get(id).cloned();
                    listed.extend(there.map(|key| (id.clone(), key)));
                }
                Outcome::Azure(id.clone(), self.read(id))
            }
            Place::RotationSecrets => Outcome::RotationSecrets(self.rotation_secrets_read()),
            Place::Object => Outcome::Object(self.object.clone()),
        }
    }

    /// Everything there is, as it is.
    pub(crate) fn truth(&self) -> Observed {
        let mut truth = Observed {
            rotation_secrets: self.rotation_secrets_read(),
            ..self.observed()
        };
        let all = self.azure.keys().chain(truth.azure.keys());
        let azure = all.map(|id| (id.clone(), self.read(id))).collect();
        truth.azure = azure;
        truth
    }

    /// Takes a step, and answers with what is there after it.
    pub(crate) fn act(&mut self, step: &Step) -> Outcome {
        self.check(step);
        let fresh = Self::fresh(step);
        let is_made = match step {
            Step::Secret(SecretStep::CreateSecret(_)) => self.secret == SecretView::Absent,
            Step::Rotation(RotationStep::StageKey(_)) => self.staged == RotationSecret::Absent,
            _ => false,
        };
        if is_made {
            self.generated.extend(fresh.key.clone());
        }
        let outcome = effect(step, &self.desired(), &self.truth(), &fresh);
        self.become_as_after(step, &outcome);
        if let Some(webhook) = self.webhook {
            webhook(self);
        }
        self.answer(outcome)
    }

    fn fresh(step: &Step) -> Fresh {
        let uid = match step {
            Step::Rotation(
                RotationStep::StageKey(GeneratedKey { revision, .. })
                | RotationStep::StageImportedKey(ImportedKey { revision, .. }),
            ) => {
                format!("n{revision}")
            }
            Step::Rotation(RotationStep::KeepPreviousKey(_)) => "p1".to_owned(),
            _ if step.output().is_some() => "o1".to_owned(),
            _ => "s1".to_owned(),
        };
        Fresh {
            key: step.generates().map(pair),
            uid,
            resource_version: "1".to_owned(),
        }
    }

    /// The world after what a step has left behind.
    fn become_as_after(&mut self, step: &Step, outcome: &Outcome) {
        match outcome.clone() {
            // A write of the status goes there, one of the metadata to the object.
            Outcome::Object(object) => {
                if let Step::Object(ObjectStep::RecordPlaces { places }) = step {
                    let mut status = self.status.clone();
                    status.recorded_for = Some(self.object.uid.clone());
                    let azure = status.azure.get_or_insert_default();
                    azure.places = places.iter().map(AzureRecord::to_status).collect();
                    self.status_is(status);
                }
                self.object = object;
            }
            Outcome::Secret(secret) => self.secret = secret,
            Outcome::RotationSecrets(rotation_secrets) => {
                self.rotation_secrets_are(rotation_secrets);
            }
            Outcome::Custody(secret, rotation_secrets) => {
                self.secret = secret;
                self.rotation_secrets_are(rotation_secrets);
            }
            Outcome::Output(object, OutputView::Present(facts)) => {
                self.outputs.insert(object, *facts);
            }
            Outcome::Output(object, _) => {
                self.outputs.remove(&object);
            }
            Outcome::Azure(id, KeyView::Present { key, .. }) => {
                self.azure.insert(id, key);
            }
            Outcome::Azure(id, _) => {
                self.azure.remove(&id);
            }
            Outcome::Held(store) => {
                self.unheld_stores.remove(&store);
            }
            Outcome::Group((_, group)) => {
                self.groups.insert(group);
            }
            Outcome::Released => {
                self.object.has_finalizer = false;
                self.released = true;
            }
        }
    }

    fn rotation_secrets_are(&mut self, rotation_secrets: RotationSecrets) {
        if let RotationSecrets::Read { staged, previous } = rotation_secrets {
            self.staged = staged;
            self.previous = previous;
        }
    }

    /// What the server answers: what is there once the webhook has had its say.
    fn answer(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Object(_) => Outcome::Object(self.object.clone()),
            Outcome::Secret(_) => Outcome::Secret(self.secret.clone()),
            Outcome::RotationSecrets(_) => Outcome::RotationSecrets(self.rotation_secrets_read()),
            Outcome::Custody(..) => {
                Outcome::Custody(self.secret.clone(), self.rotation_secrets_read())
            }
            Outcome::Output(object, _) => {
                let facts = self.outputs.get(&object).cloned();
                let view = facts.map_or(OutputView::Absent, |facts| {
                    OutputView::Present(Box::new(facts))
                });
                Outcome::Output(object, view)
            }
            Outcome::Azure(id, _) => {
                let view = match self.read(&id) {
                    KeyView::Present { key, .. } => KeyView::Present {
                        key,
                        freshness: Freshness::Written,
                    },
                    KeyView::Absent { group, .. } => KeyView::Absent {
                        group,
                        freshness: Freshness::Written,
                    },
                    unknown @ KeyView::Unknown(_) => unknown,
                };
                Outcome::Azure(id, view)
            }
            Outcome::Held(_) | Outcome::Group(_) | Outcome::Released => outcome,
        }
    }
}
