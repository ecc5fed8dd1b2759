//! The series of a controller, before anything has happened.

use std::borrow::Cow;

use kube::Resource;

use crate::metrics::Metrics;

/// Shows the series of a kind's controller before anything has happened, and how many reconciles it runs at once.
pub(in crate::controller) fn begin<K: Resource<DynamicType = ()>>(metrics: &Metrics, at_once: u16) {
    let name = controller_of::<K>();
    for result in ["success", "requeue_after", "error"] {
        metrics
            .controllers
            .total
            .begin([name.clone(), result.into()]);
    }
    metrics.controllers.errors.begin([name.clone()]);
    metrics.controllers.panics.begin([name.clone()]);
    metrics.controllers.time.begin([name.clone()]);
    metrics.controllers.active.add([name.clone()], 0.0);
    metrics.controllers.limit.add([name], at_once.into());
    metrics.watch_failures.begin([K::kind(&())]);
}

/// controller-runtime names a controller by its kind in lower case.
pub(in crate::controller) fn controller_of<K: Resource<DynamicType = ()>>() -> Cow<'static, str> {
    K::kind(&()).to_lowercase().into()
}
