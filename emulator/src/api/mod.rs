//! The operations. This file finds the one a request means; each of the others is one operation.

mod body;
mod caller_identity;
mod create_job;
mod delete_job;
mod get_code_source;
mod get_job;
mod get_pod_logs;
mod list_ecs_specs;
mod list_jobs;
mod query;
mod stop_job;
mod update_code_source;
mod update_job;

use std::sync::Arc;

use http::request::Parts;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::cloud::Cloud;
use crate::error::ApiError;
pub use caller_identity::USER_ID;
pub(crate) use caller_identity::{ACCOUNT_ID, user_name};
use query::Query;

const DLC_VERSION: &str = "2020-12-03";
const AIWORKSPACE_VERSION: &str = "2021-02-04";
const STS_VERSION: &str = "2015-04-01";

/// The operations there are, as in `x-acs-action`.
pub(crate) const OPERATIONS: [&str; 11] = [
    "CreateJob",
    "ListJobs",
    "GetJob",
    "StopJob",
    "UpdateJob",
    "DeleteJob",
    "GetPodLogs",
    "ListEcsSpecs",
    "GetCodeSource",
    "UpdateCodeSource",
    "GetCallerIdentity",
];

/// What a request means, by method and path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    CreateJob,
    ListJobs,
    GetJob {
        job_id: String,
    },
    StopJob {
        job_id: String,
    },
    UpdateJob {
        job_id: String,
    },
    DeleteJob {
        job_id: String,
    },
    GetPodLogs {
        job_id: String,
        pod_id: String,
    },
    ListEcsSpecs,
    GetCodeSource {
        id: String,
    },
    UpdateCodeSource {
        id: String,
    },
    GetCallerIdentity,
    /// Not emulated; named by the caller.
    Other(String),
}

impl Operation {
    pub(crate) fn of(parts: &Parts) -> Self {
        let header = parts
            .headers
            .get("x-acs-action")
            .and_then(|value| value.to_str().ok());
        Self::find(
            parts.method.as_str(),
            parts.uri.path(),
            header.unwrap_or("Unknown"),
        )
    }

    fn find(method: &str, path: &str, action: &str) -> Self {
        let segments: Vec<String> = path
            .split('/')
            .skip(1)
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (method, segments.as_slice()) {
            ("POST", ["api", "v1", "jobs"]) => Self::CreateJob,
            ("GET", ["api", "v1", "jobs"]) => Self::ListJobs,
            ("GET", ["api", "v1", "jobs", id]) => Self::GetJob {
                job_id: (*id).to_owned(),
            },
            ("PUT", ["api", "v1", "jobs", id]) => Self::UpdateJob {
                job_id: (*id).to_owned(),
            },
            ("DELETE", ["api", "v1", "jobs", id]) => Self::DeleteJob {
                job_id: (*id).to_owned(),
            },
            ("POST", ["api", "v1", "jobs", id, "stop"]) => Self::StopJob {
                job_id: (*id).to_owned(),
            },
            ("GET", ["api", "v1", "jobs", id, "pods", pod, "logs"]) => Self::GetPodLogs {
                job_id: (*id).to_owned(),
                pod_id: (*pod).to_owned(),
            },
            ("GET", ["api", "v1", "ecsspecs"]) => Self::ListEcsSpecs,
            ("GET", ["api", "v1", "codesources", id]) => Self::GetCodeSource {
                id: (*id).to_owned(),
            },
            ("PUT", ["api", "v1", "codesources", id]) => Self::UpdateCodeSource {
                id: (*id).to_owned(),
            },
            ("POST", [""]) if action == "GetCallerIdentity" => Self::GetCallerIdentity,
            _ => Self::Other(action.to_owned()),
        }
    }

