//! From whose status what others had written there was removed lately: who writes it again and again is not fought.

use std::time::{Duration, Instant};

use crate::controller::memory::{identity::Identity, objects::Memory};

/// So long what comes back is left there.
const LEFT: Duration = Duration::from_hours(1);

impl Memory {
    /// Whether what others have written into the status of an object may be removed; it is, from then on.
    pub(in crate::controller) fn may_clear_status(
        &self,
        of: impl Into<Identity>,
        now: Instant,
    ) -> bool {
        self.change(of, |kept| {
            let last = kept.status_cleared.as_deref();
            let may = last.is_none_or(|last| now.duration_since(*last) >= LEFT);
            if may {
                kept.status_cleared = Some(Box::new(now));
            }
            may
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::SshKey;

    #[test]
    fn a_status_is_cleared_once_an_hour() {
        let memory = Memory::new(Duration::from_secs(1), Duration::from_secs(1));
        let key = |name| Identity::of::<SshKey>("team", name, "uid");
        let now = Instant::now();
        assert!(memory.may_clear_status(key("a"), now));
        assert!(memory.may_clear_status(key("b"), now));
        assert!(!memory.may_clear_status(key("a"), now + Duration::from_mins(59)));
        assert!(memory.may_clear_status(key("a"), now + LEFT));
    }
}
