//! What the watches show of a key, and of what is kept for it, while a reconcile of it is at work, and what that reconcile knows
//! of it.

/// What was shown since a reconcile began, and what it knows of that.
#[derive(Debug, Default)]
pub(in crate::controller) struct Hearing {
    /// The newest version of the object that was shown.
    pub(super) shown: Option<u128>,
    /// The versions of what is kept for it that were shown.
    pub(super) shown_beside: Vec<String>,
    /// The versions of what is kept for it that the reconcile has written, or has read instead.
    pub(super) known_beside: Vec<String>,
    /// The version of the object about which nothing more was to be done.
    pub(super) decided: Option<u128>,
    /// Whether an answer of the API server has shown what others have changed meanwhile.
    pub(super) is_overtaken: bool,
}

impl Hearing {
    /// Whether something was shown upon which the reconcile has not decided.
    pub(super) fn has_news(&self) -> bool {
        let is_known = |shown| self.decided.is_some() && self.known_beside.contains(shown);
        self.shown > self.decided || !self.shown_beside.iter().all(is_known)
    }
}
