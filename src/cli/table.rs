//! Columns of text that fit the terminal.

use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, TableStyle};

/// A table without lines, as kubectl's are; wrapped where the terminal is too narrow.
pub(super) fn table(header: Option<&[&str]>, rows: Vec<Vec<String>>, width: Option<u16>) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new());
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(width);
    }
    if let Some(header) = header {
        table.set_header(header.to_vec());
    }
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines: Vec<String> = table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    lines.join("\n") + "\n"
}

/// Whether a condition is as it should be, by its colour too.
pub(super) fn coloured(status: &str, is_good: bool) -> String {
    let colour = if is_good {
        AnsiColor::Green
    } else {
        AnsiColor::Red
    };
    painted(status, colour)
}

/// Text in a colour.
pub(super) fn painted(text: &str, colour: AnsiColor) -> String {
    let style = Style::new().fg_color(Some(colour.into()));
    format!("{style}{text}{style:#}")
}
