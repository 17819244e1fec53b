//! `SearchLogs`: from the store. A job that is named is read up to the present first, unless its whole log is stored or only what
//! is stored is wanted.

mod missed;
mod read_first;

use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use pai_proto::v1::{
    LogHit, LogHits, LogLine, SearchEnded, SearchLogsRequest, SearchLogsResponse,
    search_logs_response::Frame,
};

use self::missed::Missed;
use super::{
    follow::is_checked,
    hits::{Group, groups},
    lanes,
    pods::Wanted,
};
use crate::{
    contexts::Running,
    journal::LogMatch,
    model::{Fault, FaultKind, Job, LogStream, Pattern, Phase, redact::Redactor},
    rpc::{
        Edge,
        error::to_status,
        frames::{Frames, Sink, feed},
        resolve,
    },
};

/// Lines that are searched at a time: others have their turn in between.
const PIECE: u64 = 8_192;
/// Pieces that are searched at the same time, on the threads that read the store.
const AT_ONCE: usize = 2;
/// Most lines shown before and after a match.
const NEIGHBOURS_MAX: u32 = 1_000;
/// Matches where nothing is said.
const MATCHES: u64 = 10_000;
/// Lines of a frame.
const LINES: usize = 2_000;
/// Bytes of a frame, unless one line has more.
const BYTES: usize = 64 << 10;

pub(super) async fn search(
    edge: &Arc<Edge>,
    running: Arc<Running>,
    request: SearchLogsRequest,
    masked: bool,
) -> Result<Frames<SearchLogsResponse>, Fault> {
    let pattern = Pattern::new(&request.pattern, request.ignore_case)?;
    if request.before.max(request.after) > NEIGHBOURS_MAX {
        let fault = Fault::new(
            FaultKind::Invalid,
            format!("at most {NEIGHBOURS_MAX} lines are shown around a match"),
        );
        return Err(fault.field("before"));
    }
    let wanted = Wanted::new(request.pods, request.roles)?;
    let are_named = !request.ids.is_empty();
    let jobs = match request.ids.is_empty() {
        true => all(&running).await?,
        false => {
            let mut jobs = Vec::with_capacity(request.ids.len());
            for id in &request.ids {
                jobs.push(resolve::job(&running, id).await?);
            }
            jobs
        }
    };
    let searching = Searching {
        mask: masked.then(|| running.scope.redactor.clone()),
        running,
        jobs,
        are_named,
        is_read_first: are_named && !request.stored_only,
        wanted,
        pattern,
        since: request.since_ms.map(|ms| ms.div_euclid(1000)),
        before: request.before.into(),
        after: request.after.into(),
        left: match request.max_matches {
            0 => MATCHES,
            most => most,
        },
        told: SearchEnded::default(),
        missed: Missed::default(),
    };
    let running = Arc::clone(&searching.running);
    Ok(feed(edge, Some(&running), |sink| searching.run(sink)))
}

/// The jobs of the context of which lines are stored.
async fn all(running: &Running) -> Result<Vec<Job>, Fault> {
    let journal = &running.scope.journal;
    let (uids, context) = (journal.logs().jobs().await?, running.scope.context);
    let read = journal.read(move |reader| {
        let mut jobs = Vec::with_capacity(uids.len());
        for uid in &uids {
            jobs.extend(reader.job_in(context, uid)?);
        }
        Ok(jobs)
    });
    Ok(read.await?)
}

struct Searching {
    running: Arc<Running>,
    jobs: Vec<Job>,
    /// The jobs are named, and what is said of pods must be true of one of them.
    are_named: bool,
    /// The jobs are read up to the present first.
    is_read_first: bool,
    wanted: Wanted,
    pattern: Pattern,
    since: Option<i64>,
    before: u64,
    after: u64,
    /// Matches that may still be told.
    left: u64,
    mask: Option<Redactor>,
    told: SearchEnded,
    missed: Missed,
}

/// How one log was searched.
struct Searched {
    /// Lines of it that may have been wanted were dropped.
    is_cut: bool,
    /// Some of its lines cannot be read.
    is_damaged: bool,
}

impl Searching {
    async fn run(mut self, sink: Sink<SearchLogsResponse>) {
        let result = self.search_all(&sink).await;
        match result {
            Ok(()) => {
                self.told.note = self.missed.note();
                sink.send(frame(Frame::Ended(self.told))).await;
            }
            Err(fault) => sink.fail(to_status(fault)).await,
        }
    }

    async fn search_all(&mut self, sink: &Sink<SearchLogsResponse>) -> Result<(), Fault> {
        let (mut has_pods, mut unknown) = (false, None);
        for job in std::mem::take(&mut self.jobs) {
            let has_some = self.search_job(&job, sink).await?;
            has_pods |= has_some;
            if self.told.more {
                return Ok(());
            }
            if self.are_named && !has_some {
                let checked = is_checked(&self.running.scope, &job.uid, &self.wanted).await;
                unknown = unknown.or(checked.err());
            }
        }
        unknown.filter(|_| !has_pods).map_or(Ok(()), Err)
    }

