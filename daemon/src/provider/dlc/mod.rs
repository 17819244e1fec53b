//! PAI-DLC.

mod commands;
mod fault;
mod observe;
pub mod request;
pub mod resources;
mod sizes;
mod status;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use aliyun::{
    AiWorkspace, Error, Sts, TokenBucket, Transport, TransportOptions,
    aiworkspace::CodeSourceUpdate,
    dlc::{Accessibility, Dlc, ListJobsQuery, Order, PodLogsQuery, UpdateJob},
};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::Value;

use super::{
    Identity, JobChange, Listing, LogLines, LogWindow, Nature, Page, Priority, Provider, Receipt,
    RemoteCode, StopAck,
};
use crate::{
    config::Settings,
    model::{Fault, FaultKind, Observation, Resources, Source, redact::Redactor},
    sys::Clock,
};

use commands::Redacted;
use fault::to_fault;
use observe::{Context, observe};

static NATURE: Nature = Nature {
    kind: "dlc",
    log_lag: Duration::from_secs(10),
    active_statuses: status::ACTIVE,
    page_size: 100,
    ids_per_list: 50,
    visibility_lag: Duration::from_secs(60),
};

/// The job service of one settings file.
#[derive(Debug)]
pub struct DlcProvider {
    dlc: Dlc,
    sts: Sts,
    workspace: AiWorkspace,
    workspace_id: String,
    credential_source: String,
    redactor: Redactor,
    /// Commands are long and hardly ever change, and each look shows them all again.
    commands: Redacted,
    clock: Clock,
}

impl DlcProvider {
    /// Prepares the client; nothing is sent yet.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(
        settings: &Settings,
        bucket: Arc<TokenBucket>,
        redactor: Redactor,
        clock: Clock,
    ) -> Result<Self, Fault> {
        let mut options = TransportOptions::default();
        options.clock = wall(&clock);
        let transport = Transport::new(settings.credentials.clone(), bucket, options)
            .map_err(|error| to_fault(&error, ""))?;
        let transport = Arc::new(transport);
        Ok(Self {
            dlc: Dlc::new(Arc::clone(&transport), settings.endpoints.dlc.clone()),
            workspace: AiWorkspace::new(
                Arc::clone(&transport),
                settings.endpoints.aiworkspace.clone(),
            ),
            sts: Sts::new(transport, settings.endpoints.sts.clone()),
            workspace_id: settings.workspace_id.clone(),
            credential_source: settings.credential_source.to_string(),
            redactor,
            commands: Redacted::default(),
            clock,
        })
    }

    fn fault(&self, error: &Error) -> Fault {
        let mut fault = to_fault(error, &self.credential_source);
        fault.message = self.redactor.text(&fault.message);
        fault
    }

    fn context(&self, source: Source, seq: u64) -> Context<'_> {
        Context {
            redactor: &self.redactor,
            commands: &self.commands,
            source,
            seq,
            now_ms: self.clock.wall_ms(),
        }
    }

    fn query(&self, listing: Listing) -> ListJobsQuery {
        let from = listing.created_from_ms.unwrap_or(0);
        ListJobsQuery {
            workspace_id: Some(self.workspace_id.clone()),
            show_own: listing.own_named.is_some().then_some(true),
            display_name: listing.own_named,
            job_ids: listing.ids,
            status: listing.status,
            // Always given: without it the server looks back seven days only (fact sheet §7).
            start_time: Some(start_time(from)),
            sort_by: Some("GmtCreateTime".into()),
            order: Some(Order::Desc),
            page_number: Some(listing.page.max(1)),
            page_size: Some(NATURE.page_size),
            ..ListJobsQuery::default()
        }
    }
}

