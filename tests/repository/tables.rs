//! Tables in Markdown.

/// The cells of every row whose first cell begins with `` `start``, without the table's head.
pub(crate) fn rows(page: &str, start: &str) -> Vec<Vec<String>> {
    let start = format!("| `{start}");
    page.lines()
        .filter(|line| line.starts_with(&start))
        .map(cells)
        .collect()
}

/// The rows of every table under a heading of the second level.
pub(crate) fn rows_under(page: &str, heading: &str) -> Vec<Vec<String>> {
    let (_, rest) = page
        .split_once(&format!("\n## {heading}\n"))
        .unwrap_or_else(|| panic!("there is no heading {heading}"));
    let section = rest.split("\n## ").next().unwrap_or(rest);
    let rows = section.lines().filter(|line| line.starts_with("| "));
    let rows: Vec<Vec<String>> = rows.skip(1).map(cells).collect();
    assert!(!rows.is_empty(), "there is no table under {heading}");
    rows
}

/// What stands between backticks.
pub(crate) fn code_spans(cell: &str) -> Vec<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().trim_start_matches('|');
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    inner
        .split('|')
        .map(|cell| cell.trim().to_owned())
        .collect()
}
