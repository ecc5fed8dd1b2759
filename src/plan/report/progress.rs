//! Whether what is not Ready will get better by itself.

use jiff::{SignedDuration, Timestamp};

use crate::{
    api::{
        Condition, ConditionType, ErrorClass, Reason,
        condition::{ConditionDraft, find},
    },
    plan::{decision::Plan, desired::resolve::Desired, failure::Failure, step::kinds::Step},
};

/// How long a new role assignment may take to work.
/// <https://learn.microsoft.com/azure/role-based-access-control/troubleshooting#symptom---role-assignment-changes-are-not-being-detected>
const PROPAGATION: SignedDuration = SignedDuration::from_mins(10);

/// Whether a right that is missing may only be one that Azure does not know of yet: for the first ten minutes it is looked
/// at again without calling a person.
pub(crate) fn may_propagate(before: &[Condition], ready: &ConditionDraft, now: Timestamp) -> bool {
    let told = |kind| find(before, kind).filter(|condition| condition.status == "True");
    let given_up = told(ConditionType::Stalled)
        .is_some_and(|stalled| stalled.reason == Reason::AccessDenied.as_str());
    let since = told(ConditionType::Reconciling)
        .map_or(now, |reconciling| reconciling.last_transition_time.0);
    ready.reason == Reason::AccessDenied && !given_up && now.duration_since(since) < PROPAGATION
}

/// `Reconciling` while it will get better by itself, `Stalled` while a person must act, neither when all is well.
pub(crate) fn progress(
    desired: &Desired,
    plan: &Plan,
    ready: &ConditionDraft,
    failed: Option<(&Step, &Failure)>,
    propagates: bool,
) -> Option<ConditionDraft> {
    if ready.status == Some(true) || ready.reason == Reason::Suspended {
        return None;
    }
    let acts = match failed {
        Some((_, failure)) => failure.is_to_fix(),
        None => plan.has_no_steps() && plan.obstacle() == Some(ErrorClass::UserFixable),
    };
    // A suspended object that is held stays held; one that would go on by itself is not going on.
    if desired.suspended && !acts && !plan.deleting {
        return None;
    }
    let kind = if acts && !propagates {
        ConditionType::Stalled
    } else {
        ConditionType::Reconciling
    };
    Some(ConditionDraft::new(
        kind,
        Some(true),
        ready.reason,
        headline(&ready.message),
    ))
}

/// The first statement of a message, which Ready gives in full: tools show this condition's message in one line.
fn headline(message: &str) -> String {
    const LONGEST: usize = 160;
    const CUT: &str = " […]";
    let ends = ["; ", ". "].map(|end| message.find(end).unwrap_or(message.len()));
    let first = &message[..ends[0].min(ends[1])];
    if first.len() <= LONGEST {
        return first.to_owned();
    }
    let most = &first[..first.floor_char_boundary(LONGEST - CUT.len())];
    let end = most.rfind(' ').unwrap_or(most.len());
    format!("{}{CUT}", &most[..end])
}

#[cfg(test)]
mod tests {
    use super::headline;

    #[test]
    fn a_headline_is_the_first_statement_and_no_longer_than_a_line_or_two() {
        assert_eq!(
            headline("Secret web is gone; put it back"),
            "Secret web is gone"
        );
        assert_eq!(headline("It is gone. Put it back."), "It is gone");
        assert_eq!(headline("under way"), "under way");
        for word in ["word ", "wörd ", "é", "🔑"] {
            let cut = headline(&word.repeat(100));
            assert!(cut.len() <= 160 && cut.ends_with(" […]"), "{cut}");
            assert!(word.repeat(100).starts_with(cut.trim_end_matches(" […]")));
        }
    }
}
