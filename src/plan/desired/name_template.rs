//! The name of a key in Azure, from the template of its store.

use crate::plan::records::ownership::Mark;

/// The name that a store's template makes for an object.
pub(crate) fn name_from_template(template: Option<&str>, mark: &Mark) -> String {
    template
        .unwrap_or("{namespace}.{name}")
        .replace("{namespace}", &mark.namespace)
        .replace("{name}", &mark.object)
}
