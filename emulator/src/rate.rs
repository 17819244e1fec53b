//! The token bucket behind `Throttling.User`.

/// Holds at most one second's worth of calls, at least one.
#[derive(Debug)]
pub(crate) struct Bucket {
    per_second: f64,
    tokens: f64,
    filled_ms: i64,
}

impl Bucket {
    pub(crate) fn new(per_second: f64, now_ms: i64) -> Self {
        let per_second = per_second.max(0.001);
        Self {
            per_second,
            tokens: per_second.max(1.0),
            filled_ms: now_ms,
        }
    }

    /// Takes a token, or says how many milliseconds until there is one.
    pub(crate) fn take(&mut self, now_ms: i64) -> Result<(), u64> {
        let passed = u32::try_from(now_ms - self.filled_ms).unwrap_or(0);
        let full = self.per_second.max(1.0);
        self.tokens = (self.tokens + f64::from(passed) / 1000.0 * self.per_second).min(full);
        self.filled_ms = now_ms;
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        let wait = (1.0 - self.tokens) / self.per_second;
        Err(std::time::Duration::from_secs_f64(wait)
            .as_millis()
            .try_into()
            .unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_followed_by_the_rate() {
        let mut bucket = Bucket::new(2.0, 0);
        assert_eq!(bucket.take(0), Ok(()));
        assert_eq!(bucket.take(0), Ok(()));
        assert_eq!(bucket.take(0), Err(500));
        assert_eq!(bucket.take(500), Ok(()));
        assert_eq!(bucket.take(500), Err(500));
        assert_eq!(bucket.take(100_000), Ok(()));
    }
}
