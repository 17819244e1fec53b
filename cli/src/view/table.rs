//! Tables: aligned columns without lines.

use comfy_table::{ContentArrangement, Table, presets};

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

/// Shortens a text in the middle, so that beginning and end stay: `demo-train…x7k2`.
pub fn shortened(text: &str, longest: usize) -> String {
    let count = text.chars().count();
    if count <= longest || longest < 3 {
        return text.to_owned();
    }
    let tail = (longest - 1) / 3;
    let head = longest - 1 - tail;
    text.chars()
        .take(head)
        .chain(['…'])
        .chain(text.chars().skip(count - tail))
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
}
