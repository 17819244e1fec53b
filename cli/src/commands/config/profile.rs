//! `paictl config profile`

use clap::{Args, Subcommand};
use pai_proto::{
    v1::{DeleteProfileRequest, Profile, PutProfileRequest},
    value,
};
use serde_json::{Map, Value};

use super::{tell, value::json};
use crate::{
    commands::submit::pair,
    context::Context,
    error::CliError,
    exit::Exit,
    json,
    view::{self, clean, table, word},
};

/// See, make and delete profiles.
#[derive(Debug, Args)]
pub(super) struct ProfileArgs {
    /// What to do with them.
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List them: name, type of the job, pods, GPUs of each pod.
    Ls,
    /// Show one.
    Show {
        /// Its name.
        name: String,
    },
    Create(CreateArgs),
    /// Delete one, from both files.
    Delete {
        /// Its name.
        name: String,
        /// Only tell what would change.
        #[arg(long)]
        dry_run: bool,
    },
}

/// Make a profile; with --replace in place of the one of this name.
///
/// For keys inside of others, copy a profile with --from and change it with `paictl config set --profile NAME PATH VALUE`.
#[derive(Debug, Args)]
#[command(
    override_usage = "paictl config profile create [OPTIONS] NAME [KEY=VALUE]...\n       for example: paictl config profile create night --from default priority=1"
)]
struct CreateArgs {
    /// Its name: lower-case letters, digits and dashes.
    name: String,
    /// Keys of the profile in camelCase, for example priority=5 or jobType=TFJob. A value is JSON where it can be read as
    /// such, else text.
    #[arg(value_name = "KEY=VALUE", value_parser = pair)]
    keys: Vec<(String, String)>,
    /// Begin with a copy of this profile.
    #[arg(long, value_name = "BASE")]
    from: Option<String>,
    /// Where there is one of this name, put this one in its place.
    #[arg(long)]
    replace: bool,
    /// Only tell what would change.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(args: &ProfileArgs, context: &mut Context) -> Result<Exit, CliError> {
    match &args.verb {
        Verb::Ls => list(context).await,
        Verb::Show { name } => show(name, context).await,
        Verb::Create(args) => create(args, context).await,
        Verb::Delete { name, dry_run } => {
            let request = DeleteProfileRequest {
                name: name.clone(),
                dry_run: *dry_run,
                digest: String::new(),
            };
            let changed = context.connect().await?.delete_profile(request).await?;
            tell(&changed, context);
            Ok(Exit::Ok)
        }
    }
}

async fn list(context: &mut Context) -> Result<Exit, CliError> {
    let profiles = context.connect().await?.config().await?.profiles;
    if context.json {
        let profiles: Vec<_> = profiles.iter().map(json::Profile::from).collect();
        context.out.answer_json(&profiles);
    } else {
        let rows: Vec<_> = profiles.iter().map(row).collect();
        let terminal = context.out.width().is_some();
        for line in table::shown(["PROFILE", "TYPE", "PODS", "EACH"], &rows, terminal) {
            context.out.answer(line);
        }
    }
    Ok(Exit::Ok)
}

fn row(profile: &Profile) -> [String; 4] {
    let of_each = |what: fn(&pai_proto::v1::ProfileReplica) -> String| {
        let replicas: Vec<_> = profile.replicas.iter().map(what).collect();
        word::or_dash(&replicas.join(", "))
    };
    [
        clean::line(&profile.name),
        word::or_dash(&profile.job_type),
        of_each(|replica| format!("{} x {}", replica.role, replica.count)),
        of_each(|replica| match replica.instance_type.as_str() {
            "" => format!("{} CPU {} GPU {}", replica.cpu, replica.gpu, replica.memory),
            instance => instance.to_owned(),
        }),
    ]
}

async fn show(name: &str, context: &mut Context) -> Result<Exit, CliError> {
    let profiles = context.connect().await?.config().await?.profiles;
    let Some(profile) = profiles.iter().find(|profile| profile.name == name) else {
        let names: Vec<_> = profiles
            .iter()
            .map(|profile| profile.name.as_str())
            .collect();
        return Err(CliError::NotFound {
            message: format!("there is no profile `{name}`"),
            hint: format!("there are: {}", names.join(", ")),
        });
    };
    if context.json {
        context.out.answer_json(&json::Profile::from(profile));
    } else {
        for line in view::config::profile_lines(profile) {
            context.out.answer(line);
        }
    }
    Ok(Exit::Ok)
}

async fn create(args: &CreateArgs, context: &mut Context) -> Result<Exit, CliError> {
    let request = PutProfileRequest {
        name: args.name.clone(),
        profile: Some(value::to_struct(&keys(args)?)),
        base: args.from.clone().unwrap_or_default(),
        dry_run: args.dry_run,
        digest: String::new(),
    };
    let client = context.connect().await?;
    if !args.replace {
        let profiles = client.config().await?.profiles;
        if profiles.iter().any(|profile| profile.name == args.name) {
            return Err(there_already(&args.name, context));
        }
    }
    let changed = client.put_profile(request).await?;
    tell(&changed, context);
    Ok(Exit::Ok)
}

fn there_already(name: &str, context: &Context) -> CliError {
    let paictl = context.paictl();
    CliError::other(
        format!("there is a profile `{name}` already; nothing was changed"),
        format!(
            "--replace puts the new one in its place; `{paictl} config set --profile {name} PATH VALUE` changes a key of it"
        ),
    )
}

fn keys(args: &CreateArgs) -> Result<Map<String, Value>, CliError> {
    if let Some((key, _)) = args.keys.iter().find(|(key, _)| key.contains(['.', '['])) {
        let name = &args.name;
        return Err(CliError::usage(
            format!("{key} is a key inside of another one"),
            format!("make the profile first, then: paictl config set --profile {name} {key} VALUE"),
        ));
    }
    let keys = args.keys.iter();
    Ok(keys.map(|(key, text)| (key.clone(), json(text))).collect())
}
