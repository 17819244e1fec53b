//! Lines of pods, and what is known of how far they were read.

/// What names a log: one incarnation of one pod of one job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct LogKey {
    /// The job's uid.
    pub job_uid: String,
    /// The backend's pod id.
    pub pod_id: String,
    /// The incarnation; empty where the backend names none.
    pub pod_uid: String,
}

/// A stored line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// From 1, in order of storing.
    pub number: u64,
    /// As the backend gave it, without line feed.
    pub text: Vec<u8>,
    /// By this second, Unix s of the backend's clock, it had filed the line: that of the answer that showed it first, or the
    /// end of its window. Of a late line the very second, where that was found out. `None` is unknown.
    pub second: Option<i64>,
    /// Found later than its neighbours.
    pub late: bool,
}

/// A line that is to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLine {
    /// As the backend gave it.
    pub text: Vec<u8>,
    /// See [`LogLine::second`].
    pub second: Option<i64>,
    /// See [`LogLine::late`].
    pub late: bool,
}

/// Lines may be missing between two numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogGap {
    /// Grows with each gap of the store.
    pub id: u64,
    /// It lies behind this line.
    pub after: u64,
    /// Unix s, included.
    pub from_second: i64,
    /// Unix s, included.
    pub to_second: i64,
    /// Why, one sentence.
    pub reason: String,
}

/// How far a log was read. Everything that was filed before `anchor` is stored or told as a gap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Track {
    /// From where on windows are read, Unix s of the backend's clock.
    pub anchor: i64,
    /// Fingerprints of the stored lines filed at `anchor` or later, in the backend's order.
    pub zone: Vec<u64>,
}

/// A log of the store, without its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogStream {
    /// Its id in the store.
    pub id: i64,
    /// What it is the log of.
    pub key: LogKey,
    /// The pod's role.
    pub role: String,
    /// Numbers count within it; a higher one is later in the log.
    pub segment: u32,
    /// Which incarnation of its pod, from 1.
    pub attempt: u32,
    /// The second in which the segment begins, Unix s of the backend's clock.
    pub begin: i64,
    /// Newest number; 0 when there is no line.
    pub last: u64,
    /// Lines up to this number were dropped to keep the store's limits.
    pub dropped: u64,
    /// Id of its newest gap; 0 when there is none.
    pub gap: u64,
    /// Read to its end: to that of the pod after the end of its job, or to where the next segment begins.
    pub complete: bool,
}

/// A pod whose log is begun.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogPod {
    /// What names its log.
    pub key: LogKey,
    /// Its role.
    pub role: String,
    /// When it was made, Unix ms; 0 when unknown. Orders the incarnations.
    pub born_ms: i64,
}
