//! A person's request to check a store at once: by a new token, and by a list of its own.

use crate::controller::{
    context::Context,
    memory::definitions::Definitions,
    sessions::store_object::StoreObject,
    sshkey::observe::look_request::{are_kept, requested},
};

/// Whether the operator has yet to act on a request. None is open where older definitions drop the answer: it would never end.
pub(in crate::controller) async fn is_open<K: StoreObject>(context: &Context, store: &K) -> bool {
    let before = before(store);
    let is_open = requested(store).is_some_and(|request| before != Some(request));
    is_open && are_kept(context, Definitions::keep_requests_to_stores).await
}

/// The request that the status is to name as acted upon.
pub(in crate::controller) fn handled<K: StoreObject>(
    context: &Context,
    store: &K,
    is_answer: bool,
) -> Option<String> {
    let named = if is_answer {
        requested(store)
    } else {
        before(store)
    };
    let named = named.filter(|_| context.definitions.keep_requests_to_stores());
    named.map(str::to_owned)
}

fn before<K: StoreObject>(store: &K) -> Option<&str> {
    store.status()?.last_handled_reconcile_at.as_deref()
}
