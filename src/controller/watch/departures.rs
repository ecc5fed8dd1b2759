//! Objects that are gone without this operator having let them go: a tool replaced them, which drops the finalizer, and then
//! deleted them; or a person took the finalizer away. Their last state says where their keys are in Azure.

use std::{collections::HashSet, sync::Arc};

use futures::channel::mpsc::UnboundedSender;
use kube::{
    Resource, ResourceExt,
    runtime::{reflector::Store, watcher::Event},
};

use crate::{
    api::{SshKey, names::FINALIZER},
    controller::{context::Context, memory::watched_key::WatchedKey},
};

/// Hears the events of a watch, and tells of objects that went unexpectedly.
pub(in crate::controller) struct Departures {
    context: Arc<Context>,
    /// What the watch knew before the event.
    known: Store<WatchedKey>,
    /// The UIDs of a list that is under way.
    listed: HashSet<String>,
    tell: UnboundedSender<SshKey>,
}

impl Departures {
    /// Tells through `tell` of the objects that go from what the watch knows.
    pub(in crate::controller) fn new(
        context: Arc<Context>,
        known: Store<WatchedKey>,
        tell: UnboundedSender<SshKey>,
    ) -> Self {
        Self {
            context,
            known,
            listed: HashSet::new(),
            tell,
        }
    }

    /// Hears one event, before what is known is changed by it.
    pub(in crate::controller) fn hear(&mut self, event: &Event<WatchedKey>) {
        match event {
            Event::Apply(_) => {}
            Event::Delete(gone) => self.is_gone(gone),
            Event::Init => self.listed.clear(),
            Event::InitApply(there) => self.listed.extend(there.meta().uid.clone()),
            Event::InitDone => {
                // A deletion that came while the watch was interrupted is seen by what a list does not have any more.
                let listed = std::mem::take(&mut self.listed);
                let is_listed =
                    |uid: &Option<String>| uid.as_ref().is_some_and(|uid| listed.contains(uid));
                let known = self.known.state().into_iter();
                for gone in known.filter(|known| !is_listed(&known.meta().uid)) {
                    self.is_gone(&gone);
                }
            }
        }
    }

    fn is_gone(&self, gone: &WatchedKey) {
        let uid = gone.meta().uid.as_deref().unwrap_or_default();
        self.context.store_uses.key_is_gone(uid);
        let was_released = self.context.memory.end_release(gone);
        if let (false, Ok(object)) = (was_released, gone.read()) {
            let last = self.last_state(object);
            if was_worked_on(&last) {
                // Fails only when the watch ends, and everything with it.
                let _ = self.tell.unbounded_send(last);
            }
        }
    }

    /// The object as the watch saw it last, with what this operator wrote on it meanwhile.
    fn last_state(&self, mut last: SshKey) -> SshKey {
        if let Some(written) = self.context.memory.last_write(&last) {
            last.status = last.status.or_else(|| written.status.clone());
            let own = written.annotations().clone();
            let mut all = own;
            all.extend(last.annotations().clone());
            last.metadata.annotations = Some(all);
        }
        last
    }
}

/// Whether this operator may have made something for the object.
fn was_worked_on(last: &SshKey) -> bool {
    let status = last.status.as_ref();
    let is_own = status.is_some_and(|status| status.recorded_for == last.metadata.uid);
    is_own || last.finalizers().iter().any(|one| one == FINALIZER)
}
