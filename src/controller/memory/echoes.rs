//! Which events start a reconcile. The watches also show what the operator has written itself: what a reconcile has decided
//! upon already starts no other.

use kube::{ResourceExt, api::ObjectMeta};

use crate::{
    api::SshKey,
    controller::memory::{
        hearing::Hearing,
        identity::Identity,
        objects::Memory,
        own_writes::{OwnWrite, version},
    },
    kubernetes::sshkeys::StatusWritten,
};

impl Memory {
    /// A reconcile begins: when the next is due, will be said at its end.
    pub(in crate::controller) fn begin_work(&self, of: impl Into<Identity>) {
        self.change(of, |kept| {
            kept.due = None;
            kept.hearing = Some(Hearing::begin(kept.hearing.take()));
        });
    }

    /// The reconcile at work has read this state of something that is kept for the object, or has written it.
    pub(in crate::controller) fn knows(&self, of: impl Into<Identity>, beside: &ObjectMeta) {
        self.change(of, |kept| {
            if let (Some(hearing), Some(version)) = (&mut kept.hearing, &beside.resource_version) {
                hearing.knows_beside(version);
            }
        });
    }

    /// The object was changed by others since the reconcile at work read it.
    pub(in crate::controller) fn is_overtaken(&self, of: impl Into<Identity>) {
        self.change(of, |kept| {
            if let Some(hearing) = &mut kept.hearing {
                hearing.is_overtaken = true;
            }
        });
    }

    /// The API server has answered to a write of the status.
    pub(in crate::controller) fn remember_status(&self, written: StatusWritten) -> SshKey {
        if written.is_overtaken {
            self.is_overtaken(&written.live);
        }
        self.remember_write(written.live.clone());
        written.live
    }

    /// The reconcile at work has nothing more to do about this state of the object.
    pub(in crate::controller) fn has_decided(&self, object: &SshKey) {
        let decided = version(object);
        self.change(object, |kept| {
            let Some(hearing) = &mut kept.hearing else {
                return;
            };
            if hearing.is_overtaken {
                return;
            }
            hearing.decided = decided;
            if let Some(own) = &mut kept.own_write
                && version(&*own.object()) == decided
            {
                own.is_decided = true;
            }
        });
    }

    /// The reconcile has ended: whether another is needed for what the watches have shown meanwhile.
    pub(in crate::controller) fn end_work(&self, of: impl Into<Identity>) -> bool {
        self.change(of, |kept| {
            let Some(hearing) = kept.hearing.take() else {
                return false;
            };
            let is_shown = |own: &mut OwnWrite| version(&*own.object()) <= hearing.shown;
            kept.own_write.take_if(is_shown);
            let has_news = hearing.has_news();
            kept.hearing = hearing.end();
            has_news
        })
    }

    /// The watch shows this state of the object, and knows it: whether a reconcile is to start for it now. While one is at
    /// work, it is told at its end.
    pub(in crate::controller) fn hears<K>(&self, seen: &K) -> bool
    where
        K: ResourceExt,
        for<'a> &'a K: Into<Identity>,
    {
        // One that can't be compared is news.
        let seen_version = version(seen).unwrap_or(u128::MAX);
        self.change(seen, |kept| {
            let is_decided =
                |own: &OwnWrite| own.is_decided && Some(seen_version) <= version(&*own.object());
            let is_echo = kept.own_write.as_ref().is_some_and(is_decided);
            let is_shown = |own: &mut OwnWrite| version(&*own.object()) <= Some(seen_version);
            kept.own_write.take_if(is_shown);
            match &mut kept.hearing {
                Some(hearing) if hearing.is_at_work => {
                    hearing.shown = hearing.shown.max(Some(seen_version));
                    false
                }
                _ => !is_echo,
            }
        })
    }

