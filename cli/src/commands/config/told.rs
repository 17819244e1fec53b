//! What a change of the settings is told as.

use pai_proto::{v1::ConfigChanged, value};
use prost_types::Value;

use crate::{context::Context, json, view::clean};

/// The changes on stdout; warnings, and which files have them, on stderr.
pub(in crate::commands) fn tell(changed: &ConfigChanged, context: &mut Context) {
    for warning in &changed.warnings {
        context.out.warn(clean::line(warning));
    }
    if context.json {
        return context.out.answer_json(&json::ConfigChanged::from(changed));
    }
    for line in lines(changed) {
        context.out.answer(line);
    }
    context.out.note(remark(changed));
}

/// `limits.maxGPU: 8 → 16`
fn lines(changed: &ConfigChanged) -> Vec<String> {
    let line = |change: &pai_proto::v1::ConfigChange| {
        let path = clean::line(&change.path);
        let (from, to) = (shown(change.from.as_ref()), shown(change.to.as_ref()));
        format!("{path}: {from} → {to}")
    };
    changed.changes.iter().map(line).collect()
}

fn shown(value: Option<&Value>) -> String {
    match value {
        Some(value) => json::compact(&value::to_json(value)),
        None => "(unset)".into(),
    }
}

fn remark(changed: &ConfigChanged) -> String {
    let files: Vec<_> = changed.files.iter().map(|file| clean::line(file)).collect();
    let files = files.join(", ");
    match (changed.changes.is_empty(), changed.written) {
        (true, false) => "nothing to change".into(),
        (_, true) => format!("written: {files}"),
        (false, false) => format!("not written: {files}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::tests::context;
    use pai_proto::v1::ConfigChange;
    use serde_json::json;

    fn changed() -> ConfigChanged {
        let change =
            |path: &str, from: Option<serde_json::Value>, to: Option<serde_json::Value>| {
                ConfigChange {
                    path: path.into(),
                    from: from.as_ref().map(value::to_message),
                    to: to.as_ref().map(value::to_message),
                }
            };
        ConfigChanged {
            files: vec!["/home/me/settings.json".into(), "/home/me/pai.json".into()],
            changes: vec![
                change("limits.maxGPU", Some(json!(8)), Some(json!(16))),
                change("limits.maxRunMinutes", None, Some(json!(90))),
                change(
                    "codeSource.defaultCommit",
                    Some(json!("abc\u{1b}[2J")),
                    None,
                ),
                change(
                    "profiles.gpu.envs",
                    Some(json!(null)),
                    Some(json!({"A": "[redacted]"})),
                ),
            ],
            written: true,
            warnings: vec!["the other tool refuses limits.maxRunMinutes there".into()],
            digest: "0123456789abcdef".into(),
        }
    }

    fn told(changed: &ConfigChanged, json: bool) -> String {
        let (mut context, stdout, stderr) = context(json);
        tell(changed, &mut context);
        let text = format!("{}--\n{}", stdout.text(), stderr.text());
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn every_change_is_told_with_what_was_there_before() {
        insta::assert_snapshot!(told(&changed(), false));
        insta::assert_snapshot!("json", told(&changed(), true));
    }

    #[test]
    fn what_is_not_written_is_told_as_such() {
        let dry = ConfigChanged {
            written: false,
            ..changed()
        };
        let text = told(&dry, false);
        assert!(
            text.ends_with("not written: /home/me/settings.json, /home/me/pai.json\n"),
            "{text}"
        );
        let nothing = told(&ConfigChanged::default(), false);
        assert_eq!(nothing, "--\nnothing to change\n");
    }
}
