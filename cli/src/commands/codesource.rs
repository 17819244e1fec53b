//! `paictl codesource`

use clap::{Args, Subcommand};
use pai_proto::{
    Client,
    v1::{
        GetCodeSourceRequest, GetCodeSourceResponse, UpdateCodeSourceRequest,
        UpdateCodeSourceResponse,
    },
};

use super::config;
use crate::{
    ask,
    context::Context,
    error::CliError,
    exit::Exit,
    json,
    view::{clean, pairs::Pairs, word},
};

const UNTOUCHED: &str = "nothing was changed";

/// See and change which code jobs run.
#[derive(Debug, Args)]
pub struct CodesourceArgs {
    /// What to do with it.
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show the code source of the settings, and the object at the cloud that it names.
    Get {
        /// Do not ask the cloud.
        #[arg(long)]
        local: bool,
    },
    Set(SetArgs),
}

/// Set the branch and the commit that every submit sends; an empty one is removed.
///
/// With --remote those of the object at the cloud, which others may share: shows it and asks first, unless --yes is given. They
/// are read back then, and the exit code is 1 where they do not show.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").args(["branch", "commit"]).required(true).multiple(true))]
struct SetArgs {
    /// The branch.
    #[arg(long, value_name = "BRANCH")]
    branch: Option<String>,
    /// The commit.
    #[arg(long, value_name = "COMMIT")]
    commit: Option<String>,
    /// Change the object at the cloud instead of the settings.
    #[arg(long)]
    remote: bool,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    /// Only tell what would change.
    #[arg(long)]
    dry_run: bool,
}

/// Runs it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(args: &CodesourceArgs, context: &mut Context) -> Result<Exit, CliError> {
    match &args.verb {
        Verb::Get { local } => {
            let request = GetCodeSourceRequest { local_only: *local };
            let source = context.connect().await?.code_source(request).await?;
            show(&source, context);
            Ok(Exit::Ok)
        }
        Verb::Set(args) => set(args, context).await,
    }
}

fn show(source: &GetCodeSourceResponse, context: &mut Context) {
    if context.json {
        return context.out.answer_json(&json::CodeSource::from(source));
    }
    for line in lines(source) {
        context.out.answer(line);
    }
}

async fn set(args: &SetArgs, context: &mut Context) -> Result<Exit, CliError> {
    let request = UpdateCodeSourceRequest {
        branch: args.branch.clone(),
        commit: args.commit.clone(),
        remote: args.remote,
        dry_run: args.dry_run,
    };
    let asks = args.remote && !args.dry_run && !args.yes;
    if asks {
        ask::possible("codesource set --remote", context)?;
    }
    let client = context.connect().await?;
    if asks && !agreed(&client, context).await? {
        return Err(CliError::other(UNTOUCHED, ""));
    }
    let response = client.update_code_source(request).await?;
    tell(args, &response, context);
    Ok(match args.remote && !args.dry_run && !response.verified {
        true => Exit::Error,
        false => Exit::Ok,
    })
}

/// Shows the object at the cloud, and asks.
async fn agreed(client: &Client, context: &mut Context) -> Result<bool, CliError> {
    let source = client
        .code_source(GetCodeSourceRequest { local_only: false })
        .await?;
    for line in lines(&source) {
        context.out.note(line);
    }
    let question = "change it at the cloud, for all who use it?";
    ask::agreed(question, UNTOUCHED, context).await
}

fn tell(args: &SetArgs, response: &UpdateCodeSourceResponse, context: &mut Context) {
    if !args.remote && !context.json {
        return config::tell(&response.changed.clone().unwrap_or_default(), context);
    }
    if context.json {
        return context
            .out
            .answer_json(&json::CodeSourceChanged::from(response));
    }
    if let Some(source) = &response.code_source {
        show(source, context);
    }
    if args.dry_run {
        for (key, text) in [("branch", &args.branch), ("commit", &args.commit)] {
            if let Some(text) = text {
                let text = clean::line(text);
                context.out.note(format_args!("{key} would be: {text}"));
            }
        }
    }
    context.out.note(match (args.dry_run, response.verified) {
        (true, _) => UNTOUCHED,
        (false, true) => "changed at the cloud, for all who use this code source",
        (false, false) => "accepted by the cloud, which does not show it",
    });
}

fn lines(source: &GetCodeSourceResponse) -> Vec<String> {
    let mut facts = Pairs::default();
    facts
        .add("Code source", word::or_dash(&source.code_source_id))
        .add("Mounted at", word::or_dash(&source.mount_path))
        .add("Branch", word::or_dash(&source.default_branch))
        .add("Commit", word::or_dash(&source.default_commit));
    let mut lines = facts.lines(0);
    let Some(remote) = &source.remote else {
        return lines;
    };
    let mut facts = Pairs::default();
    facts
        .add("Name", word::or_dash(&remote.display_name))
        .add("Repository", word::or_dash(&remote.repo))
        .add("Branch", word::or_dash(&remote.branch))
        .add("Commit", word::or_dash(&remote.commit))
        .add("Mounted at", word::or_dash(&remote.mount_path))
        .add_known("Visible", clean::line(&remote.accessibility))
        .add_known("User", clean::line(&remote.user_id));
    lines.extend([String::new(), crate::view::paint::label("AT THE CLOUD")]);
    lines.extend(facts.lines(2));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use pai_proto::v1::RemoteCodeSource;

    #[test]
    fn settings_and_cloud_stand_apart() {
        let source = GetCodeSourceResponse {
            code_source_id: "code-1".into(),
            mount_path: "/root/code".into(),
            default_branch: "main".into(),
            default_commit: String::new(),
            remote: Some(RemoteCodeSource {
                display_name: "train\u{1b}[2J".into(),
                repo: "https://host/team/repo".into(),
                branch: "master".into(),
                mount_path: "/mnt/code".into(),
                accessibility: "PUBLIC".into(),
                user_id: "42".into(),
                ..Default::default()
            }),
        };
        let text = lines(&source).join("\n");
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string());
        insta::assert_snapshot!("json", json::pretty(&json::CodeSource::from(&source)));
    }
}
