//! What wakes an object beside a change of itself: its turn has come, or work that was done for it.

use std::sync::Arc;

use futures::{Stream, StreamExt, future::ready, stream};
use kube::runtime::reflector::{ObjectRef, Store};

use crate::{
    api::AzureStore,
    controller::{blocking::Asker, context::Context, memory::identity::Place, turns::calls::Calls},
    kubernetes::guarded::{Guarded, Watched},
};

/// Objects of a watch of one namespace, or of all, whose turn is near.
pub(in crate::controller) fn called<W>(
    calls: &Calls,
    namespace: Option<String>,
) -> impl Stream<Item = ObjectRef<W>> + Send + 'static
where
    W: Watched,
{
    calls.listen().filter_map(move |place| {
        let of = place.namespace();
        let is_watched = namespace.as_ref().is_none_or(|namespace| namespace == of);
        ready(place.object().filter(|_| is_watched))
    })
}

/// Has the objects of a list called when their turns are near.
pub(in crate::controller) fn called_by(calls: &Arc<Calls>) -> impl Fn(&Place) + Send + use<> {
    let calls = Arc::clone(calls);
    move |object| calls.want_changed(object)
}

/// Stores of a watch of which a key has something to tell.
pub(in crate::controller) fn stores_to_look_at(
    context: &Context,
    namespace: Option<String>,
) -> impl Stream<Item = ObjectRef<Guarded<AzureStore>>> + Send + 'static {
    let opened = context.blocking.listen().filter_map(|asker| {
        ready(match asker {
            Asker::Store { id, .. } => Some(id),
            Asker::Key { .. } | Asker::Plan { .. } => None,
        })
    });
    stream::select(context.store_uses.listen(), opened).filter_map(move |id| {
        let watched = id.namespace.filter(|of_store| {
            namespace
                .as_ref()
                .is_none_or(|namespace| namespace == of_store)
        });
        ready(watched.map(|of_store| ObjectRef::new(&id.key.name).within(&of_store)))
    })
}

/// Objects of a watch for which something was generated or opened.
pub(in crate::controller) fn done_for<W: Watched>(
    context: &Context,
    known: &Store<W>,
) -> impl Stream<Item = ObjectRef<W>> + Send + 'static {
    let known = known.clone();
    context.blocking.listen().filter_map(move |asker| {
        let object = asker.identity().place.object();
        ready(object.filter(|object| known.get(object).is_some()))
    })
}
