//! What starts the reconciles of a watch's own objects: each change, and once a list is complete, a call to every object on it.
//!
//! A list comes in pages, and what the watch knows becomes the list only with its last page. An object that started a
//! reconcile with its own page would be reconciled as it was before the list, and then not again: one that was deleted and
//! created again while the watch was interrupted would never be seen.

use std::future::ready;

use futures::TryStreamExt;
use kube::{
    Api,
    runtime::{
        Controller, WatchStreamExt, reflector,
        watcher::{self, Event},
    },
};

use crate::{
    controller::{
        context::Context,
        memory::identity::{Identity, Place},
        watch::events::events,
    },
    kubernetes::{cut::cut, guarded::Watched},
};

/// A controller that keeps of each object only what the operator reads. Once a list is complete, it hands each object of the
/// list to `call`. `hear` is given what the watch knows, and makes what hears each event before that changes. `is_news`
/// says, after the watch has taken a change, whether a reconcile is to start for it.
pub(in crate::controller) fn controller<W, H>(
    context: &Context,
    call: impl Fn(&Place) + Send + 'static,
    api: Api<W>,
    watched: watcher::Config,
    hear: impl FnOnce(&reflector::Store<W>) -> H,
    is_news: impl Fn(&W) -> bool + Send + 'static,
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
        .try_filter_map(move |event| {
            let changed = listed.changed(event, &call);
            ready(Ok(changed.filter(&is_news)))
        });
    Controller::for_stream(triggers, reader)
}

/// The objects of a list that is under way, by their names alone. A reconcile takes the object from what the watch knows.
#[derive(Default)]
struct Listed(Vec<Place>);

impl Listed {
    /// The object that is to be reconciled because of an event. Calls those of a list, once it is complete.
    fn changed<W: Watched>(&mut self, event: Event<W>, call: &impl Fn(&Place)) -> Option<W> {
        match event {
            Event::Apply(object) => return Some(object),
            Event::Delete(_) => {}
            Event::Init => self.0.clear(),
            Event::InitApply(object) => self.0.push(Identity::from(&object).place),
            Event::InitDone => {
                for place in std::mem::take(&mut self.0) {
                    call(&place);
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use kube::ResourceExt;

    use super::*;
    use crate::{api::SshKey, controller::turns::calls::Calls, kubernetes::guarded::Guarded};

    /// The objects that are called and those that have changed, by name.
    fn names(listed: &mut Listed, event: Event<Guarded<SshKey>>) -> (Vec<String>, Vec<String>) {
        let calls = Calls::new(10);
        let mut called = calls.listen();
        let changed = listed.changed(event, &|place| calls.want_changed(place));
        let called = std::iter::from_fn(|| called.try_recv().ok());
        let called = called.map(|place| place.object::<SshKey>().unwrap().name);
        let changed = changed.iter().map(ResourceExt::name_any);
        (called.collect(), changed.collect())
    }

    fn called(names: &[&str]) -> (Vec<String>, Vec<String>) {
        (names.iter().map(|&name| name.to_owned()).collect(), vec![])
    }

    fn key(name: &str) -> Guarded<SshKey> {
        Guarded(Ok(SshKey::new(name, Default::default())))
    }

    #[test]
    fn objects_on_a_list_are_called_once_the_list_is_complete() {
        let mut listed = Listed::default();
        assert_eq!(names(&mut listed, Event::Init), called(&[]));
        for name in ["a", "b"] {
            let page = Event::InitApply(key(name));
            assert_eq!(names(&mut listed, page), called(&[]));
        }
        assert_eq!(names(&mut listed, Event::InitDone), called(&["a", "b"]));
        assert_eq!(names(&mut listed, Event::InitDone), called(&[]));
    }

    #[test]
    fn a_list_that_is_begun_again_forgets_what_came_before() {
        let mut listed = Listed::default();
        for event in [
            Event::InitApply(key("a")),
            Event::Init,
            Event::InitApply(key("b")),
        ] {
            assert_eq!(names(&mut listed, event), called(&[]));
        }
        assert_eq!(names(&mut listed, Event::InitDone), called(&["b"]));
    }

    #[test]
    fn a_change_is_reconciled_at_once_and_a_deletion_is_not() {
        let mut listed = Listed::default();
        let (none, changed) = names(&mut listed, Event::Apply(key("a")));
        assert!(none.is_empty());
        assert_eq!(changed, ["a"]);
        assert_eq!(names(&mut listed, Event::Delete(key("a"))), called(&[]));
    }
}
