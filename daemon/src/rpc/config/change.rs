//! Changes of the settings: made off the I/O thread, noted, and in force when they are answered.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use pai_proto::{
    v1::{
        ConfigChange, ConfigChanged, DeleteProfileRequest, MigrateConfigRequest, PutProfileRequest,
        UpdateConfigRequest,
    },
    value,
};
use serde_json::{Map, Value};

use crate::{
    audit::{self, Act},
    config::{
        self, Actor,
        write::{Editor, Outcome, Update, Updates},
    },
    contexts::Running,
    model::{Caller, Fault, FaultKind},
    rpc::{Edge, task::blocking},
    submit,
};

/// Whoever changes the settings of a context.
pub(super) struct Changer {
    pub(super) edge: Arc<Edge>,
    pub(super) running: Arc<Running>,
    pub(super) caller: Caller,
}

/// How a change is made.
pub(super) struct How {
    /// What is told of it in the audit.
    pub(super) action: &'static str,
    /// The profile or the keys.
    pub(super) target: String,
    /// Only say what would change.
    pub(super) dry_run: bool,
    /// Of the files as they were seen; empty: whatever they are.
    pub(super) digest: String,
}

impl Changer {
    pub(super) async fn update(
        &self,
        request: UpdateConfigRequest,
    ) -> Result<ConfigChanged, Fault> {
        let set = request.set.iter();
        let mut paths: std::collections::BTreeMap<_, _> = set
            .map(|(path, value)| (path.clone(), Update::Set(value::to_json(value))))
            .collect();
        let mut both = None;
        for path in request.remove {
            if paths.insert(path.clone(), Update::Remove).is_some() {
                both = Some(path);
            }
        }
        let profile = Some(request.profile).filter(|name| !name.is_empty());
        let keys: Vec<_> = paths.keys().map(String::as_str).collect();
        let how = How {
            action: "config.update",
            target: match &profile {
                Some(profile) => format!("profile {profile}: {}", keys.join(", ")),
                None => keys.join(", "),
            },
            dry_run: request.dry_run,
            digest: request.digest,
        };
        if let Some(path) = both {
            let message = format!("{path} is to be set and removed");
            let fault = Fault::new(FaultKind::Invalid, message).field(path);
            return Err(self.refused(how, fault).await);
        }
        let updates = Updates { profile, paths };
        self.edit(how, move |editor| editor.update(&updates)).await
    }

    pub(super) async fn put_profile(
        &self,
        request: PutProfileRequest,
    ) -> Result<ConfigChanged, Fault> {
        let profile = request.profile.map(|profile| value::to_object(&profile));
        let how = How {
            action: "profile.put",
            target: request.name.clone(),
            dry_run: request.dry_run,
            digest: request.digest,
        };
        self.put(how, request.name, request.base, profile.unwrap_or_default())
            .await
    }

    /// The same with the keys at hand.
    pub(super) async fn put(
        &self,
        how: How,
        name: String,
        base: String,
        keys: Map<String, Value>,
    ) -> Result<ConfigChanged, Fault> {
        let base = Some(base).filter(|base| !base.is_empty());
        self.edit(how, move |editor| {
            editor.put_profile(&name, base.as_deref(), &keys)
        })
        .await
    }

    pub(super) async fn delete_profile(
        &self,
        request: DeleteProfileRequest,
    ) -> Result<ConfigChanged, Fault> {
        let how = How {
            action: "profile.delete",
            target: request.name.clone(),
            dry_run: request.dry_run,
            digest: request.digest,
        };
        self.edit(how, move |editor| editor.delete_profile(&request.name))
            .await
    }

    pub(super) async fn migrate(
        &self,
        request: MigrateConfigRequest,
    ) -> Result<ConfigChanged, Fault> {
        let how = How {
            action: "config.migrate",
            target: "the settings".into(),
            dry_run: request.dry_run,
            digest: String::new(),
        };
        self.edit(how, |editor| match editor.actor {
            Actor::Person => config::migrate(editor.path, editor.env, editor.write),
            Actor::Tool => {
                let fault = Fault::new(FaultKind::Permission, "tools never migrate settings");
                Err(fault.hint("the person calls `paictl config migrate`"))
            }
        })
        .await
    }

    /// Notes a change that is refused before it is tried, and hands the reason on.
    pub(super) async fn refused(&self, how: How, fault: Fault) -> Fault {
        if !how.dry_run {
            let act = Act {
                action: how.action,
                target: how.target,
                detail: String::new(),
            };
            audit::note(&self.running.scope, &self.caller, act, Err(&fault)).await;
        }
        fault
    }

