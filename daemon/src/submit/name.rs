//! `{prefix}-{name}-{UTC time}-{4 characters}`.

use jiff::Timestamp;

use crate::{
    model::{Fault, FaultKind},
    scope::random_word,
};

/// Longest display name (fact sheet §3.1).
const NAME_MAX: usize = 256;

pub(super) fn display_name(prefix: &str, name: &str, now_ms: i64) -> Result<String, Fault> {
    let wrong = |what: &str| {
        Fault::new(FaultKind::Invalid, format!("the name {name:?} {what}")).field("name")
    };
    if name.is_empty() {
        return Err(wrong("is empty"));
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if !name.chars().all(fits) {
        return Err(wrong("may hold letters, digits, '_', '.' and '-' only"));
    }
    let time = Timestamp::from_millisecond(now_ms).unwrap_or_default();
    let full = format!(
        "{prefix}-{name}-{}-{}",
        time.strftime("%Y%m%d%H%M%S"),
        random_word(4)
    );
    if full.len() > NAME_MAX {
        return Err(wrong(
            "is too long: with prefix and time it may have 256 characters",
        ));
    }
    Ok(full)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_the_time_in_utc_and_are_unique_within_a_second() {
        let one = display_name("me", "train", 1_767_323_045_000).unwrap();
        assert!(one.starts_with("me-train-20260102030405-"), "{one}");
        assert_eq!(one.len(), "me-train-20260102030405-".len() + 4);
        let names: std::collections::HashSet<_> = (0..50)
            .map(|_| display_name("me", "train", 0).unwrap())
            .collect();
        assert!(names.len() > 45, "four random characters tell them apart");
    }

    #[test]
    fn names_that_the_cloud_refuses_are_refused_here() {
        for name in ["", "a b", "a/b", "名", "x\n"] {
            assert_eq!(display_name("me", name, 0).unwrap_err().field, "name");
        }
        assert!(display_name("me", &"x".repeat(250), 0).is_err());
    }
}
