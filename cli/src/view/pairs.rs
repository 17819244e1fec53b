//! Labels and values, one pair per line, values aligned.

use super::paint;

/// A block of labelled lines.
#[derive(Debug, Default)]
pub struct Pairs {
    lines: Vec<(&'static str, String)>,
}

impl Pairs {
    /// Adds a line. The value must be clean already.
    pub fn add(&mut self, label: &'static str, value: impl Into<String>) -> &mut Self {
        self.lines.push((label, value.into()));
        self
    }

    /// Adds a line unless the value is empty.
    pub fn add_known(&mut self, label: &'static str, value: impl Into<String>) -> &mut Self {
        let value = value.into();
        if !value.is_empty() {
            self.add(label, value);
        }
        self
    }

    /// The lines, each behind `indent` spaces. A label that repeats the one above is left out.
    pub fn lines(&self, indent: usize) -> Vec<String> {
        let width = self.lines.iter().map(|(label, _)| label.len()).max();
        let width = width.unwrap_or(0);
        let mut above = "";
        self.lines
            .iter()
            .map(|(label, value)| {
                let shown = if *label == above { "" } else { label };
                above = label;
                let label = paint::label(&format!("{shown:width$}"));
                format!("{:indent$}{label}  {value}", "")
            })
            .collect()
    }
}