    /// Makes a change and puts it in force.
    pub(super) async fn edit(
        &self,
        how: How,
        edit: impl Fn(&Editor<'_>) -> Result<Outcome, Fault> + Send + Sync + 'static,
    ) -> Result<ConfigChanged, Fault> {
        let scope = &self.running.scope;
        let path = scope.settings().path.clone();
        let made = self.made(&how, &path, Arc::new(edit)).await;
        if !how.dry_run {
            let detail = made.as_ref().map(told);
            let act = Act {
                action: how.action,
                target: how.target,
                detail: detail.unwrap_or_default(),
            };
            let told = made.as_ref().map(|_| String::new());
            audit::note(
                scope,
                &self.caller,
                act,
                told.as_ref().map_err(|fault| *fault),
            )
            .await;
        }
        let outcome = made?;
        // It is in force before it is answered.
        let known = self.edge.contexts.read(Some(&path)).await;
        let changes = changes(&outcome);
        let mut warnings = outcome.warnings;
        warnings.extend(known.warnings());
        if let Some(now) = &known.running
            && !Arc::ptr_eq(now, &self.running)
        {
            warnings.extend(self.left_behind().await?);
        }
        Ok(ConfigChanged {
            files: outcome
                .files
                .iter()
                .map(|file| file.display().to_string())
                .collect(),
            changes,
            written: outcome.written,
            warnings,
            digest: blocking(move || config::digest(&path)).await??,
        })
    }

    /// What is to be said of jobs that nobody watches any more, as the settings name another place.
    async fn left_behind(&self) -> Result<Option<String>, Fault> {
        let scope = &self.running.scope;
        let context = scope.context;
        let active = scope.journal.read(move |reader| reader.busy_jobs(context));
        let active = active.await?.len();
        Ok((active > 0).then(|| {
            format!(
                "jobs that are active at the place before: {active}; they go on there, and are watched and counted again when a \
                 settings file names that place"
            )
        }))
    }

    /// Makes it; once more where it was refused for sizes that were not known.
    async fn made<F>(&self, how: &How, path: &Path, edit: Arc<F>) -> Result<Outcome, Fault>
    where
        F: Fn(&Editor<'_>) -> Result<Outcome, Fault> + Send + Sync + 'static,
    {
        let unknown = Arc::new(Mutex::new(BTreeSet::new()));
        let made = self.once(how, path, Arc::clone(&edit), Arc::clone(&unknown));
        let refusal = match made.await? {
            Err(fault) if fault.kind == FaultKind::Limit => fault,
            made => return made,
        };
        let unknown = std::mem::take(&mut *unknown.lock().unwrap_or_else(PoisonError::into_inner));
        if unknown.is_empty() {
            return Err(refusal);
        }
        submit::learn_sizes(&self.running.scope, unknown.into_iter().collect()).await?;
        self.once(how, path, edit, Arc::default()).await?
    }

    /// Makes it on a thread that may block.
    async fn once<F>(
        &self,
        how: &How,
        path: &Path,
        edit: Arc<F>,
        unknown: Arc<Mutex<BTreeSet<String>>>,
    ) -> Result<Result<Outcome, Fault>, Fault>
    where
        F: Fn(&Editor<'_>) -> Result<Outcome, Fault> + Send + Sync + 'static,
    {
        let scope = Arc::clone(&self.running.scope);
        let (env, actor, path) = (
            self.edge.contexts.env(),
            Actor::from(&self.caller),
            path.to_owned(),
        );
        let (write, digest) = (!how.dry_run, how.digest.clone());
        let work = move || {
            let sizes = |name: &str| {
                let size = scope.sizes.of(name);
                if size.is_none() {
                    let mut unknown = unknown.lock().unwrap_or_else(PoisonError::into_inner);
                    unknown.insert(name.to_owned());
                }
                size
            };
            edit(&Editor {
                path: &path,
                env: &|key| env(key),
                actor,
                sizes: &sizes,
                expect: Some(digest.as_str()).filter(|digest| !digest.is_empty()),
                write,
            })
        };
        blocking(work).await
    }
}

fn changes(outcome: &Outcome) -> Vec<ConfigChange> {
    let change = |change: &config::write::Change| ConfigChange {
        path: change.path.clone(),
        from: change.from.as_ref().map(value::to_message),
        to: change.to.as_ref().map(value::to_message),
    };
    outcome.changes.iter().map(change).collect()
}

/// One line for the audit.
fn told(outcome: &Outcome) -> String {
    let shown = |value: Option<&Value>| value.map_or("(unset)".into(), Value::to_string);
    let one = |change: &config::write::Change| {
        let (from, to) = (shown(change.from.as_ref()), shown(change.to.as_ref()));
        format!("{}: {from} → {to}", change.path)
    };
    let all: Vec<_> = outcome.changes.iter().map(one).collect();
    all.join("; ")
}
