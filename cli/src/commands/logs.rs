//! `paictl logs`

mod news;
mod pods;
mod printer;
mod result;
mod sink;

use std::{pin::pin, time::Duration};

use clap::Args;
use pai_proto::{
    Client,
    follow::FollowUpdate,
    v1::{FollowLogsRequest, Job, LogEnded},
};
use tokio::time::sleep;

pub(super) use self::result::follow_to_the_result;

use self::{
    news::News,
    printer::Form,
    sink::{Closed, Sink},
};
use super::the_job;
use crate::{
    context::{Context, UNATTENDED},
    error::CliError,
    exit::Exit,
    json,
    view::{clean, time, word},
};

/// After so long without a word from the daemon one is said.
const SILENCE_MAX: Duration = Duration::from_secs(5);

/// Show what a job prints, from the first line; with -f also what it will print.
///
/// Lines go to stdout, everything else (what is waited for, gaps, attempts that began anew) to stderr. A follow may begin
/// before the job does, goes on over restarts of the daemon and of the pods, and ends when the log does. Ctrl-C ends the
/// follow, never the job.
///
/// Lines of a job of several pods begin with the name of their pod. Control sequences are taken out, and of a line that
/// was drawn over and over, as progress bars are, the last state is shown.
///
/// With --json a line is an object: job_id, pod_id, pod_uid, number, text and, where it was found later than its
/// neighbours, late.
#[derive(Debug, Args)]
#[command(
    visible_alias = "log",
    after_help = "Exit code: 0 when the log was printed, whatever became of the job; `paictl wait` tells that.\n\nExamples:\n  paictl logs @last                      all of the newest job, as far as it is now\n  \
paictl logs -f dlc1abc                 everything, until its end\n  \
paictl logs -f --tail 20 dlc1abc       the last 20 lines of each pod, and what follows\n  \
paictl logs --pod worker-0 dlc1abc     one pod\n  \
paictl logs --raw dlc1abc > train.log  byte for byte"
)]
pub struct LogsArgs {
    /// The job: its id, name, a beginning of one of these (4 characters or more), or @last.
    id: String,
    /// Go on until the log ends; a job that has not begun is waited for.
    #[arg(long, short)]
    follow: bool,
    /// Begin with the last N lines of each pod, not with the first.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = number)]
    tail: Option<u64>,
    /// Only this pod: its id, the end of it such as worker-0, or a role. May be given several times.
    #[arg(long = "pod", value_name = "POD")]
    pods: Vec<String>,
    /// The lines byte for byte as the backend gave them, without names of pods. Not for terminals. With --json it changes
    /// nothing.
    #[arg(long)]
    raw: bool,
}

/// Runs it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(args: LogsArgs, context: &mut Context) -> Result<Exit, CliError> {
    print(&args, context, Sink::of_process()?).await
}

async fn print(args: &LogsArgs, context: &mut Context, sink: Sink) -> Result<Exit, CliError> {
    let client = context.connect().await?;
    let job = the_job(client.get(&args.id).await?.job)?;
    tell(&client, job, args, context, sink).await?;
    // How a job ended is no failure of its log.
    Ok(Exit::Ok)
}

/// How far a log was told.
enum Told {
    /// With the job as it was then, where that is known.
    ToTheEnd(Option<Box<Job>>),
    /// Nobody reads any more, which is no failure.
    ReaderLeft,
}

async fn tell(
    client: &Client,
    job: Job,
    args: &LogsArgs,
    context: &mut Context,
    sink: Sink,
) -> Result<Told, CliError> {
    if let Some(remark) = news::waiting(&job, args.follow) {
        context.out.note(remark);
    }
    let mut log = Log {
        form: form(args, &job, context.json),
        job,
        client: client.clone(),
        sink,
        news: News::default(),
        silent: true,
        may_seem_stuck: !args.follow,
    };
    let told = log.tell(args, context).await;
    // Lines that came before an error are written before it is told.
    let written = log.sink.finish().await;
    match (told, written) {
        (Err(Stop::Failed(error)), _) => Err(error),
        (_, Err(error)) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(CliError::io("cannot write the log", error))
        }
        (Ok(last), Ok(())) => Ok(Told::ToTheEnd(last.map(Box::new))),
        _ => Ok(Told::ReaderLeft),
    }
}

/// A log that is being printed.
struct Log {
    client: Client,
    job: Job,
    form: Form,
    sink: Sink,
    news: News,
    /// No line came, and no word of missing ones.
    silent: bool,
    /// Nothing is waited for but the daemon's reading, and no word was said of it.
    may_seem_stuck: bool,
}

/// Why it is printed no further, other than its end.
enum Stop {
    Closed,
    Failed(CliError),
}

impl From<Closed> for Stop {
    fn from(_: Closed) -> Self {
        Self::Closed
    }
}

