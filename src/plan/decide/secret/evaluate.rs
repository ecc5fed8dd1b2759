//! The managed Secret: facts in order, the first that holds decides.

use crate::plan::{
    authority::secret::secret_owner,
    decide::secret::{
        existing::{self, Existing},
        lost_key::{azure_might_hold_the_key, private_key_is_lost},
        making::{create_secret, replace_lost_key},
        replacement::another_key_is_asked_for,
        situation::Situation,
    },
    decision::Evaluation,
    observed::secret::SecretView,
};

/// The facts while there is no Secret. Where none holds, the first key is made.
const WITHOUT_SECRET: [fn(&Situation<'_>) -> Option<Evaluation>; 3] = [
    // A person wants another key in the place of the lost one.
    another_key_takes_its_place,
    // A witness says that there was a key.
    the_key_is_lost,
    // A key may have been published, and Azure does not say so now.
    azure_does_not_tell,
];

/// The facts while there is a Secret. Where none holds, it keeps the key as it is wanted.
const WITH_SECRET: [fn(&Existing<'_>) -> Option<Evaluation>; 8] = [
    // It is another object's, or nobody's.
    existing::belongs_to_another,
    // It does not last.
    existing::is_going,
    // Its key can't be used, and another is to take its place, which is the rotation's business.
    existing::is_left_to_the_rotation,
    // Its key can't be used.
    existing::is_unsound,
    // It was found, with another key than the spec asks for.
    existing::holds_another_key,
    // It takes no change, and needs one.
    existing::can_not_be_repaired,
    // It is nobody's, and the spec asks for it.
    existing::is_to_be_adopted,
    // Its records or its entries are not as they are written.
    existing::is_to_be_repaired,
];

/// What to do about the Secret.
pub(crate) fn evaluate_secret(situation: Situation<'_>) -> Evaluation {
    let situation = &situation;
    match &situation.observed.secret {
        SecretView::Absent => WITHOUT_SECRET
            .iter()
            .find_map(|fact| fact(situation))
            .unwrap_or_else(|| Evaluation::steps(vec![create_secret(situation)])),
        SecretView::Present(facts) => {
            let Situation {
                desired, observed, ..
            } = *situation;
            let existing = Existing {
                situation,
                facts,
                owner: secret_owner(desired, situation.custody, observed, facts),
            };
            WITH_SECRET
                .iter()
                .find_map(|fact| fact(&existing))
                .unwrap_or_else(|| existing::keeps_the_key(&existing))
        }
    }
}

fn another_key_takes_its_place(situation: &Situation<'_>) -> Option<Evaluation> {
    let Situation {
        desired,
        custody,
        observed,
        ..
    } = *situation;
    another_key_is_asked_for(desired, custody, observed)
        .then(|| Evaluation::steps(vec![replace_lost_key(situation)]))
}

fn the_key_is_lost(situation: &Situation<'_>) -> Option<Evaluation> {
    private_key_is_lost(situation).map(Evaluation::finding)
}

fn azure_does_not_tell(situation: &Situation<'_>) -> Option<Evaluation> {
    azure_might_hold_the_key(situation).map(Evaluation::finding)
}
