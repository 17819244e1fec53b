//! `GetCodeSource` and `UpdateCodeSource`: the branch and the commit that every submit sends, and those of the object at the
//! cloud, which others may share and which is changed only where that is asked for.

use std::collections::BTreeMap;

use pai_proto::v1::{
    GetCodeSourceResponse, RemoteCodeSource, UpdateCodeSourceRequest, UpdateCodeSourceResponse,
};

use super::change::{Changer, How};
use crate::{
    audit::Act,
    config::{
        CodeSource,
        policy::Call,
        write::{Update, Updates},
    },
    model::{Fault, FaultKind},
    provider::RemoteCode,
    rpc::audit::noted,
    scope::Scope,
    submit::is_reference,
};

pub(super) async fn get(scope: &Scope, local_only: bool) -> Result<GetCodeSourceResponse, Fault> {
    let source = source(scope)?;
    let remote = match local_only {
        true => None,
        false => Some(scope.provider().code_source(&source.code_source_id).await?),
    };
    Ok(shown(scope, source, remote))
}

pub(super) async fn update(
    changer: &Changer,
    request: UpdateCodeSourceRequest,
) -> Result<UpdateCodeSourceResponse, Fault> {
    if let Err(fault) = checked(&request) {
        let how = How {
            action: "codesource.update",
            target: "branch or commit".into(),
            dry_run: request.dry_run,
            digest: String::new(),
        };
        return Err(changer.refused(how, fault).await);
    }
    match request.remote {
        true => remote(changer, request).await,
        false => local(changer, request).await,
    }
}

fn checked(request: &UpdateCodeSourceRequest) -> Result<(), Fault> {
    for (field, text) in [("branch", &request.branch), ("commit", &request.commit)] {
        if let Some(text) = text.as_ref().filter(|text| !text.is_empty())
            && !is_reference(text)
        {
            let message = format!("{field} is no name that git takes: {text:?}");
            return Err(Fault::new(FaultKind::Invalid, message).field(field));
        }
    }
    if request.branch.is_none() && request.commit.is_none() {
        let fault = Fault::new(FaultKind::Invalid, "neither a branch nor a commit is given");
        return Err(fault
            .hint("give one; an empty one is removed")
            .field("branch"));
    }
    Ok(())
}

async fn local(
    changer: &Changer,
    request: UpdateCodeSourceRequest,
) -> Result<UpdateCodeSourceResponse, Fault> {
    let scope = &changer.running.scope;
    let before = source(scope)?;
    let mut paths = BTreeMap::new();
    for (key, text, stands) in [
        (
            "codeSource.defaultBranch",
            &request.branch,
            before.default_branch,
        ),
        (
            "codeSource.defaultCommit",
            &request.commit,
            before.default_commit,
        ),
    ] {
        match text.as_deref() {
            None => {}
            // What is not there need not be removed.
            Some("") if stands.is_none() => {}
            Some("") => drop(paths.insert(key.to_owned(), Update::Remove)),
            Some(text) => drop(paths.insert(key.to_owned(), Update::Set(text.into()))),
        }
    }
    let changed = match paths.is_empty() {
        true => None,
        false => {
            let keys: Vec<_> = paths.keys().map(String::as_str).collect();
            let how = How {
                action: "codesource.update",
                target: keys.join(", "),
                dry_run: request.dry_run,
                digest: String::new(),
            };
            let updates = Updates {
                profile: None,
                paths,
            };
            let edit = changer.edit(how, move |editor| editor.update(&updates));
            Some(edit.await?)
        }
    };
    Ok(UpdateCodeSourceResponse {
        code_source: Some(shown(scope, source(scope)?, None)),
        changed: Some(changed.unwrap_or_default()),
        verified: false,
    })
}

async fn remote(
    changer: &Changer,
    request: UpdateCodeSourceRequest,
) -> Result<UpdateCodeSourceResponse, Fault> {
    let scope = &changer.running.scope;
    let source = source(scope)?;
    let policy = &scope.settings().policy;
    let allowed = policy.check_call((&changer.caller).into(), Call::CodeSource);
    let (branch, commit) = (request.branch.as_deref(), request.commit.as_deref());
    if request.dry_run {
        allowed?;
        let remote = scope.provider().code_source(&source.code_source_id).await?;
        return Ok(UpdateCodeSourceResponse {
            code_source: Some(shown(scope, source, Some(remote))),
            changed: None,
            verified: false,
        });
    }
    let told = |what: &str, text: Option<&str>| text.map(|text| format!("{what} {text:?}"));
    let detail: Vec<_> = [told("branch", branch), told("commit", commit)]
        .into_iter()
        .flatten()
        .collect();
    let act = Act {
        action: "codesource.remote",
        target: source.code_source_id.clone(),
        detail: detail.join(", "),
    };
    let provider = scope.provider();
    let made = match allowed {
        Ok(()) => {
            provider
                .set_code_source(&source.code_source_id, branch, commit)
                .await
        }
        Err(fault) => Err(fault),
    };
    noted(scope, &changer.caller, act, made, |receipt| {
        receipt.request_id.clone()
    })
    .await?;
    let remote = provider.code_source(&source.code_source_id).await?;
    let shows = |asked: Option<&str>, is: &str| asked.is_none_or(|asked| asked == is);
    let verified = shows(branch, &remote.branch) && shows(commit, &remote.commit);
    Ok(UpdateCodeSourceResponse {
        code_source: Some(shown(scope, source, Some(remote))),
        changed: None,
        verified,
    })
}

fn source(scope: &Scope) -> Result<CodeSource, Fault> {
    let settings = scope.settings();
    settings.code_source.clone().ok_or_else(|| {
        let message = "the settings have no codeSource";
        Fault::new(FaultKind::NotFound, message).hint(
            "add codeSource with codeSourceId and mountPath to the settings; the README shows one",
        )
    })
}

fn shown(scope: &Scope, source: CodeSource, remote: Option<RemoteCode>) -> GetCodeSourceResponse {
    GetCodeSourceResponse {
        code_source_id: source.code_source_id,
        mount_path: source.mount_path,
        default_branch: source.default_branch.unwrap_or_default(),
        default_commit: source.default_commit.unwrap_or_default(),
        remote: remote.map(|remote| RemoteCodeSource {
            display_name: remote.name,
            // An address may carry a name and a password.
            repo: scope.redactor.text(&without_user(&remote.repo)),
            branch: remote.branch,
            commit: remote.commit,
            mount_path: remote.mount_path,
            accessibility: remote.accessibility,
            user_id: remote.user_id,
        }),
    }
}

/// The address without the name and the password in front of the host.
fn without_user(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return address.to_owned();
    };
    let host_end = rest.find('/').unwrap_or(rest.len());
    match rest[..host_end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_passwords_of_an_address_are_left_out() {
        for (address, shown) in [
            (
                "https://oauth2:glpat-x@git.example/a/b.git",
                "https://git.example/a/b.git",
            ),
            (
                "https://me@git.example/a@b.git",
                "https://git.example/a@b.git",
            ),
            ("https://git.example/a.git", "https://git.example/a.git"),
            ("git@git.example:a/b.git", "git@git.example:a/b.git"),
            ("https://x@y", "https://y"),
            ("", ""),
        ] {
            assert_eq!(without_user(address), shown);
        }
    }
}
