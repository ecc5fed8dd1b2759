//! All resources of a subscription or a group, as `az resource list` reads them: here, that is keys.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::{
    auth,
    envelope::{ArmError, gateway_json},
    groups, list,
    turn::Turn,
};
use crate::stored::StoredKey;

fn body(key: &StoredKey) -> Value {
    let mut body = json!({
        "id": key.id,
        "name": key.name,
        "type": "Microsoft.Compute/sshPublicKeys",
        "location": key.location,
    });
    if !key.tags.is_empty() {
        body["tags"] = json!(key.tags);
    }
    body
}

/// Resources that the caller may read. Of filters, `resourceGroup eq` and `resourceType eq` joined by `and` are served.
pub(crate) fn list(turn: &Turn<'_>, group: Option<&str>) -> Result<Response<Bytes>, ArmError> {
    let world = turn.world();
    if let Some(group) = group {
        groups::find(&world, turn.subscription, group)?;
    }
    let filter = turn.call.query_value("$filter").unwrap_or_default();
    let wanted = |name: &str| {
        let text = filter.split_once(&format!("{name} eq '"))?.1;
        Some(text.split_once('\'')?.0.to_owned())
    };
    let (in_group, of_type) = (wanted("resourceGroup"), wanted("resourceType"));
    let is_wanted = |key: &&StoredKey| {
        let group = group.map(str::to_owned).or_else(|| in_group.clone());
        key.subscription.eq_ignore_ascii_case(turn.subscription)
            && group.is_none_or(|group| group.eq_ignore_ascii_case(&key.resource_group))
            && of_type
                .as_ref()
                .is_none_or(|kind| kind.eq_ignore_ascii_case("Microsoft.Compute/sshPublicKeys"))
            && auth::allows(
                turn.shared,
                &turn.principal,
                "Microsoft.Compute/sshPublicKeys/read",
                &key.id,
            )
    };
    let keys = world.keys().filter(is_wanted).map(|key| {
        let place = format!(
            "{}\0{}",
            key.resource_group.to_lowercase(),
            key.name.to_lowercase()
        );
        (place, body(key))
    });
    Ok(gateway_json(StatusCode::OK, &list::page(turn, keys)?))
}