/// A time that cannot be written is the beginning of time: to leave it out would mean seven days ago.
fn start_time(from_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(from_ms.max(0)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A line that stands for an empty log (fact sheet §6.7).
fn says_nothing_is_there(line: &str) -> bool {
    line.starts_with("[WARN] No logs found for the pod")
}

fn receipt<T>(value: T, request_id: Option<String>) -> Receipt<T> {
    Receipt {
        value,
        request_id: request_id.unwrap_or_default(),
    }
}

fn wall(clock: &Clock) -> aliyun::Clock {
    let clock = clock.clone();
    Arc::new(move || Timestamp::from_millisecond(clock.wall_ms()).unwrap_or_default())
}

impl Provider for DlcProvider {
    fn nature(&self) -> &Nature {
        &NATURE
    }

    fn list(
        &self,
        listing: Listing,
        seq: u64,
        priority: Priority,
    ) -> BoxFuture<'_, Result<Page, Fault>> {
        Box::pin(async move {
            let query = self.query(listing);
            let page = self
                .dlc
                .list_jobs(&query, priority)
                .await
                .map_err(|error| self.fault(&error))?;
            let context = self.context(Source::List, seq);
            Ok(Page {
                received: page.jobs.len() + page.malformed,
                jobs: page
                    .jobs
                    .into_iter()
                    .filter_map(|job| observe(job, &context))
                    .collect(),
                total: page.total_count,
            })
        })
    }

    fn get<'a>(
        &'a self,
        id: &'a str,
        seq: u64,
        priority: Priority,
    ) -> BoxFuture<'a, Result<Observation, Fault>> {
        Box::pin(async move {
            let job = self
                .dlc
                .get_job(id, priority)
                .await
                .map_err(|error| self.fault(&error))?;
            observe(job, &self.context(Source::Get, seq)).ok_or_else(|| {
                Fault::new(
                    FaultKind::Unavailable,
                    format!("the answer about {id} has no job in it"),
                )
            })
        })
    }

    fn submit<'a>(&'a self, body: &'a Value) -> BoxFuture<'a, Result<Receipt<String>, Fault>> {
        Box::pin(async move {
            match self.dlc.create_job(body, Priority::Interactive).await {
                Ok(created) => Ok(receipt(created.job_id, created.request_id)),
                Err(error) => Err(self.fault(&error)),
            }
        })
    }

    fn stop<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Receipt<StopAck>, Fault>> {
        Box::pin(async move {
            match self.dlc.stop_job(id, Priority::Interactive).await {
                Ok(accepted) => Ok(receipt(StopAck::Accepted, accepted.request_id)),
                Err(error @ Error::Conflict { .. }) => {
                    let id = error.request_id().map(ToOwned::to_owned);
                    Ok(receipt(StopAck::AlreadyEnded, id))
                }
                Err(error) => Err(self.fault(&error)),
            }
        })
    }

    fn delete<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Receipt<()>, Fault>> {
        Box::pin(async move {
            let deleted = self.dlc.delete_job(id, Priority::Interactive).await;
            let accepted = deleted.map_err(|error| self.fault(&error))?;
            Ok(receipt((), accepted.request_id))
        })
    }

    fn update<'a>(
        &'a self,
        id: &'a str,
        change: JobChange,
    ) -> BoxFuture<'a, Result<Receipt<()>, Fault>> {
        Box::pin(async move {
            let update = UpdateJob {
                priority: change.priority,
                accessibility: change.publish.then_some(Accessibility::Public),
                ..UpdateJob::default()
            };
            let updated = self
                .dlc
                .update_job(id, &update, Priority::Interactive)
                .await;
            let accepted = updated.map_err(|error| self.fault(&error))?;
            Ok(receipt((), accepted.request_id))
        })
    }

    fn raw<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Value, Fault>> {
        Box::pin(async move {
            let answer = self.dlc.get_job_object(id, Priority::Interactive).await;
            answer
                .map(Value::Object)
                .map_err(|error| self.fault(&error))
        })
    }

    fn instance_types<'a>(
        &'a self,
        names: &'a [String],
    ) -> BoxFuture<'a, Result<BTreeMap<String, Resources>, Fault>> {
        Box::pin(async move {
            let found = sizes::of(&self.dlc, names).await;
            found.map_err(|error| self.fault(&error))
        })
    }

    fn code_source<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<RemoteCode, Fault>> {
        Box::pin(async move {
            let item = self
                .workspace
                .get_code_source(id, Priority::Interactive)
                .await;
            let item = item.map_err(|error| self.fault(&error))?;
            let text = |text: Option<String>| self.redactor.text(&text.unwrap_or_default());
            Ok(RemoteCode {
                name: text(item.display_name),
                repo: text(item.code_repo),
                branch: text(item.code_branch),
                commit: text(item.code_commit),
                mount_path: text(item.mount_path),
                accessibility: text(item.accessibility),
                user_id: text(item.user_id),
            })
        })
    }

    fn set_code_source<'a>(
        &'a self,
        id: &'a str,
        branch: Option<&'a str>,
        commit: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Receipt<()>, Fault>> {
        Box::pin(async move {
            let update = CodeSourceUpdate {
                branch: branch.map(ToOwned::to_owned),
                commit: commit.map(ToOwned::to_owned),
            };
            let workspace = &self.workspace;
            let updated = workspace
                .update_code_source(id, &update, Priority::Interactive)
                .await;
            let accepted = updated.map_err(|error| self.fault(&error))?;
            Ok(receipt((), accepted.request_id))
        })
    }

    fn pod_logs(
        &self,
        window: LogWindow,
        priority: Priority,
    ) -> BoxFuture<'_, Result<LogLines, Fault>> {
        Box::pin(async move {
            let query = PodLogsQuery {
                job_id: window.job,
                pod_id: window.pod_id,
                pod_uid: (!window.pod_uid.is_empty()).then_some(window.pod_uid),
                max_lines: Some(window.max_lines),
                // Always given: without it the server looks back seven days only (fact sheet §3.7).
                start_time: Some(start_time(window.from.saturating_mul(1000))),
                end_time: window
                    .to
                    .and_then(|second| Timestamp::from_second(second).ok()),
                containers: Vec::new(),
            };
            let answer = match self.dlc.get_pod_logs(&query, priority).await {
                Ok(answer) => answer,
                Err(error) if error.code() == aliyun::ANSWER_TOO_LARGE => {
                    return Ok(LogLines {
                        too_large: true,
                        ..LogLines::default()
                    });
                }
                Err(error) => return Err(self.fault(&error)),
            };
            Ok(LogLines {
                too_large: false,
                lines: match answer.lines.as_slice() {
                    [only] if says_nothing_is_there(only) => Vec::new(),
                    _ => answer.lines,
                },
                server_second: answer.server_time.map(Timestamp::as_second),
            })
        })
    }

    fn identity(&self) -> BoxFuture<'_, Result<Identity, Fault>> {
        Box::pin(async move {
            let who = self
                .sts
                .get_caller_identity(Priority::Interactive)
                .await
                .map_err(|error| self.fault(&error))?;
            Ok(Identity {
                account_id: who.account_id,
                user_id: who.user_id.unwrap_or_default(),
                identity_type: who.identity_type.unwrap_or_default(),
                arn: who.arn.unwrap_or_default(),
            })
        })
    }

    fn now_ms(&self) -> i64 {
        self.dlc.transport().now().as_millisecond()
    }

    fn calls(&self) -> BTreeMap<String, u64> {
        self.dlc.transport().calls()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_always_has_a_start() {
        for (from, at) in [(1_000, 1_000), (i64::MIN, 0), (i64::MAX, 0), (-1, 0)] {
            assert_eq!(start_time(from).as_millisecond(), at);
        }
    }
}
