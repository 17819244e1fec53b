//! The request of a job, to be sent again as another: the stored one where the job was submitted here, else what the cloud
//! tells of it, with what the cloud leaves out named (fact sheet §9).

use serde_json::{Map, Value};

use super::again::todays_base;
use crate::{
    config::Settings,
    journal::{Intent, Reader, StoreError},
    model::{Fault, FaultKind, Job, redact::MASK},
    provider::dlc::request,
    scope::Scope,
};

/// A request to begin with.
#[derive(Debug, Clone)]
pub struct Original {
    /// Uid of its job.
    pub uid: String,
    /// Short name.
    pub name: String,
    /// Shell text; `None` where it held a secret, which is not stored.
    pub command: Option<String>,
    /// In which profile its secrets are looked up.
    pub profile: String,
    /// The request without name, command and tags of ours.
    pub base: Map<String, Value>,
    /// Environment that was given by its call and not by its profile.
    pub envs: Map<String, Value>,
    /// The same for its priority.
    pub priority: Option<Value>,
    /// Variables whose values are not stored: they must be given again.
    pub hidden_envs: Vec<String>,
    /// What could not be copied, each one line.
    pub lost: Vec<String>,
}

const MINUTES: &str = "JobMaxRunningTimeMinutes";

/// Keys of a request that the cloud's answer about a job has, too (fact sheet §4.1, §4.2).
const TOLD: [&str; 18] = [
    "Accessibility",
    "CodeSource",
    "CredentialConfig",
    "CustomEnvs",
    "DataSources",
    "Description",
    "ElasticSpec",
    "Envs",
    "JobSpecs",
    "JobType",
    "Priority",
    "ResourceId",
    "SchedulingStrategy",
    "Settings",
    "ThirdpartyLibDir",
    "ThirdpartyLibs",
    "UserCommand",
    "UserVpc",
];

/// The request of this job.
///
/// # Errors
/// When it cannot be had, or a secret of it is not in the settings any more.
pub async fn original(scope: &Scope, job: &Job) -> Result<Original, Fault> {
    match submitted(scope, job).await? {
        Some(intent) => stored(&scope.settings(), job, &intent),
        None => told(scope, job).await,
    }
}

/// The request of this job as it is stored, or as the cloud tells it: with references in place of secrets, or with the secrets
/// themselves. And what could not be copied, each one line.
///
/// # Errors
/// When it cannot be had.
pub(super) async fn template(
    scope: &Scope,
    job: &Job,
) -> Result<(Map<String, Value>, Vec<String>), Fault> {
    let stored = submitted(scope, job).await?.and_then(|intent| {
        let request = serde_json::from_str(&intent.request).ok()?;
        Some(without_names(request))
    });
    match stored {
        Some(request) => Ok((request, Vec::new())),
        None => {
            let told = told(scope, job).await?;
            Ok((told.base, told.lost))
        }
    }
}

/// The submit that an own job is of: a twin has that of the first, and another settings file of the place may have made it.
async fn submitted(scope: &Scope, job: &Job) -> Result<Option<Intent>, StoreError> {
    let (uid, name, own) = (job.uid.clone(), job.name.clone(), job.own);
    let read = move |reader: &Reader<'_>| match reader.intent(&uid)? {
        None if own => reader.intent_named(&name),
        found => Ok(found),
    };
    scope.journal.read(read).await
}

impl Original {
    /// What is the job's own, over another profile's base: its code, its tags, the environment and the priority that its call
    /// gave, and its time limit where the profile has none.
    pub(super) fn particulars_into(&self, base: &mut Map<String, Value>) {
        if let Some(code) = self.base.get("CodeSource") {
            base.insert("CodeSource".into(), code.clone());
        }
        if let Some(priority) = &self.priority {
            base.insert("Priority".into(), priority.clone());
        }
        if let Some(minutes) = self.base.get(MINUTES) {
            base.entry(MINUTES).or_insert_with(|| minutes.clone());
        }
        if let Some(Value::Object(tags)) = self.base.get("Settings").and_then(|all| all.get("Tags"))
        {
            let settings = base.entry("Settings").or_insert_with(|| Map::new().into());
            let settings = settings.as_object_mut();
            let into = settings.map(|all| all.entry("Tags").or_insert_with(|| Map::new().into()));
            if let Some(Value::Object(into)) = into {
                into.extend(tags.clone());
            }
        }
        if self.envs.is_empty() {
            return;
        }
        let envs = base.entry("Envs").or_insert_with(|| Map::new().into());
        if let Some(envs) = envs.as_object_mut() {
            envs.extend(self.envs.clone());
        }
    }
}

