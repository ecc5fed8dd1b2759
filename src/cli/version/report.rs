//! What is said of versions, for people and for programs. Pure.

use serde::Serialize;

use super::operators::Operator;
use crate::cli::{
    definitions::Definition,
    table::{coloured, table},
};

/// The version of this program.
pub(super) const OWN: &str = env!("CARGO_PKG_VERSION");

/// Everything that was seen.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    program: Program,
    operators: Vec<OneOperator>,
    definitions: Vec<OneDefinition>,
    /// Whether everything that was seen fits.
    fits: bool,
    /// What could not be seen, and why.
    unseen: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Program {
    version: &'static str,
}

impl Default for Program {
    fn default() -> Self {
        Self { version: OWN }
    }
}

#[derive(Debug, Serialize)]
struct OneOperator {
    namespace: String,
    name: String,
    version: String,
    fits: bool,
}

#[derive(Debug, Serialize)]
struct OneDefinition {
    kind: String,
    fits: bool,
    message: String,
}

/// Sums up what was seen.
pub(super) fn report(
    operators: Vec<Operator>,
    definitions: &[Definition],
    unseen: Vec<String>,
) -> Report {
    let operators = operators.into_iter().map(|operator| OneOperator {
        fits: is_fit(OWN, &operator.version),
        namespace: operator.namespace,
        name: operator.name,
        version: operator.version,
    });
    let operators: Vec<OneOperator> = operators.collect();
    let definitions = definitions.iter().map(|definition| OneDefinition {
        kind: definition.kind.clone(),
        fits: definition.is_fit(),
        message: definition.text(),
    });
    let definitions: Vec<OneDefinition> = definitions.collect();
    Report {
        fits: operators.iter().all(|one| one.fits) && definitions.iter().all(|one| one.fits),
        program: Program::default(),
        operators,
        definitions,
        unseen,
    }
}

impl Report {
    pub(super) fn is_fit(&self) -> bool {
        self.fits
    }

    /// As a table, with a line for all that could not be seen.
    pub(super) fn text(&self, width: Option<u16>) -> String {
        let row = |part: &str, version: &str, fits: Option<bool>, note: &str| {
            let fits = match fits {
                Some(true) => coloured("yes", true),
                Some(false) => coloured("no", false),
                None => "-".to_owned(),
            };
            vec![part.to_owned(), version.to_owned(), fits, note.to_owned()]
        };
        let mut rows = vec![row("program", self.program.version, None, "")];
        rows.extend(self.operators.iter().map(|one| {
            let place = format!("Deployment {} in namespace {}", one.name, one.namespace);
            row("operator", &one.version, Some(one.fits), &place)
        }));
        if self.operators.is_empty() {
            rows.push(row("operator", "-", None, "none was seen"));
        }
        let definitions = self.definitions.iter();
        rows.extend(definitions.map(|one| row("definition", "-", Some(one.fits), &one.message)));
        rows.extend(self.unseen.iter().map(|why| row("unseen", "-", None, why)));
        table(Some(&["PART", "VERSION", "FITS", "NOTE"]), rows, width)
    }
}

/// Versions fit that differ in the patch only. One that can't be read says nothing against it.
fn is_fit(one: &str, other: &str) -> bool {
    match (minor(one), minor(other)) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    }
}

fn minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.trim_start_matches('v').split('.');
    let mut part = || parts.next()?.parse().ok();
    Some((part()?, part()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::definitions::Fit;

    fn operator(version: &str) -> Operator {
        Operator {
            namespace: "ssh".to_owned(),
            name: "sshkey-operator".to_owned(),
            version: version.to_owned(),
        }
    }

    fn definition(fit: Fit) -> Definition {
        Definition {
            kind: "SshKey".to_owned(),
            fit,
        }
    }

    #[test]
    fn versions_fit_that_differ_in_the_patch_only() {
        assert!(is_fit("0.1.0", "0.1.7") && is_fit("1.2.0-rc.1", "v1.2.3"));
        assert!(!is_fit("0.1.0", "0.2.0") && !is_fit("0.1.0", "1.1.0"));
        assert!(is_fit("0.1.0", "nightly"), "nothing is known against it");
    }

    #[test]
    fn what_could_not_be_seen_does_not_contradict() {
        let report = report(Vec::new(), &[], vec!["you may not look".to_owned()]);
        assert!(report.is_fit());
        let text = report.text(Some(80));
        assert!(text.contains("none was seen") && text.contains("you may not look"));
    }

    #[test]
    fn an_operator_and_a_definition_of_another_version_are_told_at_80_columns() {
        let older = definition(Fit::Older(vec!["spec.suspend".to_owned()]));
        let report = report(
            vec![operator("9.0.0")],
            &[older, definition(Fit::Same)],
            vec![],
        );
        assert!(!report.is_fit());
        let text = anstream::adapter::strip_str(&report.text(Some(80))).to_string();
        let expected = format!(
            "\
PART        VERSION  FITS  NOTE
program     {OWN:<7}  -
operator    9.0.0    no    Deployment sshkey-operator in namespace ssh
definition  -        no    SshKey is older than this program, without
                           spec.suspend: upgrade the chart
                           sshkey-operator-crds first
definition  -        yes   SshKey is of this version
"
        );
        assert_eq!(text, expected);
    }
}
