//! Times in writing.

use jiff::Timestamp;

/// RFC 3339 in UTC, to the second; zero and nonsense are no time.
pub(crate) fn utc(ms: Option<i64>) -> Option<String> {
    let ms = ms.filter(|ms| *ms != 0)?;
    let at = Timestamp::from_second(ms.div_euclid(1000)).ok()?;
    Some(at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_utc_to_the_second() {
        assert_eq!(
            utc(Some(1_795_176_184_999)).unwrap(),
            "2026-11-20T12:03:04Z"
        );
        for nothing in [None, Some(0), Some(i64::MAX)] {
            assert_eq!(utc(nothing), None);
        }
    }
}
