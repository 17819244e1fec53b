//! From a wish to the request that would be sent, checked as far as that can be told without asking anybody.

use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};

use super::{
    Wish,
    admission::{self, Ask},
    again::{leads_back, todays_base},
    code,
    described::describe,
    join::Sought,
    name, overrides, print,
};
use crate::{
    config::Settings,
    model::{Caller, Fault, FaultKind, Job, Phase, TAG_PREFIX, TAG_UID, redact::Redactor},
    provider::dlc::request::{self, Particulars, REFERENCE},
    scope::{Scope, new_uid},
};

/// CreateJob's parameters together (fact sheet §3.1).
const BODY_MAX: usize = 65_536;
/// Tags that a client may set although their names are ours.
const CLIENT_TAGS: [&str; 4] = ["pai-repo", "pai-commit", "pai-branch", "pai-session"];
/// Longest key of a client, in bytes.
const KEY_MAX: usize = 256;

/// What will be sent and what it asks for.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) uid: String,
    pub(super) name: String,
    /// The part of the name that the caller chose.
    pub(super) short_name: String,
    /// The wire body, secrets and all.
    pub(super) body: Value,
    /// The same with references in place of secrets (invariant 8), as text.
    pub(super) stored: String,
    /// Whether the stored form leads back to the body.
    pub(super) resendable: bool,
    /// The job that it is to become.
    pub(super) job: Job,
    pub(super) profile: String,
    pub(super) sought: Sought,
    pub(super) queue: bool,
    pub(super) caller: Caller,
    /// For people, each one line.
    pub(super) warnings: Vec<String>,
    /// Knows the secrets of the call, too.
    pub(super) redactor: Redactor,
}

impl Draft {
    /// Draws another name for the same wish.
    pub(super) fn draw_name(&mut self, prefix: &str) -> Result<(), Fault> {
        let now_ms = self.job.created_ms.unwrap_or_default();
        let name = name::display_name(prefix, &self.short_name, now_ms)?;
        let mut stored: Value = serde_json::from_str(&self.stored)
            .map_err(|_| Fault::internal("a request that was just made cannot be read"))?;
        for request in [&mut self.body, &mut stored] {
            request["DisplayName"] = name.as_str().into();
        }
        self.stored = stored.to_string();
        self.job.name.clone_from(&name);
        self.name = name;
        Ok(())
    }

    /// What it asks the limits for.
    pub(super) fn ask(&self) -> Ask {
        ask_of(&self.job)
    }

    /// Its place among those who wait.
    pub(super) fn priority(&self) -> u8 {
        let priority = self.job.priority.unwrap_or(1);
        u8::try_from(priority).unwrap_or(1)
    }

    /// The request as it may be shown.
    pub(super) fn shown(&self) -> Value {
        let mut shown = request::masked(&self.body, &self.redactor);
        // By name, too: a secret of the call may be too short, or too common, to be known by its value.
        let stored: Value = serde_json::from_str(&self.stored).unwrap_or_default();
        if let (Some(envs), Some(stored)) = (
            shown.get_mut("Envs").and_then(Value::as_object_mut),
            stored.get("Envs").and_then(Value::as_object),
        ) {
            for (name, value) in envs {
                if stored.get(name).is_some_and(Value::is_object) {
                    *value = crate::model::redact::MASK.into();
                }
            }
        }
        shown
    }
}

/// What a job asks the limits for.
pub(super) fn ask_of(job: &Job) -> Ask {
    Ask {
        resources: job.requested,
        max_minutes: job.max_minutes,
        unknown_types: job
            .replicas
            .iter()
            .filter(|role| role.each.gpu_milli.is_none() && !role.instance_type.is_empty())
            .map(|role| role.instance_type.clone())
            .collect(),
    }
}

/// What the call hides.
pub(super) fn secrets(wish: &Wish) -> impl Iterator<Item = String> {
    let secrets = wish.secret_envs.values();
    secrets.map(|secret| secret.expose_secret().to_owned())
}

