//! In whose name a patch is sent.

use kube::api::PatchParams;

/// A patch by one of the operator's field managers, `api::names::manager`. It is not an apply.
pub(super) fn by(manager: &str) -> PatchParams {
    PatchParams {
        field_manager: Some(manager.to_owned()),
        ..PatchParams::default()
    }
}
