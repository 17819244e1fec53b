//! The wall clock of the emulated cloud, and the API's time formats.
//!
//! All times inside the crate are unix milliseconds; the API shows whole seconds, rounded down.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// Wall clock with an offset that can be moved while the emulator runs, so that a test can make
/// the cloud's clock differ from its own or let a week pass. Delays are not affected: they use the
/// timer of the runtime.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_ms: Arc<AtomicI64>,
    /// Does not run by itself: the offset alone is the time.
    stopped: bool,
}

impl Clock {
    /// A clock that differs from the system's by `offset_ms` milliseconds.
    #[must_use]
    pub fn shifted(offset_ms: i64) -> Self {
        let clock = Self::default();
        clock.advance(offset_ms);
        clock
    }

    /// A clock that stands at that time, in unix milliseconds, and moves only with [`Self::advance`].
    #[must_use]
    pub fn stopped_at(ms: i64) -> Self {
        let clock = Self {
            stopped: true,
            ..Self::default()
        };
        clock.advance(ms);
        clock
    }

    /// Moves the clock by `ms` milliseconds (backwards when negative).
    pub fn advance(&self, ms: i64) {
        self.offset_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// Now, in unix milliseconds.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        let offset = self.offset_ms.load(Ordering::Relaxed);
        match self.stopped {
            true => offset,
            false => Timestamp::now().as_millisecond() + offset,
        }
    }
}

/// `2026-01-02T03:04:05Z`.
pub(crate) fn iso(ms: i64) -> String {
    format(ms, "%Y-%m-%dT%H:%M:%SZ")
}

/// The form of the HTTP `Date` header.
pub(crate) fn http_date(ms: i64) -> String {
    format(ms, "%a, %d %b %Y %H:%M:%S GMT")
}

fn format(ms: i64, pattern: &str) -> String {
    Timestamp::from_millisecond(ms)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .strftime(pattern)
        .to_string()
}

/// Reads an ISO-8601 UTC time, with or without a fraction, as unix milliseconds.
pub(crate) fn parse_iso(text: &str) -> Option<i64> {
    if !text.ends_with('Z') {
        return None;
    }
    text.parse::<Timestamp>()
        .ok()
        .map(Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_to_the_second_and_read_with_or_without_fraction() {
        assert_eq!(iso(1_767_323_045_999), "2026-01-02T03:04:05Z");
        assert_eq!(parse_iso("2026-01-02T03:04:05Z"), Some(1_767_323_045_000));
        assert_eq!(
            parse_iso("2026-01-02T03:04:05.250Z"),
            Some(1_767_323_045_250)
        );
        assert_eq!(parse_iso("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(parse_iso("2026-01-02 03:04"), None);
        assert_eq!(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn a_stopped_clock_moves_only_when_told() {
        let clock = Clock::stopped_at(1000);
        clock.clone().advance(-1);
        assert_eq!(clock.now_ms(), 999);
    }

    #[test]
    fn clones_share_the_offset() {
        let clock = Clock::default();
        let before = clock.clone();
        clock.advance(8 * 86_400_000);
        assert!(before.now_ms() - Timestamp::now().as_millisecond() > 7 * 86_400_000);
    }
}