    /// As in `x-acs-action`.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::CreateJob => "CreateJob",
            Self::ListJobs => "ListJobs",
            Self::GetJob { .. } => "GetJob",
            Self::StopJob { .. } => "StopJob",
            Self::UpdateJob { .. } => "UpdateJob",
            Self::DeleteJob { .. } => "DeleteJob",
            Self::GetPodLogs { .. } => "GetPodLogs",
            Self::ListEcsSpecs => "ListEcsSpecs",
            Self::GetCodeSource { .. } => "GetCodeSource",
            Self::UpdateCodeSource { .. } => "UpdateCodeSource",
            Self::GetCallerIdentity => "GetCallerIdentity",
            Self::Other(name) => name,
        }
    }

    /// The headers must say what the path says.
    fn check_headers(&self, parts: &Parts) -> Result<(), ApiError> {
        let header = |name| {
            parts
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let version = match self {
            Self::Other(_) => return Err(ApiError::no_such_api()),
            Self::GetCallerIdentity => STS_VERSION,
            Self::GetCodeSource { .. } | Self::UpdateCodeSource { .. } => AIWORKSPACE_VERSION,
            _ => DLC_VERSION,
        };
        if header("x-acs-version") != Some(version) {
            let message = "Specified parameter Version is not valid.";
            return Err(ApiError::bad("InvalidVersion", message));
        }
        if header("x-acs-action") != Some(self.name()) {
            return Err(ApiError::no_such_api());
        }
        Ok(())
    }
}

/// Carries the operation out; the answer lacks only its `RequestId`. Without `effect`, one that
/// changes something there is checks and answers all the same, and changes nothing. `arrives` says
/// that the answer will reach the caller whole.
pub(crate) fn execute(
    cloud: &Arc<Cloud>,
    operation: &Operation,
    parts: &Parts,
    body: &[u8],
    effect: bool,
    arrives: bool,
) -> Result<Value, ApiError> {
    operation.check_headers(parts)?;
    let query = Query::parse(parts.uri.query().unwrap_or_default())?;
    match operation {
        Operation::CreateJob => create_job::create_job(cloud, body),
        Operation::ListJobs => list_jobs::list_jobs(cloud, &query),
        Operation::GetJob { job_id } => get_job::get_job(cloud, job_id, &query),
        Operation::StopJob { job_id } => stop_job::stop_job(cloud, job_id, effect),
        Operation::UpdateJob { job_id } => update_job::update_job(cloud, job_id, body, effect),
        Operation::DeleteJob { job_id } => delete_job::delete_job(cloud, job_id, effect),
        Operation::GetPodLogs { job_id, pod_id } => {
            get_pod_logs::get_pod_logs(cloud, job_id, pod_id, &query, arrives)
        }
        Operation::ListEcsSpecs => list_ecs_specs::list_ecs_specs(&query),
        Operation::GetCodeSource { id } => get_code_source::get_code_source(cloud, id),
        Operation::UpdateCodeSource { id } => {
            update_code_source::update_code_source(cloud, id, body, effect)
        }
        Operation::GetCallerIdentity => Ok(caller_identity::caller_identity()),
        Operation::Other(_) => Err(ApiError::no_such_api()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_and_method_decide() {
        let find = |method, path| Operation::find(method, path, "X").name().to_owned();
        assert_eq!(find("POST", "/api/v1/jobs"), "CreateJob");
        assert_eq!(find("GET", "/api/v1/jobs"), "ListJobs");
        assert_eq!(find("GET", "/api/v1/jobs/dlc1"), "GetJob");
        assert_eq!(find("POST", "/api/v1/jobs/dlc1/stop"), "StopJob");
        assert_eq!(find("PUT", "/api/v1/jobs/dlc1"), "UpdateJob");
        assert_eq!(find("DELETE", "/api/v1/jobs/dlc1"), "DeleteJob");
        assert_eq!(
            find("GET", "/api/v1/jobs/dlc1/pods/dlc1-worker-0/logs"),
            "GetPodLogs"
        );
        assert_eq!(find("GET", "/api/v1/ecsspecs"), "ListEcsSpecs");
        assert_eq!(find("GET", "/api/v1/codesources/code-1"), "GetCodeSource");
        assert_eq!(
            find("PUT", "/api/v1/codesources/code-1"),
            "UpdateCodeSource"
        );
        for other in ["/api/v1/tensorboards", "/", "/api/v1/jobs/dlc1/events"] {
            assert_eq!(find("GET", other), "X");
        }
    }

    #[test]
    fn segments_are_decoded_one_by_one() {
        let found = Operation::find("GET", "/api/v1/jobs/a%2Fb", "X");
        assert_eq!(
            found,
            Operation::GetJob {
                job_id: "a/b".into()
            }
        );
    }
}