    /// The same, of something that is kept for the object.
    pub(in crate::controller) fn hears_beside(
        &self,
        of: impl Into<Identity>,
        version: &str,
    ) -> bool {
        self.change(of, |kept| match &mut kept.hearing {
            Some(hearing) if hearing.is_at_work => {
                hearing.shows_beside(version);
                false
            }
            Some(hearing) => {
                let is_known = hearing.is_known(version);
                kept.hearing
                    .take_if(|hearing| hearing.known_beside.is_empty());
                !is_known
            }
            None => true,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn key(version: &str) -> SshKey {
        let mut key = SshKey::new("web", Default::default());
        key.metadata.namespace = Some("team".to_owned());
        key.metadata.uid = Some("u".to_owned());
        key.metadata.resource_version = Some(version.to_owned());
        key
    }

    fn beside(version: &str) -> ObjectMeta {
        ObjectMeta {
            resource_version: Some(version.to_owned()),
            ..ObjectMeta::default()
        }
    }

    /// A reconcile has begun.
    fn at_work() -> Memory {
        let memory = Memory::new(Duration::from_secs(5), Duration::from_mins(1));
        memory.begin_work(&key("1"));
        memory
    }

    #[test]
    fn what_a_reconcile_wrote_itself_starts_no_other_however_soon_it_is_shown() {
        let memory = at_work();
        memory.remember_write(key("10"));
        assert!(!memory.hears(&key("10")));
        memory.knows(&key("1"), &beside("11"));
        assert!(!memory.hears_beside(&key("1"), "11"));
        memory.remember_write(key("12"));
        memory.has_decided(&key("12"));
        assert!(!memory.end_work(&key("1")));
        assert!(!memory.hears(&key("12")), "it is shown after the end");
        assert!(memory.last_write(&key("1")).is_none());
        assert!(memory.hears(&key("13")), "another's");
        assert!(memory.hears_beside(&key("1"), "14"));
    }

    #[test]
    fn what_a_reconcile_wrote_beside_the_object_may_be_shown_after_its_end() {
        let memory = at_work();
        for version in ["10", "11", "12"] {
            memory.knows(&key("1"), &beside(version));
        }
        assert!(!memory.hears_beside(&key("1"), "10"));
        memory.has_decided(&key("1"));
        assert!(!memory.end_work(&key("1")));
        assert_eq!(memory.counts()["own_writes"], 1);
        assert!(!memory.hears_beside(&key("1"), "11"));
        memory.begin_work(&key("1"));
        assert!(!memory.hears_beside(&key("1"), "12"));
        memory.has_decided(&key("1"));
        assert!(!memory.end_work(&key("1")));
        assert!(memory.hears_beside(&key("1"), "11"), "it was shown");
        assert_eq!(memory.entries.lock().len(), 0, "nothing is left of it");
    }

    #[test]
    fn an_own_write_that_is_shown_before_its_answer_is_not_kept() {
        let memory = at_work();
        assert!(!memory.hears(&key("10")));
        memory.remember_write(key("10"));
        memory.has_decided(&key("10"));
        assert!(!memory.end_work(&key("1")));
        assert!(memory.last_write(&key("1")).is_none());
    }

    #[test]
    fn what_others_change_meanwhile_is_reconciled_at_the_end() {
        let memory = at_work();
        memory.remember_write(key("10"));
        memory.has_decided(&key("10"));
        assert!(!memory.hears(&key("11")));
        assert!(memory.end_work(&key("1")));

        memory.begin_work(&key("1"));
        memory.knows(&key("1"), &beside("12"));
        assert!(!memory.hears_beside(&key("1"), "13"));
        memory.has_decided(&key("11"));
        assert!(memory.end_work(&key("1")));
        assert!(!memory.end_work(&key("1")), "it is told once");
    }

    #[test]
    fn a_reconcile_that_decides_nothing_is_followed_by_another() {
        let memory = at_work();
        memory.remember_write(key("10"));
        assert!(!memory.hears(&key("10")));
        assert!(memory.end_work(&key("1")));

        memory.begin_work(&key("1"));
        memory.knows(&key("1"), &beside("11"));
        assert!(!memory.hears_beside(&key("1"), "11"));
        assert!(memory.end_work(&key("1")));
    }

    #[test]
    fn an_answer_that_shows_the_change_of_another_is_not_decided_upon() {
        let memory = at_work();
        memory.is_overtaken(&key("1"));
        memory.remember_write(key("10"));
        memory.has_decided(&key("10"));
        assert!(!memory.hears(&key("9")));
        assert!(memory.end_work(&key("1")));
        assert!(memory.hears(&key("10")));
    }

    #[test]
    fn one_that_has_the_name_of_another_is_always_news() {
        let memory = at_work();
        let mut other = key("10");
        other.metadata.uid = Some("other".to_owned());
        assert!(memory.hears(&other));
        assert!(!memory.end_work(&key("1")));
    }
}
