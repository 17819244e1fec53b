//! Which code a submit runs. Pure.

use crate::{
    config::CodeSource,
    model::{Fault, FaultKind},
};

/// The settings' code source at the branch and the commit that are asked for; an empty one is the settings' own.
///
/// # Errors
/// When there is no code source to take it from, or when no git reference is spelt so.
pub(super) fn source(
    settings: Option<&CodeSource>,
    branch: &str,
    commit: &str,
) -> Result<Option<CodeSource>, Fault> {
    for (field, text) in [("code_branch", branch), ("code_commit", commit)] {
        if text.is_empty() {
            continue;
        }
        if settings.is_none() {
            let message =
                format!("{field} is given, and the settings have no codeSource to take it from");
            return Err(Fault::new(FaultKind::Invalid, message)
                .hint("add codeSource to the settings, or run git in the command")
                .field(field));
        }
        // The cloud hands it to git: it must be no option and no second word.
        let is_odd = |letter: char| letter.is_whitespace() || letter.is_control();
        if text.starts_with('-') || text.contains(is_odd) || text.len() > 255 {
            let message = format!("{field} is no name that git takes: {text:?}");
            return Err(Fault::new(FaultKind::Invalid, message).field(field));
        }
    }
    Ok(settings.map(|source| source.at(branch, commit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> CodeSource {
        CodeSource {
            code_source_id: "code-1".into(),
            mount_path: "/root/code".into(),
            default_branch: Some("main".into()),
            default_commit: Some("1a2b".into()),
        }
    }

    #[test]
    fn what_is_asked_for_goes_before_what_is_set() {
        for (branch, commit, expected) in [
            ("", "", (Some("main"), Some("1a2b"))),
            ("dev", "", (Some("dev"), None)),
            ("dev", "9f9f", (Some("dev"), Some("9f9f"))),
            ("", "9f9f", (Some("main"), Some("9f9f"))),
        ] {
            let code = source(Some(&settings()), branch, commit).unwrap().unwrap();
            let told = (
                code.default_branch.as_deref(),
                code.default_commit.as_deref(),
            );
            assert_eq!(told, expected, "{branch:?} {commit:?}");
            assert_eq!(code.code_source_id, "code-1");
        }
        assert!(source(None, "", "").unwrap().is_none());
    }

    #[test]
    fn what_cannot_be_taken_is_refused_with_its_field() {
        for (settings, branch, commit, field) in [
            (None, "dev", "", "code_branch"),
            (None, "", "1a2b", "code_commit"),
            (Some(settings()), "--upload-pack=x", "", "code_branch"),
            (Some(settings()), "dev", "1a2b x", "code_commit"),
        ] {
            let fault = source(settings.as_ref(), branch, commit).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Invalid);
            assert_eq!(fault.field, field);
        }
    }
}