impl<E: Into<CliError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Log {
    /// Up to the last word; the job as it is then, where somebody asked to follow it.
    async fn tell(&mut self, args: &LogsArgs, context: &mut Context) -> Result<Option<Job>, Stop> {
        let mut follow = self.client.follow(request(args, &self.job));
        let mut silence = pin!(sleep(SILENCE_MAX));
        loop {
            let update = {
                let mut next = pin!(follow.next());
                loop {
                    tokio::select! {
                        biased;
                        () = self.sink.closed() => return Err(Stop::Closed),
                        update = &mut next => break update,
                        () = &mut silence, if self.may_seem_stuck => {
                            self.may_seem_stuck = false;
                            context.out.note("reading the log; the cloud takes its time");
                        }
                    }
                }
            };
            self.may_seem_stuck = false;
            let update = update
                .ok_or_else(|| CliError::other("the log ended without a last word", ""))??;
            if let FollowUpdate::Ended(ended) = update {
                return self.conclude(args, &ended, context).await;
            }
            self.update(&update, context).await?;
        }
    }

    async fn update(&mut self, update: &FollowUpdate, context: &mut Context) -> Result<(), Stop> {
        let now = context.now_ms();
        let zone = context.zone.clone();
        match update {
            FollowUpdate::Lines(chunk) => {
                self.silent = false;
                self.know_the_id().await?;
                let rule = self.news.attempt(chunk, &self.job);
                self.note(rule, context).await?;
                let piece = printer::lines(self.form, &self.job, chunk);
                return Ok(self.sink.write(piece).await?);
            }
            FollowUpdate::Gap(gap) => {
                self.silent = false;
                self.know_the_id().await?;
                let text = news::gap(gap, &self.job, &zone, now);
                self.note(Some(text), context).await
            }
            FollowUpdate::Stale(stale) => {
                let text = self.news.staleness(stale, &zone, now);
                self.note(text, context).await
            }
            FollowUpdate::Reconnecting(reason) => {
                let (clock, reason) = (time::of_day(now, &zone), clean::line(reason));
                let text =
                    format!("{clock} the connection to the daemon broke ({reason}); trying again");
                self.note(Some(text), context).await
            }
            FollowUpdate::Unattended => {
                let text = format!("{} {UNATTENDED}", time::of_day(now, &zone));
                self.note(Some(text), context).await
            }
            FollowUpdate::Reconnected => {
                let text = format!("{} the daemon is back", time::of_day(now, &zone));
                self.note(Some(text), context).await
            }
            FollowUpdate::Ended(_) => Ok(()),
        }
    }

    /// Says something on stderr, behind the lines before it.
    async fn note(&mut self, text: Option<String>, context: &mut Context) -> Result<(), Stop> {
        if let Some(text) = text {
            self.sink.settle().await?;
            context.out.note(text);
        }
        Ok(())
    }

    /// A job that was unconfirmed at the start gets the id by which its pods are called later.
    async fn know_the_id(&mut self) -> Result<(), Stop> {
        if self.job.native_id.is_empty() {
            self.job = self.present().await?;
        }
        Ok(())
    }

    async fn present(&self) -> Result<Job, CliError> {
        the_job(self.client.get(&self.job.uid).await?.job)
    }

    async fn conclude(
        &mut self,
        args: &LogsArgs,
        ended: &LogEnded,
        context: &mut Context,
    ) -> Result<Option<Job>, Stop> {
        let present = match args.follow {
            true => Some(self.present().await),
            false => None,
        };
        let note = match ended.note.as_str() {
            "" if self.silent && args.tail != Some(0) => {
                let job = match &present {
                    Some(Ok(job)) => job,
                    _ => &self.job,
                };
                news::silence(job, !args.pods.is_empty(), ended.complete)
            }
            "" => None,
            note => Some(clean::line(note)),
        };
        self.note(note, context).await?;
        let result = present.as_ref().map(|present| match present {
            Ok(job) => news::result(job),
            // The log is complete all the same.
            Err(error) => format!(
                "what became of {} cannot be read: {}",
                word::id(&self.job),
                clean::line(&error.to_string())
            ),
        });
        self.note(result, context).await?;
        Ok(present.and_then(Result::ok))
    }
}

fn form(args: &LogsArgs, job: &Job, as_json: bool) -> Form {
    match (as_json, args.raw) {
        (true, _) => Form::Json,
        (false, true) => Form::Raw,
        (false, false) => Form::Text {
            prefixed: pods::several(job, &args.pods),
        },
    }
}

/// By its id, so that a daemon that comes back means the same job, whatever `@last` is by then; by the cloud's where there
/// is one, which also a daemon knows that has lost its store.
fn request(args: &LogsArgs, job: &Job) -> FollowLogsRequest {
    FollowLogsRequest {
        id: json::job_id(job).to_owned(),
        pods: args.pods.clone(),
        cursor: Vec::new(),
        tail: args.tail,
        no_follow: !args.follow,
        to_the_end: false,
        ..FollowLogsRequest::default()
    }
}

/// Reads a number of lines.
fn number(text: &str) -> Result<u64, String> {
    let wrong = |_| format!("`{text}` is no number of lines");
    text.parse().map_err(wrong)
}

#[cfg(test)]
mod tests;
