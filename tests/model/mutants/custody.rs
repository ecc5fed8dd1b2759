//! Wrong about Secrets: whose they are, and whether they last.

use sshkey_operator::plan::{
    Durability, Observed, RotationSecret, RotationSecrets, SecretFacts, SecretView,
};

use crate::{
    mutants::kinds::{Mutant, says, sees},
    promises::kinds::Promise,
};

pub(crate) const MUTANTS: &[Mutant] = &[
    sees(
        "relies on a Secret that is being deleted",
        Promise::DurableHalf,
        "custody",
        |_, observed| with_managed(observed, |facts| facts.durability.held_by = None),
    ),
    sees(
        "relies on a next key that is being deleted",
        Promise::DurableHalf,
        "custody",
        |_, mut observed| {
            if let RotationSecrets::Read {
                staged: RotationSecret::Ours(facts),
                ..
            } = &mut observed.rotation_secrets
            {
                facts.durability = Durability::default();
            }
            observed
        },
    ),
    sees(
        "begins a rotation that an immutable Secret ends",
        Promise::BeginsWhatCanEnd,
        "custody",
        |_, observed| with_managed(observed, |facts| facts.durability.is_immutable = false),
    ),
    sees(
        "keeps former keys in a Secret that is going or takes nothing",
        Promise::BeginsWhatCanEnd,
        "custody",
        |_, mut observed| {
            if let RotationSecrets::Read {
                previous: RotationSecret::Ours(facts),
                ..
            } = &mut observed.rotation_secrets
            {
                facts.durability = Durability::default();
            }
            observed
        },
    ),
    sees(
        "takes a Secret of another namespace for its own",
        Promise::OthersSecrets,
        "backups",
        |_, observed| {
            let uid = observed.object.uid.clone();
            with_managed(observed, |facts| {
                if facts.owner_namespace.as_deref() == Some("elsewhere") {
                    facts.owner_namespace = Some("n".into());
                    facts.owner_uid = Some(uid);
                }
            })
        },
    ),
    sees(
        "takes a Secret without a record for its own",
        Promise::OthersSecrets,
        "backups",
        |_, observed| {
            let uid = observed.object.uid.clone();
            with_managed(observed, |facts| {
                if facts.owner_uid.is_none() {
                    facts.owner_uid = Some(uid);
                    facts.owner_name = Some("web".into());
                    facts.owner_namespace = Some("n".into());
                }
            })
        },
    ),
    says(
        "says that a key is available which is going away",
        Promise::TrueConditions,
        "custody",
        |mind, mut reported| {
            let there = mind.seen.managed;
            reported.has_key |= there.is_some_and(|managed| managed.key.is_some());
            reported
        },
    ),
    says(
        "says that Azure is in step while nothing is known of it",
        Promise::TrueConditions,
        "marks",
        |_, mut reported| {
            reported.is_in_azure |= reported.has_key;
            reported
        },
    ),
];

fn with_managed(mut observed: Observed, change: impl FnOnce(&mut SecretFacts)) -> Observed {
    if let SecretView::Present(facts) = &mut observed.secret {
        change(facts);
    }
    observed
}
