//! What a pass does next: the part of the decision that depends on how something is known and on what was done already.
//! The loop of a reconcile, the loop that puts a vanished object away, the tests of the plan and the model all ask it.

use crate::{
    api::{ArmId, Reason},
    plan::{
        decide::dependents::is_open_in,
        decision::Plan,
        desired::{azure::Wanted, resolve::Desired},
        failure::Failure,
        observed::{
            azure::{Freshness, KeyView},
            rotation_secrets::RotationSecrets,
            snapshot::Observed,
        },
        step::{
            azure::{AzureStep, UpdateAzureKey},
            kinds::Step,
            object::{ObjectStep, Record},
            output::OutputStep,
            rotation::RotationStep,
            secret::SecretStep,
        },
    },
};

/// The next move of a pass.
#[derive(Clone, Debug, PartialEq)]
pub enum Move {
    /// Read this, lay it over what was observed, and plan again: what is known of it is not good enough to act upon.
    Read(Place),
    /// Take this step: one request.
    Take(Step),
    /// Leave this step: it would write again what was just written and turned back.
    GiveUp {
        /// The step that is left.
        step: Step,
        /// What to report of it.
        failure: Failure,
    },
    /// Nothing is left to do now.
    Rest,
}

/// What can be read before a step rests on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// One key in Azure.
    Azure(ArmId),
    /// The Secrets of the next and of the former keys.
    RotationSecrets,
    /// The `SshKey` itself, from the API server.
    Object,
}

/// The next move: from the plan for what was observed, and the steps that this pass has `taken` already.
///
/// # Expected flow
/// A caller observes, and then repeats: [`plan()`](crate::plan::plan()), `next_move`, the move, and its outcome laid over the
/// observation; until [`Move::Rest`], a failure, or [`MOST_STEPS`] steps.
///
/// # Guarantees
/// - A suspended object takes no step but those of its deletion.
/// - No step writes to Azure upon a list, or upon the answer to an earlier write: the key is read first.
/// - What is no longer wanted in Azure is deleted only after its successor was read there.
/// - A place in Azure is forgotten only after it was read.
/// - A key, a Secret and an output are deleted only after the object was read, and not upon a cached copy.
/// - No key is staged before the Secrets of the rotation were read.
/// - A step that was refused for good stops those that rest on it, and no other.
/// - What was written once in a pass is not written again: whatever turned it back would do so again.
///
/// # Assumptions
/// `taken` holds the steps of this pass alone. The tags of a key have a memory of their own that reaches farther back
/// ([`Observed::tags_turned_back`]), so a step that writes nothing but tags is never left here.
pub fn next_move(desired: &Desired, observed: &Observed, plan: &Plan, taken: &[Step]) -> Move {
    if desired.suspended && !plan.deleting {
        return Move::Rest;
    }
    let Some(step) = next_step(plan, observed) else {
        return Move::Rest;
    };
    if let Some(failure) = was_turned_back(taken, step) {
        return Move::GiveUp {
            step: step.clone(),
            failure,
        };
    }
    read_first(desired, observed, step).map_or_else(|| Move::Take(step.clone()), Move::Read)
}

/// The step that the next move is about: the first that was not refused and rests on none that was.
pub fn next_step<'a>(plan: &'a Plan, observed: &Observed) -> Option<&'a Step> {
    plan.steps
        .iter()
        .find(|step| is_open_in(plan, observed, step))
}

/// The most steps of one pass. A plan that is not settled after so many never will be: an outcome does not change what
/// it should.
pub const MOST_STEPS: usize = 64;

/// What must be read before the step is taken, in the order of cost.
fn read_first(desired: &Desired, observed: &Observed, step: &Step) -> Option<Place> {
    stages_unseen(observed, step)
        .or_else(|| successor_is_only_sent(desired, observed, step))
        .or_else(|| writes_upon_a_list(observed, step))
        .or_else(|| forgets_upon_a_list(observed, step))
        .or_else(|| deletes_upon_a_cache(observed, step))
}

/// A rotation that nobody remembers may be under way: its Secrets tell.
fn stages_unseen(observed: &Observed, step: &Step) -> Option<Place> {
    let stages = matches!(
        step,
        Step::Rotation(RotationStep::StageKey(_) | RotationStep::StageImportedKey(_))
    );
    (stages && observed.rotation_secrets == RotationSecrets::Unread)
        .then_some(Place::RotationSecrets)
}

/// The key at its new place may have been sent there and not be there.
fn successor_is_only_sent(desired: &Desired, observed: &Observed, step: &Step) -> Option<Place> {
    let Step::Azure(AzureStep::DeleteAzureKey { id }) = step else {
        return None;
    };
    let wanted = desired.azure.as_ref()?.target.as_ref().ok();
    let successor = wanted.map(Wanted::id)?;
    let is_only_sent = matches!(
        observed.azure.get(successor),
        Some(KeyView::Present {
            freshness: Freshness::Written,
            ..
        })
    );
    (successor != id && is_only_sent).then(|| Place::Azure(successor.clone()))
}

/// A list may be old, and another may have written since we did: good enough to see that nothing differs.
fn writes_upon_a_list(observed: &Observed, step: &Step) -> Option<Place> {
    let id = step.azure_id()?;
    let freshness = match observed.azure.get(id)? {
        KeyView::Present { freshness, .. } | KeyView::Absent { freshness, .. } => *freshness,
        KeyView::Unknown(_) => return None,
    };
    (freshness != Freshness::Live).then(|| Place::Azure(id.clone()))
}

/// A place is forgotten only once a read has shown that our key is not there.
fn forgets_upon_a_list(observed: &Observed, step: &Step) -> Option<Place> {
    let Step::Object(ObjectStep::Record(Record { records, .. })) = step else {
        return None;
    };
    let known = observed.object.hints.iter().flatten();
    let mut forgotten = known.filter(|known| !records.iter().any(|kept| kept.id == known.id));
    let is_read = |id: &ArmId| match observed.azure.get(id) {
        Some(KeyView::Present { freshness, .. } | KeyView::Absent { freshness, .. }) => {
            *freshness == Freshness::Live
        }
        Some(KeyView::Unknown(_)) | None => true,
    };
    forgotten
        .find(|record| !is_read(&record.id))
        .map(|record| Place::Azure(record.id.clone()))
}

/// What an old copy of the object asks to delete may be wanted by now.
fn deletes_upon_a_cache(observed: &Observed, step: &Step) -> Option<Place> {
    let deletes = matches!(
        step,
        Step::Azure(AzureStep::DeleteAzureKey { .. })
            | Step::Secret(SecretStep::DeleteSecret { .. })
            | Step::Output(OutputStep::DeleteOutput { .. })
            | Step::Rotation(RotationStep::DeletePreviousKeys { .. } | RotationStep::RetireKeys(_))
    );
    (deletes && !observed.object_is_live).then_some(Place::Object)
}

/// A change that is wanted again in the very form in which it was made: a policy or a webhook turned it back. To fight
/// it would cost writes and change nothing.
fn was_turned_back(taken: &[Step], step: &Step) -> Option<Failure> {
    let only_tags = matches!(
        step,
        Step::Azure(AzureStep::UpdateAzureKey(UpdateAzureKey {
            public_key: None,
            ..
        }))
    );
    let written = step.written();
    if only_tags || !taken.iter().any(|before| before.written() == written) {
        return None;
    }
    Some(Failure::to_fix(
        Reason::ChangeTurnedBack,
        format!(
            "what was just changed is as it was before: {}. Look for a policy in Azure or a webhook in the cluster that turns it back",
            step.describe()
        ),
    ))
}