/// By what an earlier submit of the same wish is found.
pub(super) fn sought(scope: &Scope, wish: &Wish, caller: &Caller) -> Sought {
    let redactor = scope.redactor.with(secrets(wish));
    let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    Sought {
        nonce: given(&wish.nonce),
        key: given(&wish.key),
        print: print::of(wish, profile_of(wish), &redactor),
        exact: print::exact(wish, profile_of(wish)),
        another: wish.another,
        is_tool: caller.is_tool,
    }
}

/// Makes the request. Instance types that are not known stay unknown.
///
/// # Errors
/// What is wrong with the wish, with its field.
pub(super) fn draft(
    scope: &Scope,
    settings: &Settings,
    wish: Wish,
    sought: Sought,
    caller: Caller,
) -> Result<Draft, Fault> {
    check_words(&wish)?;
    let now_ms = scope.clock.wall_ms();
    let uid = new_uid();
    let name = name::display_name(&settings.prefix, &wish.name, now_ms)?;
    let profile = profile_of(&wish).to_owned();
    let mut base = base_of(settings, &wish)?;
    code::apply(&mut base, &wish.code_branch, &wish.code_commit)?;
    for (key, value) in &wish.overrides {
        overrides::apply(&mut base, key, value)?;
    }
    let max_minutes = capped(settings, wish.max_minutes.or(minutes_of(&base)))?;
    let mut envs = wish.envs.clone();
    envs.extend(wish.secret_envs.keys().cloned().zip(secrets(&wish)));
    let mut tags = wish.tags.clone();
    tags.insert(TAG_PREFIX.into(), settings.prefix.clone());
    tags.insert(TAG_UID.into(), uid.clone());
    let what = Particulars {
        name: name.clone(),
        command: wish.command.clone(),
        envs,
        tags,
        priority: wish.priority,
        max_minutes,
    };
    let body = request::body(settings, base, &what);
    check_size(&body)?;
    let redactor = scope.redactor.with(secrets(&wish));
    let mut job = Job::new(uid.clone(), name.clone(), Phase::Submitting, now_ms);
    describe(&mut job, &body, &scope.sizes, &redactor)?;
    job.created_ms = Some(now_ms);
    job.profile.clone_from(&profile);
    let stored = sealed(&redactor, &wish, &body, &job.command);
    let resendable = leads_back(&stored, &body, &todays_base(settings, &profile));
    let warnings = wish.original.as_ref().map(|original| original.lost.clone());
    Ok(Draft {
        uid,
        name,
        short_name: wish.name,
        stored: stored.to_string(),
        resendable,
        body,
        job,
        profile,
        sought,
        queue: wish.queue,
        caller,
        warnings: warnings.unwrap_or_default(),
        redactor,
    })
}

fn check_words(wish: &Wish) -> Result<(), Fault> {
    let wrong = |field: &str, what: String| Err(Fault::new(FaultKind::Invalid, what).field(field));
    if wish.command.trim().is_empty() {
        return wrong("command", "the command is empty".into());
    }
    if wish.command.contains('\0') {
        return wrong("command", "the command holds a NUL".into());
    }
    if wish.key.len() > KEY_MAX {
        let what = format!(
            "idempotency_key has {} bytes, at most {KEY_MAX} are taken",
            wish.key.len()
        );
        return wrong("idempotency_key", what);
    }
    if let Some(priority) = wish.priority.filter(|priority| !(1..=9).contains(priority)) {
        return wrong(
            "priority",
            format!("the priority is 1 to 9, not {priority}"),
        );
    }
    if wish.max_minutes == Some(0) {
        return wrong("max_run_minutes", "max_run_minutes is 1 or more".into());
    }
    for name in wish.envs.keys().chain(wish.secret_envs.keys()) {
        if name.is_empty() || name.contains(['=', '\0']) {
            return wrong(
                "envs",
                format!("{name:?} is no name of an environment variable"),
            );
        }
    }
    if let Some(name) = wish
        .envs
        .keys()
        .find(|name| wish.secret_envs.contains_key(*name))
    {
        return wrong(
            "secret_envs",
            format!("{name} is given twice, as a secret and as none"),
        );
    }
    if wish.envs.values().any(|value| value.contains('\0')) {
        return wrong(
            "envs",
            "the value of an environment variable holds a NUL".into(),
        );
    }
    let ours = |name: &&String| name.starts_with("pai-") && !is_origin(name);
    if let Some(name) = wish.tags.keys().find(ours) {
        return wrong("tags", format!("the tag {name} is the daemon's own"));
    }
    if wish.tags.keys().any(String::is_empty) {
        return wrong("tags", "a tag has no name".into());
    }
    Ok(())
}

