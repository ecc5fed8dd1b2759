//! A plan as people read it. Pure.

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use super::{
    documents::Origin,
    totals::{Planned, Totals, totals},
};
use crate::{
    api::{PlannedStep, StepAction},
    cli::table::{painted, table},
};

/// The whole plan.
pub(super) fn text(all: &[Planned], left_out: &[(Origin, String)], width: Option<u16>) -> String {
    let mut text = String::new();
    let is_shown = |one: &&Planned| {
        let warns = !one.status.warnings.is_empty() || one.obstacle().is_some();
        one.is_change() || warns || one.later().next().is_some()
    };
    for planned in all.iter().filter(is_shown) {
        text.push_str(&block(planned, width));
        text.push('\n');
    }
    if !left_out.is_empty() {
        let all: Vec<String> = left_out
            .iter()
            .map(|(origin, kind)| format!("{kind} ({origin})"))
            .collect();
        let line = format!("Left out, being no SshKeys: {}.", all.join(", "));
        text.push_str(&table(None, vec![vec![line]], width));
        text.push('\n');
    }
    let unchanged = all.iter().filter(|one| !one.is_change()).count();
    text.push_str(&summary(totals(all), unchanged, all.len()));
    text
}

fn summary(totals: Totals, unchanged: usize, count: usize) -> String {
    let keys = |count: usize| match count {
        1 => "1 SshKey".to_owned(),
        count => format!("{count} SshKeys"),
    };
    if unchanged == count {
        return format!("No changes: {} as asked for.\n", keys(count));
    }
    let Totals {
        add,
        change,
        destroy,
    } = totals;
    let same = match unchanged {
        0 => String::new(),
        count => format!(" Without changes: {}.", keys(count)),
    };
    format!("Plan: {add} to add, {change} to change, {destroy} to destroy.{same}\n")
}

fn block(planned: &Planned, width: Option<u16>) -> String {
    let origin = planned.origin.as_ref();
    let origin = origin
        .map(|origin| format!(" ({origin})"))
        .unwrap_or_default();
    let bold = Style::new().bold();
    let head = format!(
        "{bold}SshKey {}/{}{bold:#}{origin}\n",
        planned.namespace, planned.name
    );
    let mut rows = Vec::new();
    if let Some(action) = planned.action {
        rows.push(row(action, format!("SshKey {}", planned.name)));
        rows.extend(planned.fields.iter().map(|field| {
            let value = match (&field.from, &field.to) {
                (Some(from), Some(to)) => format!("{} -> {}", shown(from), shown(to)),
                (Some(from), None) => format!("{} -> nothing", shown(from)),
                (None, to) => to.as_ref().map(shown).unwrap_or_default(),
            };
            detail(&format!("{}: {value}", field.path))
        }));
    }
    for step in planned.now() {
        rows.extend(lines(step));
    }
    for step in planned.later() {
        let time = step.not_before.as_ref().map(|time| time.0.to_string());
        rows.extend(lines(step));
        rows.push(detail(&format!("not before {}", time.unwrap_or_default())));
    }
    for warning in &planned.status.warnings {
        rows.push(row_of(&painted("!", AnsiColor::Yellow), warning.clone()));
    }
    if let Some(ready) = planned.obstacle() {
        let text = format!(
            "Ready is {} then, {}: {}",
            ready.status, ready.reason, ready.message
        );
        rows.push(row_of(&painted("!", AnsiColor::Red), text));
    }
    head + &table(None, rows, width)
}

/// A step: what is done to what, from what to what, and why.
fn lines(step: &PlannedStep) -> [Vec<String>; 2] {
    let change = match (&step.from, &step.to) {
        (Some(from), Some(to)) => format!(": {from} -> {to}"),
        (Some(one), None) | (None, Some(one)) => format!(": {one}"),
        (None, None) => String::new(),
    };
    [
        row(step.action, format!("{}{change}", step.target)),
        detail(&step.reason),
    ]
}

fn row(action: StepAction, text: String) -> Vec<String> {
    let (sign, colour) = match action {
        StepAction::Create => ("+", AnsiColor::Green),
        StepAction::Update => ("~", AnsiColor::Yellow),
        StepAction::Replace => ("-/+", AnsiColor::Red),
        StepAction::Delete => ("-", AnsiColor::Red),
    };
    row_of(&painted(sign, colour), text)
}

fn row_of(sign: &str, text: String) -> Vec<String> {
    vec![format!("  {sign}"), text]
}

