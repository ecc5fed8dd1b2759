//! From the flags to what is said of versions.

use super::{
    flags::{Version, VersionFormat},
    operators::{Seen, operators},
    report::{Report, report},
};
use crate::cli::{
    access::access, arguments::AccessFlags, cluster::Cluster, definitions::definitions,
    error::CliError, screen, structured,
};

/// Prints the versions. Without a cluster, this program's is printed before the failure is told.
pub(in crate::cli) async fn version(
    access_flags: &AccessFlags,
    flags: &Version,
) -> Result<(), CliError> {
    let own = || report(Vec::new(), &[], Vec::new());
    if flags.client {
        return print(&own(), flags.output);
    }
    let seen = match access(access_flags).await {
        Ok(access) => look(&Cluster::new(access)).await,
        Err(error) => Err(error),
    };
    let report = match seen {
        Ok(report) => report,
        Err(error) => {
            print(&own(), flags.output)?;
            return Err(error);
        }
    };
    print(&report, flags.output)?;
    if report.is_fit() {
        return Ok(());
    }
    Err(CliError::NotNow(
        "not all of these versions fit: bring the program, the operator and the definitions to one version".to_owned(),
    ))
}

/// What the caller may see; what not, is named.
async fn look(cluster: &Cluster) -> Result<Report, CliError> {
    let mut unseen = Vec::new();
    let definitions = match definitions(cluster).await {
        Ok(definitions) => definitions,
        Err(error @ CliError::Forbidden { .. }) => {
            unseen.push(error.line());
            Vec::new()
        }
        Err(error) => return Err(error),
    };
    let Seen {
        operators,
        unseen: elsewhere,
    } = operators(cluster).await?;
    unseen.extend(elsewhere);
    Ok(report(operators, &definitions, unseen))
}

fn print(report: &Report, format: Option<VersionFormat>) -> Result<(), CliError> {
    screen::print_document(&match format {
        None => return screen::print(&report.text(screen::width())),
        Some(VersionFormat::Json) => structured::json(report)?,
        Some(VersionFormat::Yaml) => structured::yaml(report)?,
    })
}
