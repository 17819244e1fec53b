//! Moments as people write them: so long ago, a time of day, or a date.

use std::time::Duration;

use jiff::{Timestamp, civil, tz::TimeZone};

use crate::duration;

/// A moment that is known once the present and the time zone are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Since {
    /// So long ago.
    Ago(Duration),
    /// This very moment.
    At(Timestamp),
    /// By this person's calendar and clock.
    Local(civil::DateTime),
    /// The last time that the clock showed this.
    OfDay(civil::Time),
}

/// Reads a moment.
///
/// # Errors
/// A sentence for clap to print.
pub(super) fn parse(text: &str) -> Result<Since, String> {
    let text = text.trim();
    let is_clock = text.contains(':') && !text.contains('-');
    let read = match duration::parse(text) {
        Ok(ago) => Some(Since::Ago(ago)),
        Err(_) if is_clock => of_clock(text).map(Since::OfDay),
        Err(_) => {
            let local = || text.parse().ok().map(Since::Local);
            text.parse().ok().map(Since::At).or_else(local)
        }
    };
    read.ok_or_else(|| {
        format!("`{text}` is no time; write 10m, 1h30m, 2d, 12:03 or 2026-11-20T12:03:04Z")
    })
}

fn of_clock(text: &str) -> Option<civil::Time> {
    match text.find(':') {
        Some(1) => format!("0{text}").parse().ok(),
        _ => text.parse().ok(),
    }
}

impl Since {
    /// Unix ms.
    pub(super) fn ms(&self, now_ms: i64, zone: &TimeZone) -> i64 {
        match self {
            Self::Ago(ago) => {
                let ago = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
                now_ms.saturating_sub(ago)
            }
            Self::At(at) => at.as_millisecond(),
            Self::Local(at) => local(*at, zone).unwrap_or(0),
            Self::OfDay(time) => of_day(*time, now_ms, zone).unwrap_or(0),
        }
    }
}

fn local(at: civil::DateTime, zone: &TimeZone) -> Option<i64> {
    Some(at.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond())
}

fn of_day(time: civil::Time, now_ms: i64, zone: &TimeZone) -> Option<i64> {
    let now = Timestamp::from_millisecond(now_ms).ok()?;
    let today = now.to_zoned(zone.clone()).date();
    let at = local(today.to_datetime(time), zone)?;
    match at <= now_ms {
        true => Some(at),
        false => local(today.yesterday().ok()?.to_datetime(time), zone),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample::NOW;

    fn east() -> TimeZone {
        TimeZone::fixed(jiff::tz::offset(8))
    }

    fn ago(text: &str) -> i64 {
        (NOW - parse(text).unwrap().ms(NOW, &east())) / 1000
    }

    /// The present is 2026-11-20T12:03:04Z, which is 20:03:04 here.
    #[test]
    fn people_write_moments_in_these_ways() {
        for (text, seconds) in [
            ("10m", 600),
            ("1h30m", 5_400),
            ("2d", 172_800),
            ("90", 90),
            ("2026-11-20T12:03:00Z", 4),
            ("2026-11-20T20:03:00+08:00", 4),
            ("2026-11-20 20:03:00", 4),
            ("2026-11-20T20:03", 4),
            ("2026-11-20", 72_184),
            ("20:03", 4),
            ("20:03:04", 0),
            (" 8:03 ", 43_204),
            ("8:03:04", 43_200),
            // Not yet today.
            ("20:03:05", 86_399),
            ("23:59", 72_244),
        ] {
            assert_eq!(ago(text), seconds, "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "yesterday",
            "25:00",
            "2026-13-01",
            "-5m",
            "12:",
            "5x",
            "2026",
        ] {
            match parse(text) {
                Ok(Since::Ago(_)) if text == "2026" => {}
                other => assert!(other.is_err(), "{text}: {other:?}"),
            }
        }
    }
}
