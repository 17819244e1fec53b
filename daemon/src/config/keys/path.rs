//! Paths into the settings, as people write them: `profiles.default.jobSpecs[0].podCount`, `envs["A.B"]`.

use std::fmt::Write as _;

use crate::model::{Fault, FaultKind};

/// Largest index of a list in a path.
const INDEX_MAX: usize = 9999;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::config) enum Step {
    /// Into an object.
    Key(String),
    /// Into a list.
    Index(usize),
}

/// Reads a path.
///
/// # Errors
/// A [`Fault`] of kind `Invalid` where it cannot be read.
pub(in crate::config) fn parse_path(text: &str) -> Result<Vec<Step>, Fault> {
    let wrong = || {
        Fault::new(
            FaultKind::Invalid,
            format!("{text:?} is no path of the settings"),
        )
        .hint(
            "write it like limits.maxGPU, mounts[0].mountAccess or profiles.default.envs[\"A.B\"]",
        )
        .field(text)
    };
    let mut steps = Vec::new();
    let mut rest = text;
    while !rest.is_empty() || steps.is_empty() {
        let (step, after) = if let Some(quoted) = rest.strip_prefix("[\"") {
            let (key, after) = quoted.split_once("\"]").ok_or_else(wrong)?;
            (Step::Key(key.to_owned()), after)
        } else if let Some(inside) = rest.strip_prefix('[') {
            let (digits, after) = inside.split_once(']').ok_or_else(wrong)?;
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            let index = digits.parse().ok().filter(|n| plain && *n <= INDEX_MAX);
            (Step::Index(index.ok_or_else(wrong)?), after)
        } else {
            let bare = match steps.is_empty() {
                true => rest,
                false => rest.strip_prefix('.').ok_or_else(wrong)?,
            };
            let end = bare.find(['.', '[', ']', '"']).unwrap_or(bare.len());
            let (key, after) = bare.split_at(end);
            if key.is_empty() {
                return Err(wrong());
            }
            (Step::Key(key.to_owned()), after)
        };
        steps.push(step);
        rest = after;
    }
    Ok(steps)
}

/// A path as [`parse_path`] reads it.
pub(in crate::config) fn show(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        // Writing to a String cannot fail.
        let _written = match step {
            Step::Index(index) => write!(text, "[{index}]"),
            Step::Key(key) if key.is_empty() || key.contains(['.', '[', ']', '"']) => {
                write!(text, "[\"{key}\"]")
            }
            Step::Key(key) if text.is_empty() => write!(text, "{key}"),
            Step::Key(key) => write!(text, ".{key}"),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_are_read_as_people_write_them() {
        let key = |text: &str| Step::Key(text.to_owned());
        assert_eq!(
            parse_path("profiles.default.jobSpecs[0].podCount").unwrap(),
            [
                key("profiles"),
                key("default"),
                key("jobSpecs"),
                Step::Index(0),
                key("podCount")
            ]
        );
        assert_eq!(
            parse_path("envs[\"A.B\"]").unwrap(),
            [key("envs"), key("A.B")]
        );
        assert_eq!(
            parse_path("[\"profiles\"][\"a.b\"].envs").unwrap(),
            [key("profiles"), key("a.b"), key("envs")]
        );
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "a[",
            "a[]",
            "a[x]",
            "a[-1]",
            "a[+1]",
            "a[10000]",
            "a[1",
            "a]",
            "a[0]b",
            "a\"b",
            "a[\"b\"",
            "a[\"b\"]c",
            "a[99999999999999999999]",
        ] {
            let fault = parse_path(text).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Invalid, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(
            keys in prop::collection::vec(("[a-zA-Z._\\[-]{1,6}", prop::option::of(0..=INDEX_MAX)), 1..5)
        ) {
            let steps: Vec<_> = keys
                .into_iter()
                .flat_map(|(key, index)| [Some(Step::Key(key)), index.map(Step::Index)])
                .flatten()
                .collect();
            prop_assert_eq!(parse_path(&show(&steps)).unwrap(), steps);
        }

        #[test]
        fn no_text_breaks_the_reader(text in "[a-z.\\[\\]\"0-9é]{0,24}") {
            if let Ok(steps) = parse_path(&text) {
                prop_assert!(!steps.is_empty());
            }
        }
    }
}