fn detail(text: &str) -> Vec<String> {
    vec![String::new(), format!("  {text}")]
}

/// A value as JSON, which shows what is text and what is not.
fn shown(value: &Value) -> String {
    value.to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cli::plan::{object_changes::FieldChange, totals::tests::planned};

    fn example() -> Planned {
        let id = "/subscriptions/33333333-3333-4333-8333-333333333333/resourceGroups/rg/providers/Microsoft.Compute/sshPublicKeys/web";
        let mut one = planned(
            Some(StepAction::Update),
            &[
                ("Update", "Secret web"),
                ("Replace", id),
                ("Delete", "Secret web-previous"),
            ],
        );
        one.fields = vec![FieldChange {
            path: "spec.azure.location".to_owned(),
            from: Some(json!("westeurope")),
            to: Some(json!("northeurope")),
        }];
        one.status.steps[0].from = Some("SHA256:old".to_owned());
        one.status.steps[0].to = Some("(known after apply)".to_owned());
        one.status.steps[2].not_before = serde_json::from_value(json!("2026-11-11T00:00:00Z")).ok();
        one.status.warnings = vec!["virtual machines do not trust the next key".to_owned()];
        one
    }

    fn plain(all: &[Planned], width: u16) -> String {
        anstream::adapter::strip_str(&text(all, &[], Some(width))).to_string()
    }

    #[test]
    fn a_plan_reads_as_terraforms_do_at_200_columns() {
        assert_eq!(
            plain(&[example(), planned(None, &[])], 200),
            "\
SshKey team-a/web
  ~    SshKey web
         spec.azure.location: \"westeurope\" -> \"northeurope\"
  ~    Secret web: SHA256:old -> (known after apply)
         because
  -/+  /subscriptions/33333333-3333-4333-8333-333333333333/resourceGroups/rg/providers/Microsoft.Compute/sshPublicKeys/web
         because
  -    Secret web-previous
         because
         not before 2026-11-11T00:00:00Z
  !    virtual machines do not trust the next key

Plan: 1 to add, 2 to change, 1 to destroy. Without changes: 1 SshKey.
"
        );
    }

    #[test]
    fn at_80_columns_what_is_longer_goes_on_below_itself() {
        assert_eq!(
            plain(&[example()], 80),
            "\
SshKey team-a/web
  ~    SshKey web
         spec.azure.location: \"westeurope\" -> \"northeurope\"
  ~    Secret web: SHA256:old -> (known after apply)
         because
  -/+  /subscriptions/33333333-3333-4333-8333-333333333333/resourceGroups/rg/p
       roviders/Microsoft.Compute/sshPublicKeys/web
         because
  -    Secret web-previous
         because
         not before 2026-11-11T00:00:00Z
  !    virtual machines do not trust the next key

Plan: 1 to add, 2 to change, 1 to destroy.
"
        );
    }

    #[test]
    fn at_40_columns_it_is_the_same_plan() {
        assert_eq!(
            plain(&[example()], 40),
            "\
SshKey team-a/web
  ~    SshKey web
       spec.azure.location:
       \"westeurope\" -> \"northeurope\"
  ~    Secret web: SHA256:old ->
       (known after apply)
         because
  -/+  /subscriptions/33333333-3333-43
       33-8333-333333333333/resourceGr
       oups/rg/providers/Microsoft.Com
       pute/sshPublicKeys/web
         because
  -    Secret web-previous
         because
       not before 2026-11-11T00:00:00Z
  !    virtual machines do not trust
       the next key

Plan: 1 to add, 2 to change, 1 to destroy.
"
        );
    }

    #[test]
    fn what_is_as_it_should_be_is_one_line() {
        let all = [planned(None, &[]), planned(None, &[])];
        assert_eq!(plain(&all, 80), "No changes: 2 SshKeys as asked for.\n");
    }

    #[test]
    fn an_end_that_is_not_ready_is_told_even_without_a_change() {
        let mut one = planned(None, &[]);
        one.status.planned_conditions = serde_json::from_value(json!([{
            "type": "Ready", "status": "False", "reason": "AzureKeyConflict", "message": "taken",
            "lastTransitionTime": "2026-11-11T00:00:00Z" }]))
        .unwrap();
        let text = plain(&[one], 80);
        assert!(
            text.contains("Ready is False then, AzureKeyConflict: taken"),
            "{text}"
        );
    }
}
