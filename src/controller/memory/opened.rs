//! What came of opening what a user keeps, refusals too: to open an encrypted key or PKCS #12 takes seconds by design, and is
//! not done again while nothing has changed.

/// What came of it, and of what.
#[derive(Clone, Debug)]
pub(in crate::controller) struct Opened<T, E> {
    /// Which entries at which versions.
    pub(in crate::controller) from: String,
    pub(in crate::controller) found: Result<T, E>,
}

impl<T: Clone, E: Clone> Opened<T, E> {
    /// What came of opening these entries at these versions.
    pub(in crate::controller) fn of(&self, from: &str) -> Option<Result<T, E>> {
        (self.from == from).then(|| self.found.clone())
    }
}
