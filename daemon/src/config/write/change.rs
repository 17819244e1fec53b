//! The one way in which settings are changed.

use std::path::Path;

use serde_json::{Map, Value};

use super::{
    Editor, Outcome,
    disk::{Replacement, Turn, put_all},
    is_old,
    outcome::changes,
    seed,
    text::rewritten,
};
use crate::{
    config::{
        self, Documents, Settings, Sources,
        files::{Texts, own_to_make},
        keys::{self, JOB_SPEC, Kind},
        policy::{self, judge},
        profile,
        wire::wire_key,
    },
    model::{Fault, FaultKind, redact::Redactor},
};

/// Reads, edits, judges, checks and writes.
pub(super) fn change(
    editor: &Editor<'_>,
    edit: impl FnOnce(&mut Map<String, Value>) -> Result<(), Fault>,
) -> Result<Outcome, Fault> {
    let _turn = editor.write.then(|| Turn::take(editor.path)).transpose()?;
    let texts = Texts::read(editor.path)?;
    let before = texts.documents(editor.path)?;
    let settings = config::checked(editor.path, &texts, &before, editor.env)?;
    check_seen(editor, &texts)?;
    if is_old(&before.settings) {
        return Err(Fault::new(
            FaultKind::Conflict,
            format!(
                "{} has the 0.3.0 shape, which is read and never changed",
                editor.path.display()
            ),
        )
        .hint("`paictl config migrate` first"));
    }
    let mut whole = before.merged();
    edit(&mut whole)?;
    let after = before.split(&whole)?;
    judge(
        &settings.policy,
        &settings.limits,
        editor.actor,
        &before,
        &after,
        editor.sizes,
    )?;
    let own_path = match texts.own_path() {
        None if after.own != before.own => Some(own_to_make(editor.path)?),
        own => own.map(Path::to_owned),
    };
    let sources = Sources {
        path: editor.path,
        own_path: own_path.as_deref(),
        common: texts.common.as_deref(),
        documents: &after,
    };
    let resulting = resulting(editor, &sources, &before, &whole)?;
    let edited = edited(editor.path, own_path.as_deref(), &texts, &before, &after)?;
    let files = edited.iter().map(|edited| edited.path.to_owned()).collect();
    let written = editor.write && !edited.is_empty();
    if written {
        write(edited)?;
    }
    let secrets = [settings.secrets, resulting.secrets].concat();
    Ok(Outcome {
        files,
        changes: changes(&before, &after, &Redactor::new(secrets)),
        written,
        warnings: resulting.warnings,
    })
}

fn check_seen(editor: &Editor<'_>, texts: &Texts) -> Result<(), Fault> {
    match editor.expect {
        Some(expected) if expected != texts.digest() => Err(Fault::new(
            FaultKind::Conflict,
            "the settings are not any more what was seen",
        )
        .hint("read them again, then make the change anew")),
        _ => Ok(()),
    }
}

/// The settings as they would be; what would not load, or not load for the other tool, is refused.
fn resulting(
    editor: &Editor<'_>,
    sources: &Sources<'_>,
    before: &Documents,
    whole: &Map<String, Value>,
) -> Result<Settings, Fault> {
    let settings = config::settings::from_sources(sources, editor.env).map_err(|fault| {
        refused(format!("after the change, {}", fault.message)).hint(fault.hint)
    })?;
    check_profiles(&settings, &before.merged(), whole)?;
    match (
        seed::refuses(&before.settings),
        seed::refuses(&sources.documents.settings),
    ) {
        (None, Some(at)) => Err(refused(format!(
            "the other tool that reads the settings would refuse {at}"
        ))
        .field(at)),
        _ => Ok(settings),
    }
}

/// Each profile that changed must be whole, and its amounts readable.
fn check_profiles(
    settings: &Settings,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Result<(), Fault> {
    let profiles = |of: &Map<String, Value>| of.get("profiles").and_then(Value::as_object).cloned();
    let old = profiles(before).unwrap_or_default();
    for (name, profile) in profiles(after).unwrap_or_default() {
        if old.get(&name) == Some(&profile) {
            continue;
        }
        if !settings.profiles.contains_key(&name) {
            return Err(refused(format!(
                "the profile {name} would have no jobType or no jobSpecs"
            )));
        }
        check_roles(&name, &profile)?;
        let in_force = profile::effective(profile.as_object(), None);
        policy::size(&in_force, &|_| None).map_err(|at| {
            let field = format!("profiles.{name}.{at}");
            refused(format!("{field} could not be read"))
                .hint("write amounts like \"8\", \"500m\", \"0.5\" or \"32Gi\", and podCount as a whole number from 1 on")
                .field(field)
        })?;
    }
    Ok(())
}

/// The keys of each role hold what the cloud takes there.
fn check_roles(name: &str, profile: &Value) -> Result<(), Fault> {
    let keys = profile.as_object().into_iter().flatten();
    let roles = keys.filter(|(key, _)| wire_key(key) == "JobSpecs");
    let roles = roles.filter_map(|(_, roles)| roles.as_array()).flatten();
    for (number, role) in roles.enumerate() {
        keys::fit(Kind::Object(JOB_SPEC), role).map_err(|misfit| {
            let field = format!("profiles.{name}.jobSpecs[{number}]{}", misfit.at);
            refused(format!("{field} {}", misfit.what)).field(field)
        })?;
    }
    Ok(())
}

fn refused(what: String) -> Fault {
    Fault::new(FaultKind::Invalid, what)
}

/// A file with its text before and after.
struct Edited<'a> {
    path: &'a Path,
    seen: Option<&'a str>,
    text: String,
}

/// The files that change.
fn edited<'a>(
    path: &'a Path,
    own_path: Option<&'a Path>,
    texts: &'a Texts,
    before: &Documents,
    after: &Documents,
) -> Result<Vec<Edited<'a>>, Fault> {
    let own_seen = texts.own.as_ref().map(|(_, text)| text.as_str());
    let seen = Some(texts.settings.as_str());
    let settings = (path, seen, &before.settings, &after.settings);
    let own = own_path.map(|path| (path, own_seen, &before.own, &after.own));
    [Some(settings), own]
        .into_iter()
        .flatten()
        .filter(|(_, _, before, after)| before != after)
        .map(|(path, seen, before, after)| {
            let text = text_of(path, seen, before, after)?;
            Ok(Edited { path, seen, text })
        })
        .collect()
}

fn text_of(
    path: &Path,
    seen: Option<&str>,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Result<String, Fault> {
    rewritten(seen.unwrap_or("{}\n"), before, after).ok_or_else(|| {
        config::fault(path, "cannot be changed in place").hint("make this change by hand")
    })
}

fn write(edited: Vec<Edited<'_>>) -> Result<(), Fault> {
    let prepared: Vec<_> = edited
        .iter()
        .map(|edited| Replacement::prepare(edited.path, edited.seen, &edited.text))
        .collect::<Result<_, _>>()?;
    put_all(prepared)
}

/// Writes one file; what changed meanwhile is left as it is.
pub(super) fn write_one(
    path: &Path,
    seen: &str,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Result<(), Fault> {
    let text = text_of(path, Some(seen), before, after)?;
    write(vec![Edited {
        path,
        seen: Some(seen),
        text,
    }])
}
