//! Which promises there are, and how often each had something to say.

use std::{
    fmt,
    sync::atomic::{AtomicUsize, Ordering},
};

use sshkey_operator::plan::{Finding, Plan, Step};

/// What the operator promises. A promise has a premise: where that does not hold, nothing is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promise {
    StoredFirst,
    DurableHalf,
    Recorded,
    ReadFirst,
    ConfirmedFirst,
    StaysPublished,
    LastCopy,
    FormerStay,
    ChangesOnRequest,
    LostStaysLost,
    OneKeyEachRevision,
    BeginsWhatCanEnd,
    OthersMarks,
    OthersKeys,
    AdoptedStay,
    FollowedStay,
    OthersSecrets,
    WithinLimits,
    RightfulPlaces,
    TrueConditions,
    ComesToRest,
    NothingLeft,
    AsWanted,
    Answered,
    OnlyDependents,
}

impl Promise {
    /// All of them, and what they say.
    pub(crate) const ALL: [(Self, &'static str); 25] = [
        (
            Self::StoredFirst,
            "a key is published only while its private half is stored",
        ),
        (
            Self::DurableHalf,
            "a published key's private half is in a Secret that is not going away",
        ),
        (
            Self::Recorded,
            "a key is published only where the object says so",
        ),
        (
            Self::ReadFirst,
            "nothing is written to Azure that was not read just before",
        ),
        (
            Self::ConfirmedFirst,
            "a key leaves a place only once its successor was read where it is wanted",
        ),
        (
            Self::StaysPublished,
            "the key that is wanted in Azure is not deleted while its object lives",
        ),
        (
            Self::LastCopy,
            "the last copy of a private key that somebody may trust stays",
        ),
        (
            Self::FormerStay,
            "as many former keys stay as were asked for",
        ),
        (
            Self::ChangesOnRequest,
            "a key changes only when somebody asked for it",
        ),
        (
            Self::LostStaysLost,
            "a lost key is made anew only when somebody asked for it",
        ),
        (Self::OneKeyEachRevision, "a revision has one key"),
        (
            Self::BeginsWhatCanEnd,
            "a rotation begins only if it can end",
        ),
        (
            Self::OthersMarks,
            "no key under another complete mark is ever written or deleted",
        ),
        (
            Self::OthersKeys,
            "no unmarked key that was neither made nor taken over on request is ever written or deleted",
        ),
        (
            Self::AdoptedStay,
            "a key that was there before its object is not deleted",
        ),
        (
            Self::FollowedStay,
            "no followed key is ever written or deleted",
        ),
        (
            Self::OthersSecrets,
            "no Secret of somebody else is ever written or deleted",
        ),
        (
            Self::WithinLimits,
            "every write is within the limits of the store",
        ),
        (
            Self::RightfulPlaces,
            "the places of a status never list one before the right to it",
        ),
        (
            Self::TrueConditions,
            "no condition is True of what is not so",
        ),
        (Self::ComesToRest, "it comes to rest"),
        (
            Self::NothingLeft,
            "an object that is gone leaves nothing of its own in Azure",
        ),
        (Self::AsWanted, "everything comes to be as it is wanted"),
        (Self::Answered, "every request is answered once"),
        (Self::OnlyDependents, "a refusal stops only its dependents"),
    ];

    /// What it says.
    pub(crate) fn text(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// Which promises are asked about, and how often the premise of each held.
pub(crate) struct Promises {
    only: Option<Promise>,
    held: [AtomicUsize; Promise::ALL.len()],
}

impl Promises {
    /// All of them.
    pub(crate) fn all() -> Self {
        Self {
            only: None,
            held: [const { AtomicUsize::new(0) }; Promise::ALL.len()],
        }
    }

    /// This one, while the others are switched off.
    pub(crate) fn only(promise: Promise) -> Self {
        Self {
            only: Some(promise),
            ..Self::all()
        }
    }

    /// How often the premise of a promise held.
    pub(crate) fn held(&self, promise: Promise) -> usize {
        self.held[promise as usize].load(Ordering::Relaxed)
    }

    /// Asks one promise.
    pub(crate) fn ask(
        &self,
        promise: Promise,
        verdict: impl FnOnce() -> Verdict,
    ) -> Option<Broken> {
        if self.only.is_some_and(|only| only != promise) {
            return None;
        }
        let verdict = verdict()?;
        self.held[promise as usize].fetch_add(1, Ordering::Relaxed);
        verdict.err().map(|what| Broken {
            promise,
            what: what.to_owned(),
        })
    }
}

/// What a promise says of something: nothing, where its premise does not hold.
pub(crate) type Verdict = Option<Result<(), &'static str>>;

/// What a promise says whose premise holds: it is kept unless this is so.
#[allow(
    clippy::unnecessary_wraps,
    reason = "a promise whose premise does not hold says nothing"
)]
pub(crate) fn unless(is_broken: bool, what: &'static str) -> Verdict {
    Some(if is_broken { Err(what) } else { Ok(()) })
}

/// A broken promise.
#[derive(Clone, Debug)]
pub(crate) struct Broken {
    pub(crate) promise: Promise,
    pub(crate) what: String,
}

impl Broken {
    /// What the operator did alone before that.
    pub(crate) fn after(self, moves: &[&str]) -> Self {
        let last = &moves[moves.len().saturating_sub(8)..];
        Self {
            what: format!("{} after {}", self.what, last.join(", ")),
            ..self
        }
    }

    /// What the plan finds that is at rest.
    pub(crate) fn in_plan(self, plan: &Plan) -> Self {
        let blocked = |finding: &Finding| match finding {
            Finding::Blocked(failure) => format!("{:?}", failure.reason),
            Finding::Good { .. } => "good".to_owned(),
            Finding::Pending => "pending".to_owned(),
        };
        let azure = plan.azure.as_ref().map(blocked);
        Self {
            what: format!(
                "{}; the key is {}, Azure {}",
                self.what,
                blocked(&plan.secret),
                azure.unwrap_or_default()
            ),
            ..self
        }
    }

    /// Which step broke it.
    pub(crate) fn by(self, step: &Step) -> Self {
        Self {
            what: format!("{} by {}", self.what, step.describe()),
            ..self
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.promise.text(), self.what)
    }
}
