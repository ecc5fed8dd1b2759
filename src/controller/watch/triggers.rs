//! What starts the reconciles of a watch's own objects: each change, and once a list is complete, every object on it.
//!
//! A list comes in pages, and what the watch knows becomes the list only with its last page. An object that started a
//! reconcile with its own page would be reconciled as it was before the list, and then not again: one that was deleted and
//! created again while the watch was interrupted would never be seen.

use futures::{StreamExt, TryStreamExt, stream};
use kube::{
    Api,
    api::ObjectMeta,
    runtime::{
        Controller, WatchStreamExt, reflector,
        watcher::{self, Event},
    },
};

use crate::{
    controller::{context::Context, watch::events::events},
    kubernetes::{cut::cut, guarded::Watched},
};

/// A controller whose memory of an object holds what the operator reads of it and no more. `hear` is given what the watch
/// knows, and makes what hears each of its events before that changes; `is_shown` is called after the watch has
/// taken a change.
pub(in crate::controller) fn controller<W, H>(
    context: &Context,
    api: Api<W>,
    watched: watcher::Config,
    hear: impl FnOnce(&reflector::Store<W>) -> H,
    mut is_shown: impl FnMut(&W) + Send + 'static,
) -> Controller<W>
where
    W: Watched,
    H: FnMut(&Event<W>) + Send + 'static,
{
    let (reader, writer) = reflector::store();
    let mut hear = hear(&reader);
    let mut listed = Listed::default();
    let triggers = events::<W, W>(context, api, watched)
        .modify(cut)
        .inspect_ok(move |event| hear(event))
        .reflect(writer)
        .inspect_ok(move |event| {
            if let Event::Apply(object) = event {
                is_shown(object);
            }
        })
        .flat_map(move |event| {
            let (triggers, error) = match event {
                Ok(event) => (Some(listed.triggers(event)), None),
                Err(error) => (None, Some(Err(error))),
            };
            stream::iter(triggers.into_iter().flatten().map(Ok).chain(error))
        });
    Controller::for_stream(triggers, reader)
}

/// The objects of a list that is under way, by their names alone.
#[derive(Default)]
struct Listed(Vec<ObjectMeta>);

impl Listed {
    /// The objects that are to be reconciled because of an event. Of those on a list nothing but the name matters: a
    /// reconcile takes the object from what the watch knows.
    fn triggers<W: Watched>(&mut self, event: Event<W>) -> impl Iterator<Item = W> + use<W> {
        let mut changed = None;
        let mut listed = Vec::new();
        match event {
            Event::Apply(object) => changed = Some(object),
            Event::Delete(_) => {}
            Event::Init => self.0.clear(),
            Event::InitApply(object) => {
                let meta = object.meta();
                self.0.push(ObjectMeta {
                    name: meta.name.clone(),
                    namespace: meta.namespace.clone(),
                    uid: meta.uid.clone(),
                    resource_version: meta.resource_version.clone(),
                    ..ObjectMeta::default()
                });
            }
            Event::InitDone => listed = std::mem::take(&mut self.0),
        }
        changed
            .into_iter()
            .chain(listed.into_iter().map(W::only_named))
    }
}

#[cfg(test)]
mod tests {
    use kube::ResourceExt;

    use super::*;
    use crate::{api::SshKey, kubernetes::guarded::Guarded};

    fn names(listed: &mut Listed, event: Event<Guarded<SshKey>>) -> Vec<String> {
        let triggers = listed.triggers(event);
        triggers.map(|object| object.name_any()).collect()
    }

    fn key(name: &str) -> Guarded<SshKey> {
        Guarded(Ok(SshKey::new(name, Default::default())))
    }

    #[test]
    fn objects_on_a_list_are_reconciled_once_the_list_is_complete() {
        let mut listed = Listed::default();
        assert!(names(&mut listed, Event::Init).is_empty());
        for name in ["a", "b"] {
            let page = Event::InitApply(key(name));
            assert!(names(&mut listed, page).is_empty());
        }
        assert_eq!(names(&mut listed, Event::InitDone), ["a", "b"]);
        assert!(names(&mut listed, Event::InitDone).is_empty());
    }

    #[test]
    fn a_list_that_is_begun_again_forgets_what_came_before() {
        let mut listed = Listed::default();
        for event in [
            Event::InitApply(key("a")),
            Event::Init,
            Event::InitApply(key("b")),
        ] {
            assert!(names(&mut listed, event).is_empty());
        }
        assert_eq!(names(&mut listed, Event::InitDone), ["b"]);
    }

    #[test]
    fn a_change_is_reconciled_at_once_and_a_deletion_is_not() {
        let mut listed = Listed::default();
        assert_eq!(names(&mut listed, Event::Apply(key("a"))), ["a"]);
        assert!(names(&mut listed, Event::Delete(key("a"))).is_empty());
    }
}
