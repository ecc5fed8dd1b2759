//! How scopes lie to each other.

/// Whether `scope` is `root` or lies below it, compared without case.
pub(crate) fn is_at_or_below(root: &str, scope: &str) -> bool {
    let root = root.trim_end_matches('/').to_lowercase();
    let scope = scope.to_lowercase();
    scope
        .strip_prefix(&root)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
