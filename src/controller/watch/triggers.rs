//! What starts the reconciles of a watch's own objects: each change, and once a list is complete, every object on it.
//!
//! A list comes in pages, and what the watch knows becomes the list only with its last page. An object that started a
//! reconcile with its own page would be reconciled as it was before the list, and then not again: one that was deleted and
//! created again while the watch was interrupted would never be seen.

use std::fmt::Debug;

use futures::{StreamExt, TryStreamExt, stream};
use kube::{
    Api, Resource,
    api::ObjectMeta,
    core::error_boundary::InvalidObject,
    runtime::{
        Controller, WatchStreamExt, reflector,
        watcher::{self, Event},
    },
};
use serde::de::DeserializeOwned;

use crate::kubernetes::{cut::cut, guarded::Guarded};

/// A controller whose memory of an object holds what the operator reads of it and no more. `hear` is given what the watch
/// knows, and makes what hears each of its events before that changes.
pub(in crate::controller) fn controller<K, H>(
    api: Api<Guarded<K>>,
    watched: watcher::Config,
    hear: impl FnOnce(&reflector::Store<Guarded<K>>) -> H,
) -> Controller<Guarded<K>>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
    H: FnMut(&Event<Guarded<K>>) + Send + 'static,
{
    let (reader, writer) = reflector::store();
    let mut hear = hear(&reader);
    let mut listed = Listed::default();
    let triggers = watcher::watcher(api, watched)
        .modify(cut)
        .inspect_ok(move |event| hear(event))
        .reflect(writer)
        .flat_map(move |event| {
            stream::iter(match event {
                Ok(event) => listed.triggers(event).into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            })
        });
    Controller::for_stream(triggers, reader)
}

/// The objects of a list that is under way, by their names alone.
#[derive(Default)]
struct Listed(Vec<ObjectMeta>);

impl Listed {
    /// The objects that are to be reconciled because of an event. Of those on a list nothing but the name matters: a
    /// reconcile takes the object from what the watch knows.
    fn triggers<K>(&mut self, event: Event<Guarded<K>>) -> Vec<Guarded<K>>
    where
        K: Resource,
    {
        match event {
            Event::Apply(object) => vec![object],
            Event::Delete(_) => Vec::new(),
            Event::Init => {
                self.0.clear();
                Vec::new()
            }
            Event::InitApply(object) => {
                let meta = object.meta();
                self.0.push(ObjectMeta {
                    name: meta.name.clone(),
                    namespace: meta.namespace.clone(),
                    uid: meta.uid.clone(),
                    resource_version: meta.resource_version.clone(),
                    ..ObjectMeta::default()
                });
                Vec::new()
            }
            Event::InitDone => {
                let only_named = |metadata| {
                    Guarded(Err(InvalidObject {
                        error: String::new(),
                        metadata,
                    }))
                };
                let listed = std::mem::take(&mut self.0);
                listed.into_iter().map(only_named).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use kube::ResourceExt;

    use super::*;
    use crate::api::SshKey;

    fn names(listed: &mut Listed, event: Event<Guarded<SshKey>>) -> Vec<String> {
        let triggers = listed.triggers(event).into_iter();
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
        listed.triggers(Event::InitApply(key("a")));
        listed.triggers::<SshKey>(Event::Init);
        listed.triggers(Event::InitApply(key("b")));
        assert_eq!(names(&mut listed, Event::InitDone), ["b"]);
    }

    #[test]
    fn a_change_is_reconciled_at_once_and_a_deletion_is_not() {
        let mut listed = Listed::default();
        assert_eq!(names(&mut listed, Event::Apply(key("a"))), ["a"]);
        assert!(names(&mut listed, Event::Delete(key("a"))).is_empty());
    }
}
