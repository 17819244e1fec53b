//! What the demo makes of what its clients hear.

use jiff::tz::TimeZone;
use pai_proto::{follow::FollowUpdate, v1::Job, wait::WaitUpdate};

use super::{
    agent,
    folder::Folder,
    ledger::{self, Transition},
    log::Excerpt,
    narration,
    summary::{Seen, Sighting, Summary},
};
use crate::{exit::Exit, json};

/// What those who wait are, by their numbers from 1 on.
pub const CLIENTS: [&str; 3] = ["paictl", "pai-mcp", "pai-mcp"];

/// Something that was heard.
#[derive(Debug)]
pub enum Heard {
    /// By our own wait.
    Job(WaitUpdate),
    /// By an agent.
    Agent(agent::Heard),
    /// From the job's log.
    Log(FollowUpdate),
}

/// Everything that was heard so far.
#[derive(Debug)]
pub struct Story {
    job: Job,
    submitted_ms: i64,
    told_by_submit: Vec<String>,
    sightings: Vec<Sighting>,
    excerpt: Excerpt,
    exit: Exit,
    /// Who still waits.
    waiting: [bool; CLIENTS.len()],
    /// When the last one knew the end.
    known_ms: Option<i64>,
    log_ended: bool,
}

impl Story {
    /// Of a job that was submitted then.
    pub fn new(job: Job, submitted_ms: i64) -> Self {
        Self {
            told_by_submit: statuses_of(&job),
            job,
            submitted_ms,
            sightings: Vec::new(),
            excerpt: Excerpt::default(),
            exit: Exit::Gone,
            waiting: [true; CLIENTS.len()],
            known_ms: None,
            log_ended: false,
        }
    }

    /// Whether everyone who waited knows the end.
    pub fn all_know(&self) -> bool {
        self.known_ms.is_some()
    }

    /// Whether there is nothing left to hear.
    pub fn is_over(&self) -> bool {
        self.all_know() && self.log_ended
    }

    /// Takes what one client (counted from 1) heard, and tells it.
    pub fn hear(
        &mut self,
        client: usize,
        at_ms: i64,
        heard: Heard,
        cloud: &Cloud<'_>,
        say: &mut impl FnMut(String),
    ) {
        let statuses = match heard {
            Heard::Job(update) => self.hear_wait(client, at_ms, update, say),
            Heard::Agent(agent::Heard::Progress(text)) => {
                words_in(&text, &cloud.statuses(json::job_id(&self.job)))
            }
            Heard::Agent(agent::Heard::Answer(waited)) => {
                if waited.done {
                    self.knows(client, at_ms);
                }
                waited
                    .jobs
                    .into_iter()
                    .filter_map(|job| job.status)
                    .collect()
            }
            Heard::Log(update) => return self.hear_log(&update, say),
        };
        for status in statuses {
            if let Some(sighting) = self.noted(client, status, at_ms) {
                say(narration::sighting(
                    &sighting,
                    &self.job,
                    &cloud.transitions(),
                    cloud.zone,
                ));
            }
        }
    }

    /// Leaves the log where it is.
    pub fn give_the_log_up(&mut self, say: &mut impl FnMut(String)) {
        self.log_ended = true;
        say(narration::log_line(
            "its end did not come; the demo goes on without",
        ));
    }

    /// What was found, and the exit code of the job.
    pub fn end(self, cloud: &Folder) -> (Summary, Exit) {
        let until = self.known_ms.unwrap_or(self.submitted_ms);
        let summary = Summary::of(Seen {
            job_id: json::job_id(&self.job),
            status: &self.job.status,
            clients: &CLIENTS,
            waited_ms: u64::try_from(until - self.submitted_ms).unwrap_or(0),
            told_by_submit: &self.told_by_submit,
            sightings: &self.sightings,
            transitions: &ledger::transitions(&cloud.cloud()),
            calls: ledger::calls(&cloud.cloud()),
            log_lines: self.excerpt.lines(),
            log_pods: self.excerpt.pods(),
        });
        (summary, self.exit)
    }

    /// The statuses that our own wait brought.
    fn hear_wait(
        &mut self,
        client: usize,
        at_ms: i64,
        update: WaitUpdate,
        say: &mut impl FnMut(String),
    ) -> Vec<String> {
        match update {
            WaitUpdate::Change(change) => {
                if let Some(newer) = change.job {
                    self.job = newer;
                }
                vec![match change.event {
                    Some(event) => event.to_status,
                    None => self.job.status.clone(),
                }]
            }
            WaitUpdate::Ended(ended) if ended.timed_out => {
                self.exit = Exit::TimedOut;
                self.knows(client, at_ms);
                Vec::new()
            }
            WaitUpdate::Ended(ended) => {
                if let Some(newer) = ended.results.into_iter().find_map(|result| result.job) {
                    self.job = newer;
                }
                self.exit = Exit::of_job(Some(&self.job));
                self.knows(client, at_ms);
                // The last word may carry statuses that no event came for.
                statuses_of(&self.job)
            }
            other => {
                say(narration::disturbance(&other));
                Vec::new()
            }
        }
    }

    fn hear_log(&mut self, update: &FollowUpdate, say: &mut impl FnMut(String)) {
        let lines = match update {
            FollowUpdate::Lines(chunk) => self.excerpt.take(chunk, json::job_id(&self.job)),
            FollowUpdate::Ended(_) => {
                self.log_ended = true;
                self.excerpt.rest()
            }
            // Who waits for the job is told so.
            FollowUpdate::JobEnded(_) => return,
            other => return say(narration::log_disturbance(other)),
        };
        for line in lines {
            say(narration::log_line(&line));
        }
    }

    fn knows(&mut self, client: usize, at_ms: i64) {
        self.waiting[client - 1] = false;
        if self.waiting == [false; CLIENTS.len()] {
            self.known_ms = Some(at_ms);
        }
    }

    /// Keeps the first time at which a client knew of a status.
    fn noted(&mut self, client: usize, status: String, at_ms: i64) -> Option<Sighting> {
        let known = |seen: &Sighting| seen.client == client && seen.status == status;
        let no_news = status.is_empty() || self.told_by_submit.contains(&status);
        if no_news || self.sightings.iter().any(known) {
            return None;
        }
        let sighting = Sighting {
            client,
            status,
            at_ms,
        };
        self.sightings.push(sighting.clone());
        Some(sighting)
    }
}

/// The cloud's own record, and how a person reads its times.
#[derive(Debug, Clone, Copy)]
pub struct Cloud<'a> {
    /// Where it is written.
    pub folder: &'a Folder,
    /// The person's clock.
    pub zone: &'a TimeZone,
}

impl Cloud<'_> {
    fn transitions(&self) -> Vec<Transition> {
        ledger::transitions(&self.folder.cloud())
    }

    /// The statuses that a job has had so far.
    fn statuses(&self, job_id: &str) -> Vec<String> {
        let changes = self.transitions().into_iter();
        let of_job = changes.filter(|change| change.job_id == job_id);
        of_job.map(|change| change.status).collect()
    }
}

/// The statuses that a job has or had.
fn statuses_of(job: &Job) -> Vec<String> {
    let reached = job.milestones.iter().map(|mile| mile.status.clone());
    reached.chain([job.status.clone()]).collect()
}

/// Which of these words stand in a text for people.
fn words_in(text: &str, words: &[String]) -> Vec<String> {
    let said: Vec<_> = text.split(|c: char| !c.is_alphanumeric()).collect();
    let said = |word: &&String| said.contains(&word.as_str());
    words.iter().filter(said).cloned().collect()
}

#[cfg(test)]
mod tests;