    /// The logs of one job; whether there are some.
    async fn search_job(
        &mut self,
        job: &Job,
        sink: &Sink<SearchLogsResponse>,
    ) -> Result<bool, Fault> {
        let is_read = match self.is_read_first {
            true => read_first::read(&self.running, job).await?,
            false => read_first::is_complete(&self.running, job).await?,
        };
        match is_read {
            true => {}
            false if job.phase == Phase::Gone => self.missed.gone += 1,
            false => self.missed.unread += 1,
        }
        let logs = self.running.scope.journal.logs().clone();
        self.told.jobs += 1;
        let mut searched = Vec::new();
        let streams = logs.streams(&job.uid).await?;
        let lines_before = lanes::lines_before(&streams);
        for stream in streams {
            if !self.wanted.has(&stream) {
                continue;
            }
            let before = lines_before.get(&stream.id).copied().flatten();
            let of_it = self.search_one(job, (&stream, before), sink).await?;
            searched.push((stream, of_it));
            if self.told.more {
                break;
            }
        }
        let now = logs.streams(&job.uid).await?;
        let is_cut = |(stream, of_it): &(LogStream, Searched)| {
            let same = |other: &LogStream| other.id == stream.id && other.dropped <= stream.dropped;
            of_it.is_cut || !now.iter().any(same)
        };
        let is_damaged = |(_, of_it): &(LogStream, Searched)| of_it.is_damaged;
        self.missed.dropped += usize::from(searched.iter().any(is_cut));
        self.missed.damaged += usize::from(searched.iter().any(is_damaged));
        Ok(!searched.is_empty())
    }

    /// One log.
    async fn search_one(
        &mut self,
        job: &Job,
        (stream, before): (&LogStream, Option<u64>),
        sink: &Sink<SearchLogsResponse>,
    ) -> Result<Searched, Fault> {
        let logs = self.running.scope.journal.logs().clone();
        let from = match self.since {
            Some(second) => logs.before_second(stream.id, second).await?,
            None => stream.dropped,
        };
        self.told.lines += stream.last.saturating_sub(from);
        let pieces = (from..stream.last).step_by(usize::try_from(PIECE).unwrap_or(usize::MAX));
        let most = usize::try_from(self.left.saturating_add(1)).unwrap_or(usize::MAX);
        let found = pieces.map(|after| {
            let to = (after + PIECE).min(stream.last);
            logs.find(
                stream.id,
                (after, to),
                self.pattern.clone(),
                most,
                self.mask.clone(),
            )
        });
        let mut found = stream::iter(found).buffered(AT_ONCE);
        let (mut matches, mut unread): (Vec<LogMatch>, u64) = (Vec::new(), 0);
        while let Some(piece) = found.try_next().await? {
            matches.extend(piece.matches);
            unread += piece.unread;
            if matches.len() as u64 > self.left {
                self.told.more = true;
                matches.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
                break;
            }
        }
        drop(found);
        self.told.lines = self.told.lines.saturating_sub(unread);
        self.left -= matches.len() as u64;
        self.told.matches += matches.len() as u64;
        for group in groups(
            matches,
            self.before,
            self.after,
            stream.dropped + 1,
            stream.last,
        ) {
            self.send(job, (stream, before), group, sink).await?;
        }
        Ok(Searched {
            is_cut: stream.dropped > 0 && from <= stream.dropped,
            is_damaged: unread > 0,
        })
    }

    /// Lines of a group; those behind a place where lines may be missing stand apart.
    async fn send(
        &self,
        job: &Job,
        (stream, lines_before): (&LogStream, Option<u64>),
        group: Group,
        sink: &Sink<SearchLogsResponse>,
    ) -> Result<(), Fault> {
        let logs = self.running.scope.journal.logs();
        let (mut after, mut matches) = (group.from - 1, group.matches.into_iter().peekable());
        while after < group.to {
            let most = usize::try_from(group.to - after)
                .unwrap_or(usize::MAX)
                .min(LINES);
            let mask = self.mask.clone();
            let mut page = logs.after(stream.id, after, 0, most, BYTES, mask).await?;
            // It goes on behind lines that cannot be read.
            page.lines.retain(|line| line.number <= group.to);
            let Some(last) = page.lines.last() else {
                return Ok(());
            };
            after = last.number;
            let gaps = page.gaps;
            let is_apart = |number: u64| {
                number == group.from || gaps.iter().any(|gap| gap.after + 1 == number)
            };
            // A page goes on behind lines that cannot be read.
            let lines = page
                .lines
                .into_iter()
                .filter(|line| line.number <= group.to);
            let lines = lines.map(|line| {
                let found = matches.next_if(|found| found.number == line.number);
                let at = |byte: usize| u32::try_from(byte).unwrap_or(0);
                LogHit {
                    matches: found.is_some(),
                    apart: is_apart(line.number),
                    start: found.as_ref().map_or(0, |found| at(found.range.start)),
                    end: found.as_ref().map_or(0, |found| at(found.range.end)),
                    line: Some(LogLine {
                        number: line.number,
                        text: line.text,
                        second: line.second,
                        late: line.late,
                    }),
                }
            });
            let hits = LogHits {
                job_uid: job.uid.clone(),
                job_id: job.native_id.clone().unwrap_or_default(),
                job_name: job.name.clone(),
                pod_id: stream.key.pod_id.clone(),
                pod_uid: stream.key.pod_uid.clone(),
                role: stream.role.clone(),
                segment: stream.segment,
                attempt: stream.attempt,
                lines: lines.collect(),
                lines_before,
            };
            sink.send(frame(Frame::Hits(hits))).await;
        }
        Ok(())
    }
}

fn frame(frame: Frame) -> SearchLogsResponse {
    SearchLogsResponse { frame: Some(frame) }
}
