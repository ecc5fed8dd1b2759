//! What an answer of Azure says of a place.

use crate::{
    azure::{Seen, SshPublicKey, View},
    keys::PublicKey,
    plan::{AzureKey, Freshness, Group, KeyView},
};

/// What is known of a place in Azure.
pub(in crate::controller) fn azure(view: View) -> KeyView {
    match view {
        View::Listed(seen) => seen_as(&seen, Freshness::Listed),
        View::Written(seen) => seen_as(&seen, Freshness::Written),
    }
}

/// What was seen in Azure, and how.
pub(in crate::controller) fn seen_as(seen: &Seen, freshness: Freshness) -> KeyView {
    match seen {
        Seen::Present(key) => KeyView::Present {
            key: azure_key(key),
            freshness,
        },
        Seen::Absent => KeyView::Absent {
            group: Group::Exists,
            freshness,
        },
        Seen::GroupAbsent => KeyView::Absent {
            group: Group::Missing,
            freshness,
        },
    }
}

fn azure_key(key: &SshPublicKey) -> AzureKey {
    AzureKey {
        location: key.location.clone(),
        tags: key.tags.clone().unwrap_or_default(),
        public_key: match &key.properties.public_key {
            None => Err("there is no key in it".to_owned()),
            Some(text) => PublicKey::parse(text).map_err(|error| error.to_string()),
        },
    }
}
