//! Tables: aligned columns without lines.

use comfy_table::{ContentArrangement, Table, presets};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::paint;

/// For a terminal aligned and with a header; elsewhere tab-separated, and nothing but rows.
pub fn shown<const N: usize>(
    header: [&str; N],
    rows: &[[String; N]],
    terminal: bool,
) -> Vec<String> {
    if !terminal {
        return rows.iter().map(|row| row.join("\t")).collect();
    }
    let mut lines = aligned(header, rows);
    if let Some(header) = lines.first_mut() {
        *header = paint::label(header);
    }
    lines
}

/// Header and rows as aligned lines, two spaces between the columns.
pub fn aligned<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> Vec<String> {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header)
        .add_rows(rows.iter().cloned());
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

/// Columns that a text takes on a terminal: a Chinese character takes two.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Shortens a text in the middle to so many columns, so that beginning and end stay: `demo-train…x7k2`.
pub fn shortened(text: &str, longest: usize) -> String {
    if width(text) <= longest || longest < 3 {
        return text.to_owned();
    }
    let tail = (longest - 1) / 3;
    let head = fitting(text.chars(), longest - 1 - tail);
    let tail = fitting(text.chars().rev(), tail);
    head.into_iter()
        .chain(['…'])
        .chain(tail.into_iter().rev())
        .collect()
}

/// As many of the characters as fit into so many columns.
fn fitting(chars: impl Iterator<Item = char>, columns: usize) -> Vec<char> {
    let mut left = columns;
    chars
        .map_while(|c| {
            left = left.checked_sub(c.width().unwrap_or(0))?;
            Some(c)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_whatever_the_alphabet() {
        let rows = [
            ["dlc1".into(), "训练".into(), "Running".into()],
            ["dlc22".into(), "x".into(), String::new()],
        ];
        let lines = aligned(["ID", "NAME", "STATUS"], &rows);
        assert_eq!(
            lines,
            ["ID     NAME  STATUS", "dlc1   训练  Running", "dlc22  x"]
        );
    }

    #[test]
    fn the_middle_is_what_a_long_name_loses() {
        assert_eq!(shortened("demo-train-20261120-x7k2", 14), "demo-trai…x7k2");
        assert_eq!(shortened("short", 14), "short");
    }

    #[test]
    fn a_wide_character_takes_two_columns() {
        assert_eq!(width("训练-x"), 6);
        assert_eq!(shortened("训练任务", 8), "训练任务");
        let short = shortened("训练任务-训练任务-x7k2", 14);
        assert_eq!(short, "训练任务-…x7k2");
        assert!(width(&short) <= 14);
    }
}
