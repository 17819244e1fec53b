//! How the time of an end is spent: two seconds after SIGTERM the process is gone.

use std::time::Duration;

/// For open streams to say goodbye: tonic alone would wait for them for ever (engineering sheet B.2).
pub const GOODBYE: Duration = Duration::from_millis(1200);

/// For the writer to finish what it was given.
pub const LAST_WRITES: Duration = Duration::from_millis(500);

/// What they may take together; the rest is for the process to end.
const TOGETHER: Duration = Duration::from_millis(1800);

const _: () = assert!(GOODBYE.as_millis() + LAST_WRITES.as_millis() <= TOGETHER.as_millis());
