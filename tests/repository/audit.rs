//! The manual lists what the audit log may say.

use sshkey_operator::plan::AuditAction;
use strum::IntoEnumIterator;

use crate::{
    files,
    tables::{code_spans, rows_under},
};

#[test]
fn every_action_of_the_audit_log_is_in_the_manual() {
    let page = files::read("docs/operations.md");
    let rows = rows_under(&page, "Audit");
    let named: Vec<String> = rows
        .iter()
        .flat_map(|cells| code_spans(&cells[0]))
        .collect();
    for action in AuditAction::iter() {
        assert!(
            named.contains(&action.to_string()),
            "{action} is not in the manual"
        );
    }
    let fields = [
        "audit",
        "namespace",
        "fingerprint",
        "correlation_id",
        "claimed_manager",
    ];
    for field in fields {
        assert!(
            named.iter().any(|one| one == field),
            "{field} is not in the manual"
        );
    }
}
