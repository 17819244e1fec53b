//! The backend's own answer about a job, secrets masked.

use serde_json::Value;

use crate::{
    contexts::Running,
    model::{Fault, FaultKind, Job, redact::MASK},
    provider::dlc::request::{self, masked},
};

pub(super) async fn raw(running: &Running, job: &Job) -> Result<String, Fault> {
    let scope = &running.scope;
    let Some(id) = &job.native_id else {
        let message = format!("the cloud does not know {} (yet)", job.uid);
        return Err(Fault::new(FaultKind::Conflict, message).hint("try again when it has an id"));
    };
    let answer = scope.provider().raw(id).await?;
    let mut answer = masked(&answer, &scope.redactor);
    let name = job.name.clone();
    let intent = scope.journal.read(move |reader| reader.intent_named(&name));
    if let Some(intent) = intent.await?
        && let Ok(stored) = serde_json::from_str(&intent.request)
    {
        hide(&mut answer, &stored);
    }
    Ok(answer.to_string())
}

/// What was given as a secret is one by whatever name, also when its value is not known any more.
fn hide(answer: &mut Value, stored: &Value) {
    match (answer, stored) {
        (answer, stored) if request::reference(stored).is_some() => *answer = MASK.into(),
        (Value::String(answer), Value::String(stored)) if stored.contains(MASK) => {
            answer.clone_from(stored);
        }
        (Value::Object(answer), Value::Object(stored)) => {
            for (key, item) in answer {
                if let Some(stored) = stored.get(key) {
                    hide(item, stored);
                }
            }
        }
        (Value::Array(answer), Value::Array(stored)) => {
            for (item, stored) in answer.iter_mut().zip(stored) {
                hide(item, stored);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_stored_as_a_reference_is_hidden_and_nothing_else() {
        let mut answer = json!({"Envs": {"A": "1", "PLAIN": "given"}, "JobSpecs": [{"Image": "i"}], "Status": "Running",
                                "UserCommand": "login given"});
        let stored = json!({"UserCommand": "login [redacted]", "Envs": {"A": "1", "PLAIN": {"$secret": "/Envs/PLAIN"}, "GONE": {"$secret": "/Envs/GONE"}}});
        hide(&mut answer, &stored);
        assert_eq!(
            answer,
            json!({"Envs": {"A": "1", "PLAIN": MASK}, "JobSpecs": [{"Image": "i"}], "Status": "Running",
                   "UserCommand": "login [redacted]"})
        );
    }
}
