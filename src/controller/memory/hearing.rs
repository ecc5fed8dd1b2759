//! What the watches show of a key, and of what is kept for it, while a reconcile of it is at work, and what that reconcile knows
//! of it.

use std::time::Instant;

/// What was shown since a reconcile began, and what it knows of that.
#[derive(Debug, Default)]
pub(in crate::controller) struct Hearing {
    /// Whether the reconcile is at work. After it only its own writes are awaited that no watch has shown.
    pub(super) is_at_work: bool,
    /// When it began: what it reads is no older.
    pub(super) begun: Option<Instant>,
    /// The newest version of the object that was shown.
    pub(super) shown: Option<u128>,
    /// Whether something that is kept for it was shown.
    pub(super) has_shown_beside: bool,
    /// The versions of that which the reconcile does not know.
    pub(super) shown_beside: Vec<String>,
    /// The versions of what is kept for it that the reconcile has written, or has read instead, and that were not shown since.
    pub(super) known_beside: Vec<String>,
    /// The same, of the reconcile before.
    pub(super) known_before: Vec<String>,
    /// The version of the object about which nothing more was to be done.
    pub(super) decided: Option<u128>,
    /// Whether an answer of the API server has shown what others have changed meanwhile.
    pub(super) is_overtaken: bool,
}

impl Hearing {
    /// A reconcile begins after another, of which this is left.
    pub(super) fn begin(before: Option<Box<Self>>) -> Box<Self> {
        Box::new(Self {
            is_at_work: true,
            begun: Some(Instant::now()),
            known_before: before.map(|before| before.known_beside).unwrap_or_default(),
            ..Self::default()
        })
    }

    /// Something that is kept for the object is shown.
    pub(super) fn shows_beside(&mut self, version: &str) {
        self.has_shown_beside = true;
        if !self.is_known(version) {
            self.shown_beside.push(version.to_owned());
        }
    }

    /// Whether this is an own write that was not shown before.
    pub(super) fn is_known(&mut self, version: &str) -> bool {
        take(&mut self.known_beside, version) || take(&mut self.known_before, version)
    }

    /// The reconcile has written something that is kept for the object, or has read it.
    pub(super) fn knows_beside(&mut self, version: &str) {
        // The watch may be faster than the answer.
        if !take(&mut self.shown_beside, version) {
            self.known_beside.push(version.to_owned());
        }
    }

    /// Whether something was shown upon which the reconcile has not decided.
    pub(super) fn has_news(&self) -> bool {
        let is_undecided = self.decided.is_none() && self.has_shown_beside;
        self.shown > self.decided || !self.shown_beside.is_empty() || is_undecided
    }

    /// What is awaited after the end of a reconcile that has decided.
    pub(super) fn end(self) -> Option<Box<Self>> {
        let awaits = self.decided.is_some() && !self.known_beside.is_empty();
        awaits.then(|| {
            Box::new(Self {
                known_beside: self.known_beside,
                ..Self::default()
            })
        })
    }
}

/// Takes a version out of others, if it is among them.
fn take(versions: &mut Vec<String>, version: &str) -> bool {
    let found = versions.iter().position(|one| one == version);
    if let Some(at) = found {
        versions.swap_remove(at);
    }
    found.is_some()
}
