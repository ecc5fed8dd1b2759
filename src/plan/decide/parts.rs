//! What each part of the decision came to, and the order in which their steps are taken.

use jiff::Timestamp;

use crate::{
    api::OutputRef,
    keys::PublicKey,
    plan::{
        decide::{
            bookkeeping::{
                hints_to_write, holds, places_to_record, says_something_else, uid_to_record,
            },
            outputs::to_record,
            rotation::gate::{GatedSteps, rotation_to_record},
        },
        decision::{Evaluation, Finding, Plan},
        desired::resolve::Desired,
        observed::snapshot::Observed,
        step::{
            kinds::Step,
            object::{ObjectStep, Record},
            planned::Planned,
        },
    },
};

/// What to do about the places that are no longer wanted.
pub(crate) enum Obsolete {
    /// What is wanted goes first, and can't be had: nothing is taken away.
    NotNow,
    /// These steps.
    Steps(Vec<Step>),
    /// Something stands against it.
    Blocked(Finding),
}

/// What each part of the decision came to.
pub(crate) struct Parts {
    pub(crate) key: Evaluation,
    /// The key is lost, and another is to take its place.
    pub(crate) is_replacing: bool,
    pub(crate) rotation: GatedSteps,
    pub(crate) outputs: Option<Evaluation>,
    pub(crate) azure: Option<Evaluation>,
    pub(crate) obsolete: Obsolete,
}

impl Parts {
    /// The steps that write down what the others are about to do: stores are held, and then the object is annotated.
    pub(crate) fn records(
        &self,
        desired: &Desired,
        observed: &Observed,
        published: Option<&PublicKey>,
    ) -> Vec<Step> {
        let is_there = (self.azure.as_ref()).is_none_or(|azure| azure.finding.is_good());
        // The Secret of a next key that waits for its time says whose it was staged for, until it takes over.
        let is_staged = observed.rotation_secrets.staged().is_some();
        let is_rotated = self.rotation.first.is_none() && !is_staged;
        let is_in_step = self.key.finding.is_good() && is_there && is_rotated;
        let records = hints_to_write(desired, observed, self.azure_steps(), published);
        let mut steps = holds(observed, &records);
        let record = Record {
            recorded_uid: uid_to_record(desired, observed, is_in_step),
            records,
            outputs: self.outputs_to_record(desired, observed),
            rotation: rotation_to_record(desired, observed, self.is_sound(), &self.rotation),
        };
        if !observed.object.has_finalizer || says_something_else(&observed.object, &record) {
            steps.push(ObjectStep::Record(record).into());
        }
        steps
    }

    /// The step that writes into the status what must outlive a crash before Azure is written to.
    pub(crate) fn places(
        &self,
        desired: &Desired,
        observed: &Observed,
        published: Option<&PublicKey>,
    ) -> Option<Step> {
        places_to_record(desired, observed, self.azure_steps(), published)
    }

    /// The outputs that the object is to name. While nothing is decided of them, those that it names.
    fn outputs_to_record(&self, desired: &Desired, observed: &Observed) -> Vec<OutputRef> {
        match (&self.outputs, &self.key.finding) {
            (None, _) => Vec::new(),
            (Some(_), Finding::Blocked(_)) => observed.object.outputs.clone(),
            (Some(_), _) if self.is_replacing => observed.object.outputs.clone(),
            (Some(outputs), _) => to_record(desired, observed, &outputs.steps),
        }
    }

    /// Whether there is a key that can be used, or another is to take its place.
    fn is_sound(&self) -> bool {
        self.key.finding.is_good() || self.is_replacing
    }

    fn azure_steps(&self) -> &[Planned] {
        self.azure.as_ref().map_or(&[], |azure| &azure.steps)
    }

    /// The whole: records, the key, the first half of a rotation, all that is public, what is no longer wanted, and the
    /// second half.
    pub(crate) fn in_order(
        self,
        records: Vec<Step>,
        places: Option<Step>,
        wake_at: Option<Timestamp>,
    ) -> Plan {
        let (outputs, output_steps) = self.outputs.map(Evaluation::apart).unzip();
        let (azure, azure_steps) = self.azure.map(Evaluation::apart).unzip();
        let (azure, obsolete) = match self.obsolete {
            Obsolete::NotNow => (azure, Vec::new()),
            Obsolete::Steps(steps) => (azure, steps),
            Obsolete::Blocked(finding) => (Some(finding), Vec::new()),
        };
        let steps = planned(records)
            .chain(self.key.steps)
            .chain(planned(self.rotation.first))
            .chain(output_steps.into_iter().flatten())
            .chain(planned(places))
            .chain(azure_steps.into_iter().flatten())
            .chain(planned(obsolete))
            .chain(planned(self.rotation.last));
        let (steps, later) = until_preview(steps);
        Plan {
            steps,
            later,
            secret: self.key.finding,
            outputs,
            azure,
            rotation: self.rotation.blocked,
            wake_at,
            deleting: false,
        }
    }
}

fn planned(steps: impl IntoIterator<Item = Step>) -> impl Iterator<Item = Planned> {
    steps.into_iter().map(Planned::Step)
}

/// The steps before the first preview, and the rest: what comes after a preview waits for the same key.
fn until_preview(planned: impl Iterator<Item = Planned>) -> (Vec<Step>, Vec<Planned>) {
    let (mut steps, mut later) = (Vec::new(), Vec::new());
    for one in planned {
        match one {
            Planned::Step(step) if later.is_empty() => steps.push(step),
            other => later.push(other),
        }
    }
    (steps, later)
}
