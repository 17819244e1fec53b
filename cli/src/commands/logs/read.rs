//! Showing the log of one job.

use std::{pin::pin, time::Duration};

use pai_proto::{
    Client, ClientError,
    follow::FollowUpdate,
    v1::{FollowLogsRequest, Job, LogEnded},
};
use tokio::time::sleep;

use super::{
    args::{LogsArgs, Prefix},
    attempts::Attempts,
    news::{self, News},
    pods,
    printer::{self, Clock, Form, Look},
    result,
    sink::{Closed, Sink},
};
use crate::{
    commands::the_job,
    context::{Context, UNATTENDED},
    error::CliError,
    exit::Exit,
    json,
    view::{clean, time},
};

/// After so long without a word from the daemon one is said.
const SILENCE_MAX: Duration = Duration::from_secs(5);

/// Shows the log of the job of this id; with -f the exit code is the job's result.
///
/// # Errors
/// See [`CliError`].
pub(super) async fn run(
    id: &str,
    args: &LogsArgs,
    context: &mut Context,
    sink: Sink,
) -> Result<Exit, CliError> {
    let client = context.connect().await?;
    let job = the_job(client.get(id).await?.job)?;
    show(&client, job, args, context, sink).await
}

/// The same of a job that is known.
///
/// # Errors
/// See [`CliError`].
pub(super) async fn show(
    client: &Client,
    job: Job,
    args: &LogsArgs,
    context: &mut Context,
    sink: Sink,
) -> Result<Exit, CliError> {
    let id = json::job_id(&job).to_owned();
    match tell(client, job, args, context, sink).await? {
        Told::ToTheEnd(last) if args.read.follow => {
            result::tell(client, id, last.map(|job| *job), context).await
        }
        Told::ReaderLeft(job) if args.read.follow => Ok(result::without_reader(&job)),
        // How a job ended is no failure of its log.
        Told::ToTheEnd(_) | Told::ReaderLeft(_) => Ok(Exit::Ok),
    }
}

/// How far a log was told.
enum Told {
    /// With the job as it was then, where that is known.
    ToTheEnd(Option<Box<Job>>),
    /// Nobody reads any more, which is no failure. With the job as it was last known.
    ReaderLeft(Box<Job>),
}

async fn tell(
    client: &Client,
    job: Job,
    args: &LogsArgs,
    context: &mut Context,
    sink: Sink,
) -> Result<Told, CliError> {
    if let Some(remark) = news::waiting(&job, args.read.follow) {
        context.out.note(remark);
    }
    let mut log = Log {
        form: form(args, &job, context),
        job,
        client: client.clone(),
        sink,
        news: News::default(),
        attempts: Attempts::default(),
        silent: true,
        may_seem_stuck: !(args.read.follow || args.read.stored),
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
        (told, _) => {
            let last = told.ok().flatten().unwrap_or(log.job);
            Ok(Told::ReaderLeft(Box::new(last)))
        }
    }
}

/// A log that is being printed.
struct Log {
    client: Client,
    job: Job,
    form: Form,
    sink: Sink,
    news: News,
    attempts: Attempts,
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
        let mut follow = self.client.follow(request(args, &self.job, context));
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
                .ok_or_else(|| CliError::other("the log ended without a last word", ""))?
                .map_err(with_hint)?;
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
                let rule = self.attempts.tell(chunk, &self.job);
                self.note(rule, context).await?;
                let clock = Clock {
                    now_ms: now,
                    zone: &zone,
                };
                let piece = printer::lines(self.form, &self.job, chunk, clock);
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
            FollowUpdate::JobEnded(ended) => {
                let Some(job) = ended.job.clone() else {
                    return Ok(());
                };
                let text = self.news.job_ended(&job, ended.behind, &zone, now);
                self.job = job;
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
        let present = match args.read.follow {
            true => Some(self.present().await),
            false => None,
        };
        let note = match ended.note.as_str() {
            "" if self.silent && args.read.tail() != Some(0) => {
                let job = match &present {
                    Some(Ok(job)) => job,
                    _ => &self.job,
                };
                let chosen = !args.chosen.pods.is_empty() || !args.chosen.roles.is_empty();
                let part = match (&args.chosen.since, args.read.from) {
                    (Some(_), _) => " since then",
                    (_, Some(_)) => " from there on",
                    _ => "",
                };
                news::silence(job, chosen, part, ended.complete)
            }
            "" => None,
            note => Some(clean::line(note)),
        };
        self.note(note, context).await?;
        Ok(present.and_then(Result::ok))
    }
}

/// Names the option, where the daemon names what it stands for.
fn with_hint(mut error: ClientError) -> ClientError {
    if let ClientError::Refused(detail) = &mut error
        && detail.field == "previous"
    {
        detail.hint = "leave --previous away".into();
    }
    error
}

fn form(args: &LogsArgs, job: &Job, context: &Context) -> Form {
    match (context.json, args.read.raw) {
        (true, _) => Form::Json,
        (false, true) => Form::Raw,
        (false, false) => Form::Text(Look {
            prefixed: match args.look.prefix() {
                Prefix::Auto => pods::several(job, &args.chosen.pods, &args.chosen.roles),
                Prefix::Always => true,
                Prefix::Never => false,
            },
            timestamps: args.look.timestamps,
            colours: context.out.colours(),
        }),
    }
}

/// By its id, so that a daemon that comes back means the same job, whatever `@last` is by then; by the cloud's where there
/// is one, which also a daemon knows that has lost its store.
pub(super) fn request(args: &LogsArgs, job: &Job, context: &Context) -> FollowLogsRequest {
    let since = args.chosen.since.as_ref();
    FollowLogsRequest {
        id: json::job_id(job).to_owned(),
        pods: args.chosen.pods.clone(),
        cursor: Vec::new(),
        tail: args.read.tail(),
        no_follow: !args.read.follow,
        to_the_end: false,
        since_ms: since.map(|since| since.ms(context.now_ms(), &context.zone)),
        from_number: args.read.from,
        previous: args.read.previous,
        stored_only: args.read.stored,
        roles: args.chosen.roles.clone(),
    }
}