fn stored(settings: &Settings, job: &Job, intent: &Intent) -> Result<Original, Fault> {
    let unreadable = |what: &str| {
        let message = format!("the request of {} {what}", job.display_id());
        Fault::new(FaultKind::Conflict, message).hint("submit it anew")
    };
    let sealed = serde_json::from_str(&intent.request);
    let sealed: Value = sealed.map_err(|_| unreadable("cannot be read"))?;
    let today = todays_base(settings, &intent.profile);
    let mut hidden = Vec::new();
    let body = resolved(&sealed, &sealed, &today, &mut hidden);
    let (envs, elsewhere): (Vec<_>, Vec<_>) = hidden
        .into_iter()
        .partition(|place| place.starts_with("/Envs/"));
    if let Some(place) = elsewhere.first() {
        let what = format!("holds a secret at {place} that is not in the settings any more");
        return Err(unreadable(&what));
    }
    let Value::Object(mut base) = body else {
        return Err(unreadable("is no object"));
    };
    let command = base.remove("UserCommand");
    let command = command.as_ref().and_then(Value::as_str);
    let command = command.filter(|text| intent.resendable || !text.contains(MASK));
    let priority = base.get("Priority").cloned();
    let of_profile = today.get("Envs").and_then(Value::as_object);
    let given = base
        .get("Envs")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    let given =
        given.filter(|(name, value)| of_profile.and_then(|envs| envs.get(*name)) != Some(*value));
    Ok(Original {
        uid: job.uid.clone(),
        name: short_name(&settings.prefix, &job.name),
        command: command.map(ToOwned::to_owned),
        profile: intent.profile.clone(),
        envs: given
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        priority: priority.filter(|priority| today.get("Priority") != Some(priority)),
        hidden_envs: envs.iter().map(|place| unescaped(place)).collect(),
        base: without_names(base),
        lost: Vec::new(),
    })
}

/// The request with its references resolved; those that lead nowhere are left out and told.
fn resolved(whole: &Value, part: &Value, today: &Value, hidden: &mut Vec<String>) -> Value {
    match part {
        Value::Array(items) => items
            .iter()
            .map(|item| resolved(whole, item, today, hidden))
            .collect(),
        Value::Object(map) => {
            let mut object = Map::new();
            for (key, item) in map {
                let Some(place) = request::reference(item) else {
                    object.insert(key.clone(), resolved(whole, item, today, hidden));
                    continue;
                };
                match request::secret_at(whole, today, place) {
                    Some(value) => drop(object.insert(key.clone(), value.clone())),
                    None => hidden.push(place.to_owned()),
                }
            }
            object.into()
        }
        other => other.clone(),
    }
}

fn unescaped(place: &str) -> String {
    let name = place.trim_start_matches("/Envs/");
    name.replace("~1", "/").replace("~0", "~")
}

async fn told(scope: &Scope, job: &Job) -> Result<Original, Fault> {
    let Some(id) = &job.native_id else {
        let message = format!(
            "{} never became a job, and its request is not known",
            job.uid
        );
        return Err(Fault::new(FaultKind::Conflict, message).hint("submit it anew"));
    };
    let answer = scope.provider().raw(id).await?;
    let settings = scope.settings();
    let mut lost = vec![format!(
        "{id} was not submitted from here: its request is copied from what the cloud tells, without image passwords, \
         credential secrets, SuccessPolicy and Options"
    )];
    let mut base = Map::new();
    for key in TOLD {
        if let Some(value) = answer.get(key).filter(|value| !is_blank(value)) {
            base.insert(key.into(), value.clone());
        }
    }
    rename(&mut base, "UserVpc", "ExtendedCidrs", "ExtendedCIDRs");
    if let Some(sources) = base.get_mut("DataSources") {
        lost.extend(mend_mounts(&settings, sources));
    }
    match job.max_minutes {
        Some(minutes) => drop(base.insert(MINUTES.into(), minutes.into())),
        None => lost.push("its time limit, where it has one: no list has told it".into()),
    }
    let command = base.remove("UserCommand");
    let envs = base.get("Envs").and_then(Value::as_object).cloned();
    Ok(Original {
        uid: job.uid.clone(),
        name: short_name(&settings.prefix, &job.name),
        command: command
            .as_ref()
            .and_then(Value::as_str)
            .map(ToOwned::to_owned),
        profile: String::new(),
        envs: envs.unwrap_or_default(),
        priority: base.get("Priority").cloned(),
        hidden_envs: Vec::new(),
        base: without_names(base),
        lost,
    })
}

