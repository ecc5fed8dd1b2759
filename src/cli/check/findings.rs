//! What a check says, one line each. Pure.

use anstyle::AnsiColor;

use crate::cli::table::{painted, table};

/// How one thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// As it should be.
    Good,
    /// To be known, or not to be seen with the caller's rights.
    Note,
    /// Not as it should be.
    Bad,
}

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) mark: Mark,
    pub(super) subject: &'static str,
    /// How it is, and what to do.
    pub(super) text: String,
}

impl Finding {
    pub(super) fn new(mark: Mark, subject: &'static str, text: impl Into<String>) -> Self {
        Self {
            mark,
            subject,
            text: text.into(),
        }
    }
}

/// The findings in their order.
pub(super) fn lines(findings: &[Finding], width: Option<u16>) -> String {
    let rows = findings.iter().map(|finding| {
        let (word, colour) = match finding.mark {
            Mark::Good => ("ok", AnsiColor::Green),
            Mark::Note => ("note", AnsiColor::Yellow),
            Mark::Bad => ("bad", AnsiColor::Red),
        };
        vec![
            painted(word, colour),
            finding.subject.to_owned(),
            finding.text.clone(),
        ]
    });
    table(None, rows.collect(), width)
}

/// How many are not as they should be.
pub(super) fn count_bad(findings: &[Finding]) -> usize {
    let bad = findings.iter().filter(|finding| finding.mark == Mark::Bad);
    bad.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_finding_is_a_line_with_its_mark() {
        let all = [
            Finding::new(Mark::Good, "clock", "1 s apart"),
            Finding::new(Mark::Bad, "operator", "it does not answer"),
        ];
        let text = anstream::adapter::strip_str(&lines(&all, Some(80))).to_string();
        assert_eq!(
            text,
            "ok   clock     1 s apart\nbad  operator  it does not answer\n"
        );
        assert_eq!(count_bad(&all), 1);
    }
}
