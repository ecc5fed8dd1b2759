//! What commands print, for the manual: written by `tests/servers/cli/examples.rs`, which runs each of them against an operator.

/// A command line and what it prints, as text of a terminal.
pub(super) fn example(command: &str) -> Option<&'static str> {
    let examples = [
        ("abandon", include_str!("examples/abandon.txt")),
        ("activate", include_str!("examples/activate.txt")),
        ("agent", include_str!("examples/agent.txt")),
        ("check", include_str!("examples/check.txt")),
        ("config", include_str!("examples/config.txt")),
        ("fingerprint", include_str!("examples/fingerprint.txt")),
        ("import", include_str!("examples/import.txt")),
        ("leaked", include_str!("examples/leaked.txt")),
        ("list", include_str!("examples/list.txt")),
        ("pem", include_str!("examples/pem.txt")),
        ("plan", include_str!("examples/plan.txt")),
        ("protect", include_str!("examples/protect.txt")),
        ("pub", include_str!("examples/pub.txt")),
        ("reconcile", include_str!("examples/reconcile.txt")),
        ("resume", include_str!("examples/resume.txt")),
        ("rotate", include_str!("examples/rotate.txt")),
        ("ssh", include_str!("examples/ssh.txt")),
        ("status", include_str!("examples/status.txt")),
        ("suspend", include_str!("examples/suspend.txt")),
        ("unprotect", include_str!("examples/unprotect.txt")),
        ("version", include_str!("examples/version.txt")),
        ("wait", include_str!("examples/wait.txt")),
    ];
    let found = examples.into_iter().find(|(name, _)| *name == command);
    found.map(|(_, text)| text)
}
