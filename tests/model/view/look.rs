//! What an operator looks at when it begins: the places that it may ask about, the Secrets that something tells of.

use sshkey_operator::plan::{Freshness, is_in_doubt, lets_ask};

use crate::{
    view::{
        Mind,
        desired::store_of,
        facts,
        keys::{mark, place},
    },
    world::{Azure, Came, Few, Marked, Owner, PLACES, Seen, Store, Uid},
};

impl Mind {
    /// What an operator sees that looks now, while lists of Azure show this.
    pub(crate) fn of(seen: &Seen, list: &Azure) -> Self {
        let object = &seen.object;
        let is_missing = object.metadata.finalizer && seen.managed.is_none() && !object.follows();
        let live = object.deleting || is_missing;
        let looked = (may_have_secrets(seen) || live) && !object.follows();
        let mut mind = Self {
            seen: *seen,
            looked,
            live,
            known: [None; PLACES],
            taken: Few::default(),
            refused: Few::default(),
        };
        if !looked {
            mind.seen.staged = None;
            mind.seen.previous = None;
        }
        for number in 0..PLACES {
            mind.known[number] = how_known(seen, list, number);
        }
        let own = mark(object.uid);
        let may = |number| lets_ask(Some(store_of(seen)), &own, place(number), false);
        let is_marked = |number: usize| {
            mind.known[number].is_none() && tells(seen, list, number) && may(number)
        };
        let marked = [0, 1, 2].map(is_marked);
        if marked.contains(&true) && is_searched(seen) {
            for number in (0..PLACES).filter(|number| marked[*number]) {
                let is_read = object.deleting;
                mind.known[number] = Some(if is_read {
                    Freshness::Live
                } else {
                    Freshness::Listed
                });
            }
        }
        let places = mind.seen.azure.iter_mut().zip(list);
        for ((seen, listed), known) in places.zip(mind.known) {
            match known {
                None => *seen = None,
                Some(Freshness::Listed) => *seen = *listed,
                Some(Freshness::Live | Freshness::Written) => {}
            }
        }
        mind
    }
}

/// Whether anything says that there may be something beside the managed Secret.
fn may_have_secrets(seen: &Seen) -> bool {
    let object = &seen.object;
    let status = object.own_status();
    let was_changed = seen.managed.is_some_and(|managed| managed.revision > 1);
    let is_wiped = !object.metadata.finalizer && status.is_some();
    let is_known =
        status.is_some_and(|status| !status.former.is_empty() || status.pending.is_some());
    // One that is taken up may be that of an object that was in the middle of a rotation.
    let uid = object.uid;
    let is_anothers =
        matches!(seen.managed.map(|it| it.owner), Some(Owner::Uid(owner)) if owner != uid);
    object.metadata.may_have_secrets || is_anothers || was_changed || is_wiped || is_known
}

/// How a place is looked at that a hint, the spec or the status names, if it may be.
fn how_known(seen: &Seen, list: &Azure, number: usize) -> Option<Freshness> {
    let object = &seen.object;
    let listed = object.listed(number);
    let is_hinted = object.metadata.hints[number].is_some() && listed.is_none();
    let is_wanted = number == seen.wanted()
        && (!object.deleting || (object.metadata.finalizer && listed.is_none()));
    if !is_hinted && !is_wanted && listed.is_none() {
        return None;
    }
    let (own, store) = (mark(object.uid), Some(store_of(seen)));
    let may = |is_listed| lets_ask(store, &own, place(number), is_listed);
    if !may(listed.is_some() && seen.store == Store::Own) {
        if listed.is_none() || !may(true) {
            return None;
        }
        let is_ours = |mark| mark == Marked::As(object.uid);
        if !list[number].is_some_and(|slot| is_ours(slot.mark)) {
            return Some(Freshness::Listed);
        }
    }
    let is_found = listed.is_some_and(|listed| listed.origin == Came::Found);
    let shown = object.own_status().and_then(|status| status.shown);
    let is_shown = shown.map(usize::from) == Some(number);
    Some(if (is_found || is_shown) && !object.deleting {
        Freshness::Listed
    } else {
        Freshness::Live
    })
}

/// Whether a list shows a mark at a place that this object may answer for.
fn tells(seen: &Seen, list: &Azure, number: usize) -> bool {
    let Some(Marked::As(uid)) = list[number].map(|slot| slot.mark) else {
        return false;
    };
    let is_in_secret = |uid: Uid| seen.managed.is_some_and(|it| it.owner == Owner::Uid(uid));
    uid == seen.object.uid || seen.object.metadata.recorded_uid == Some(uid) || is_in_secret(uid)
}

/// Whether lists are searched for marks: metadata and status do not agree, and the store lets the namespace ask.
fn is_searched(seen: &Seen) -> bool {
    seen.store != Store::Closed && is_in_doubt(&facts::object(seen), &facts::secret(seen))
}