pub(super) fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

fn rename(base: &mut Map<String, Value>, object: &str, from: &str, to: &str) {
    let object = base.get_mut(object).and_then(Value::as_object_mut);
    if let Some(object) = object
        && let Some(value) = object.remove(from)
    {
        object.insert(to.into(), value);
    }
}

/// The cloud tells where something is mounted and not how. What the settings mount in the same way is taken from there.
fn mend_mounts(settings: &Settings, sources: &mut Value) -> Vec<String> {
    let mut lost = Vec::new();
    for source in sources.as_array_mut().into_iter().flatten() {
        let Some(source) = source.as_object_mut() else {
            continue;
        };
        let text = |key: &str| {
            let text = source.get(key).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let (id, uri, place) = (text("DataSourceId"), text("Uri"), text("MountPath"));
        let known = settings
            .mounts
            .iter()
            .find(|mount| mount.uri == uri && mount.mount_path == place);
        match known {
            Some(mount) => {
                if let Value::Object(whole) = request::wire_mount(mount) {
                    *source = whole;
                }
            }
            None => {
                // One or the other is to be given (fact sheet §4.7).
                source.remove(if id.is_empty() { "DataSourceId" } else { "Uri" });
                lost.push(format!(
                    "the mount at {place}: whether it is read-only, its options and its version are not told; the cloud decides"
                ));
            }
        }
    }
    lost
}

/// What is made anew for each submit.
fn without_names(mut base: Map<String, Value>) -> Map<String, Value> {
    for key in ["DisplayName", "WorkspaceId", "UserCommand"] {
        base.remove(key);
    }
    let tags = base
        .get_mut("Settings")
        .and_then(|settings| settings.get_mut("Tags"))
        .and_then(Value::as_object_mut);
    if let Some(tags) = tags {
        tags.retain(|key, _| !key.starts_with("pai-") || key == "pai-repo" || key == "pai-commit");
    }
    base
}

/// `me-train-20260102030405-abcd` was called `train`.
fn short_name(prefix: &str, name: &str) -> String {
    let bare = name
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('-'))
        .unwrap_or(name);
    let mut parts = bare.rsplitn(3, '-');
    let (last, time, short) = (parts.next(), parts.next(), parts.next());
    let is_time = |time: &str| time.len() == 14 && time.bytes().all(|b| b.is_ascii_digit());
    match (last, time, short) {
        (Some(last), Some(time), Some(short)) if last.len() == 4 && is_time(time) => short.into(),
        _ => bare.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::dlc::request::REFERENCE;
    use serde_json::json;

    #[test]
    fn a_short_name_comes_back() {
        for (name, short) in [
            ("me-train-20260102030405-abcd", "train"),
            ("me-big-model-20260102030405-a2c4", "big-model"),
            ("me-made-elsewhere", "made-elsewhere"),
            ("you-x", "you-x"),
        ] {
            assert_eq!(short_name("me", name), short);
        }
    }

    #[test]
    fn what_leads_nowhere_is_left_out_and_told() {
        let sealed = json!({"Envs": {"A": "1", "B": {REFERENCE: "/Envs/B"}, "C/D": {REFERENCE: "/Envs/C~1D"}}});
        let mut hidden = Vec::new();
        let today = json!({"Envs": {"B": "2"}});
        let body = resolved(&sealed, &sealed, &today, &mut hidden);
        assert_eq!(body, json!({"Envs": {"A": "1", "B": "2"}}));
        assert_eq!(hidden, ["/Envs/C~1D"]);
        assert_eq!(unescaped(&hidden[0]), "C/D");
    }
}