/// Whether a tag tells where a job comes from; clients set them by themselves.
pub(super) fn is_origin(tag: &str) -> bool {
    CLIENT_TAGS.contains(&tag)
}

/// The name of the profile, in which secrets are looked up, too.
pub(super) fn profile_of(wish: &Wish) -> &str {
    match (wish.profile.as_str(), &wish.original) {
        ("", Some(original)) => &original.profile,
        ("", None) => "default",
        (given, _) => given,
    }
}

/// What the profile says, or the request of the original.
pub(super) fn base_of(settings: &Settings, wish: &Wish) -> Result<Map<String, Value>, Fault> {
    if let Some(original) = wish.original.as_ref().filter(|_| wish.profile.is_empty()) {
        return Ok(original.base.clone());
    }
    let name = profile_of(wish);
    let profile = settings.profiles.get(name).ok_or_else(|| {
        let known: Vec<_> = settings.profiles.keys().map(String::as_str).collect();
        Fault::new(FaultKind::NotFound, format!("there is no profile {name:?}"))
            .hint(format!("the settings have: {}", known.join(", ")))
            .field("profile")
    })?;
    let mut base = request::base(settings, profile);
    if let Some(original) = &wish.original {
        original.particulars_into(&mut base);
    }
    Ok(base)
}

/// The run-time cap of the settings: taken where nothing is asked for, and never passed.
fn capped(settings: &Settings, asked: Option<u32>) -> Result<Option<u32>, Fault> {
    let Some(most) = settings.limits.max_run_minutes else {
        return Ok(asked);
    };
    let minutes = asked.unwrap_or(most);
    match admission::run_minutes(most, Some(minutes)) {
        Ok(_) => Ok(Some(minutes)),
        Err(refusal) => Err(refusal.into_fault()),
    }
}

/// Zero is no limit, and so is what cannot be read: the cloud says what it makes of it.
pub(super) fn minutes_of(base: &Map<String, Value>) -> Option<u32> {
    let minutes = match base.get("JobMaxRunningTimeMinutes")? {
        Value::Number(number) => number.as_u64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    u32::try_from(minutes).ok().filter(|minutes| *minutes > 0)
}

fn check_size(body: &Value) -> Result<(), Fault> {
    let size = body.to_string().len();
    if size <= BODY_MAX {
        return Ok(());
    }
    let message = format!("the request has {size} bytes, the cloud takes {BODY_MAX}");
    Err(Fault::new(FaultKind::Invalid, message)
        .hint("put long scripts into the code source or a mount")
        .field("command"))
}

fn sealed(redactor: &Redactor, wish: &Wish, body: &Value, shown_command: &str) -> Value {
    let mut stored = request::sealed(body, redactor);
    if shown_command != wish.command {
        stored["UserCommand"] = shown_command.into();
    }
    // Whatever their names and values look like.
    if let Some(envs) = stored.get_mut("Envs").and_then(Value::as_object_mut) {
        for name in wish.secret_envs.keys() {
            let place = format!("/Envs/{}", name.replace('~', "~0").replace('/', "~1"));
            envs.insert(name.clone(), json!({ REFERENCE: place }));
        }
    }
    stored
}
