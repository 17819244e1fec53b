//! Times and spans for people.

use jiff::{Timestamp, tz::TimeZone};

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// How long something takes: `0.4s`, `45s`, `3m12s`, `2h05m`, `3d04h`.
pub fn span(ms: u64) -> String {
    match ms {
        0 => "0s".into(),
        ms if ms < 10 * SECOND => format!("{}.{}s", ms / SECOND, ms % SECOND / 100),
        ms if ms < MINUTE => format!("{}s", ms / SECOND),
        ms if ms < HOUR => format!("{}m{:02}s", ms / MINUTE, ms % MINUTE / SECOND),
        ms if ms < DAY => format!("{}h{:02}m", ms / HOUR, ms % HOUR / MINUTE),
        ms => format!("{}d{:02}h", ms / DAY, ms % DAY / HOUR),
    }
}

/// How long ago something was, roughly: `12s`, `3m`, `2h`, `5d`. The future is now.
pub fn age(at_ms: i64, now_ms: i64) -> String {
    match between(at_ms, now_ms) {
        ms if ms < MINUTE => format!("{}s", ms / SECOND),
        ms if ms < HOUR => format!("{}m", ms / MINUTE),
        ms if ms < 2 * DAY => format!("{}h", ms / HOUR),
        ms => format!("{}d", ms / DAY),
    }
}

/// Milliseconds from one time to another; 0 when they are the wrong way round.
pub fn between(from_ms: i64, to_ms: i64) -> u64 {
    u64::try_from(to_ms.saturating_sub(from_ms)).unwrap_or(0)
}

/// The full time in UTC and how long ago it was: `2026-11-20T12:03:04Z (3m ago)`.
pub fn full(at_ms: i64, now_ms: i64) -> String {
    let Ok(at) = Timestamp::from_millisecond(at_ms) else {
        return "-".into();
    };
    let at = at.strftime("%Y-%m-%dT%H:%M:%SZ");
    match at_ms > now_ms {
        true => format!("{at} (in {})", span(between(now_ms, at_ms))),
        false => format!("{at} ({} ago)", age(at_ms, now_ms)),
    }
}

/// The time of day on this person's clock: `12:03:04`.
pub fn of_day(at_ms: i64, zone: &TimeZone) -> String {
    match Timestamp::from_millisecond(at_ms) {
        Ok(at) => at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string(),
        Err(_) => "--:--:--".into(),
    }
}

/// The time of day, behind the date where that is not today's.
pub fn clock(at_ms: i64, now_ms: i64, zone: &TimeZone) -> String {
    let date = |ms| {
        Some(
            Timestamp::from_millisecond(ms)
                .ok()?
                .to_zoned(zone.clone())
                .date(),
        )
    };
    match date(at_ms) {
        Some(day) if date(now_ms) != Some(day) => format!("{day} {}", of_day(at_ms, zone)),
        _ => of_day(at_ms, zone),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_two_units_at_most() {
        for (ms, text) in [
            (0, "0s"),
            (1, "0.0s"),
            (400, "0.4s"),
            (9_999, "9.9s"),
            (10_000, "10s"),
            (59_999, "59s"),
            (60_000, "1m00s"),
            (192_000, "3m12s"),
            (7_500_000, "2h05m"),
            (273_600_000, "3d04h"),
        ] {
            assert_eq!(span(ms), text);
        }
    }

    #[test]
    fn an_age_has_one_unit() {
        for (ms, text) in [
            (0, "0s"),
            (59_999, "59s"),
            (60_000, "1m"),
            (3_599_999, "59m"),
            (3_600_000, "1h"),
            (172_799_999, "47h"),
            (172_800_000, "2d"),
            (-5_000, "0s"),
        ] {
            assert_eq!(age(1_000_000, 1_000_000 + ms), text);
        }
    }

    #[test]
    fn a_full_time_is_utc_and_tells_its_distance() {
        let at = 1_795_176_184_000;
        assert_eq!(full(at, at + 180_000), "2026-11-20T12:03:04Z (3m ago)");
        assert_eq!(full(at, at - 3_000), "2026-11-20T12:03:04Z (in 3.0s)");
        assert_eq!(full(i64::MAX, at), "-");
    }

    #[test]
    fn the_time_of_day_is_local() {
        let at = 1_795_176_184_000;
        assert_eq!(of_day(at, &TimeZone::UTC), "12:03:04");
        let east = TimeZone::fixed(jiff::tz::offset(8));
        assert_eq!(of_day(at, &east), "20:03:04");
        let hours = |count: i64| count * 3_600_000;
        assert_eq!(clock(at, at + hours(3), &east), "20:03:04");
        assert_eq!(clock(at, at + hours(4), &east), "2026-11-20 20:03:04");
        assert_eq!(clock(i64::MAX, at, &east), "--:--:--");
    }
}
