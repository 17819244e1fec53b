//! What was masked once stays masked (invariant 8). A secret of a call is known only to the daemon that took it, and one of the
//! settings only while it stands there; the cloud tells the command in clear for ever. Nothing of it changes after the submit.

use serde_json::Value;

use crate::model::{Job, redact::MASK};

/// Texts of a job that hold a mask, over those that were told of it now.
pub fn keep_hidden(known: &Job, job: &mut Job) {
    keep(&known.command, &mut job.command);
    for (key, value) in &mut job.tags {
        if let Some(known) = known.tags.get(key) {
            keep(known, value);
        }
    }
    if let (Some(known), Some(code)) = (&known.code, &mut job.code) {
        keep(&known.branch, &mut code.branch);
        keep(&known.commit, &mut code.commit);
    }
}

/// The same by the stored request: where the row of the job was lost, or another settings file has submitted it.
pub fn hide_as_submitted(request: &str, job: &mut Job) {
    let Ok(request) = serde_json::from_str::<Value>(request) else {
        return;
    };
    let text = |pointer: &str| request.pointer(pointer).and_then(Value::as_str);
    keep(text("/UserCommand").unwrap_or_default(), &mut job.command);
    for (key, value) in &mut job.tags {
        let known = request
            .pointer("/Settings/Tags")
            .and_then(|tags| tags.get(key));
        match known {
            Some(Value::String(known)) => keep(known, value),
            // A reference to a secret.
            Some(Value::Object(_)) => MASK.clone_into(value),
            _ => {}
        }
    }
    if let Some(code) = &mut job.code {
        keep(
            text("/CodeSource/Branch").unwrap_or_default(),
            &mut code.branch,
        );
        keep(
            text("/CodeSource/Commit").unwrap_or_default(),
            &mut code.commit,
        );
    }
}

fn keep(known: &str, told: &mut String) {
    if known.contains(MASK) {
        known.clone_into(told);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Code, Phase};

    fn job(command: &str, tag: &str, branch: &str) -> Job {
        let mut job = Job::new("job-1".into(), "me-a".into(), Phase::Running, 0);
        job.command = command.into();
        job.tags.insert("run".into(), tag.into());
        job.code = Some(Code {
            source_id: "code-1".into(),
            branch: branch.into(),
            commit: "abc".into(),
            mount_path: String::new(),
        });
        job
    }

    #[test]
    fn what_was_masked_stays_so_and_the_rest_is_as_told() {
        let told = || job("login correct-horse; run", "correct-horse", "main");
        let masked = job("login [redacted]; run", "[redacted]", "main");
        let mut shown = told();
        keep_hidden(&masked, &mut shown);
        assert_eq!(shown, masked);
        keep_hidden(&told(), &mut shown);
        assert_eq!(shown, masked, "what was never masked hides nothing");
        let request = json!({
            "UserCommand": "login [redacted]; run",
            "CodeSource": {"Branch": "main"},
            "Settings": {"Tags": {"run": {"$secret": "/Settings/Tags/run"}}},
        });
        let mut shown = told();
        hide_as_submitted(&request.to_string(), &mut shown);
        assert_eq!(shown, masked);
        let mut shown = told();
        hide_as_submitted("no JSON", &mut shown);
        assert_eq!(shown, told());
    }
}
