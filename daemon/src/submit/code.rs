//! Which code a submit runs. Pure.

use serde_json::{Map, Value};

use crate::model::{Code, Fault, FaultKind};

/// Takes another branch, another commit, or both of the code source that stands in a request; an empty one is the one that
/// stands there.
///
/// # Errors
/// When there is no code source to take it from, or when no git reference is spelt so.
pub(super) fn apply(
    base: &mut Map<String, Value>,
    branch: &str,
    commit: &str,
) -> Result<(), Fault> {
    for (field, text) in [("code_branch", branch), ("code_commit", commit)] {
        if text.is_empty() {
            continue;
        }
        if !base.get("CodeSource").is_some_and(Value::is_object) {
            let message =
                format!("{field} is given, and the settings have no codeSource to take it from");
            return Err(Fault::new(FaultKind::Invalid, message)
                .hint("add codeSource to the settings, or run git in the command")
                .field(field));
        }
        // The cloud hands it to git: it must be no option and no second word.
        if !is_reference(text) {
            let message = format!("{field} is no name that git takes: {text:?}");
            return Err(Fault::new(FaultKind::Invalid, message).field(field));
        }
    }
    let Some(Value::Object(code)) = base.get_mut("CodeSource") else {
        return Ok(());
    };
    if !branch.is_empty() {
        code.insert("Branch".into(), branch.into());
        // The commit that stands there is one of another branch.
        code.remove("Commit");
    }
    if !commit.is_empty() {
        code.insert("Commit".into(), commit.into());
    }
    Ok(())
}

/// Whether git takes it for the name of a branch or a commit, as far as that can be told from its letters.
pub fn is_reference(text: &str) -> bool {
    let is_odd = |letter: char| letter.is_whitespace() || letter.is_control();
    !text.is_empty() && !text.starts_with('-') && !text.contains(is_odd) && text.len() <= 255
}

/// The code that a request runs.
pub(super) fn of(body: &Value) -> Option<Code> {
    let code = body.get("CodeSource")?.as_object()?;
    let text = |key: &str| {
        let text = code.get(key).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    Some(Code {
        source_id: text("CodeSourceId"),
        branch: text("Branch"),
        commit: text("Commit"),
        mount_path: text("MountPath"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn base() -> Map<String, Value> {
        let base = json!({"CodeSource": {"CodeSourceId": "code-1", "MountPath": "/root/code",
            "Branch": "main", "Commit": "1a2b"}});
        base.as_object().unwrap().clone()
    }

    #[test]
    fn what_is_asked_for_goes_before_what_is_set() {
        for (branch, commit, expected) in [
            ("", "", ("main", "1a2b")),
            ("dev", "", ("dev", "")),
            ("dev", "9f9f", ("dev", "9f9f")),
            ("", "9f9f", ("main", "9f9f")),
        ] {
            let mut base = base();
            apply(&mut base, branch, commit).unwrap();
            let code = of(&base.into()).unwrap();
            assert_eq!(
                (code.branch.as_str(), code.commit.as_str()),
                expected,
                "{branch:?} {commit:?}"
            );
            assert_eq!(code.source_id, "code-1");
        }
        apply(&mut Map::new(), "", "").unwrap();
        assert_eq!(of(&json!({})), None);
    }

    #[test]
    fn what_cannot_be_taken_is_refused_with_its_field() {
        for (mut base, branch, commit, field) in [
            (Map::new(), "dev", "", "code_branch"),
            (Map::new(), "", "1a2b", "code_commit"),
            (base(), "--upload-pack=x", "", "code_branch"),
            (base(), "dev", "1a2b x", "code_commit"),
        ] {
            let fault = apply(&mut base, branch, commit).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Invalid);
            assert_eq!(fault.field, field);
        }
    }
}
