//! `paictl config import`

use clap::Args;
use pai_proto::v1::ImportProfileRequest;

use super::tell;
use crate::{commands::the_job, context::Context, error::CliError, exit::Exit};

/// Make a profile of what a job was submitted with.
#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The job: its id, name, a beginning of one of these (4 characters or more), or @last.
    #[arg(value_parser = crate::commands::id)]
    id: String,
    /// Name of the profile; without it the short name of the job.
    profile: Option<String>,
    /// Only tell what would change.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(args: &ImportArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.connect().await?;
    let profile = match &args.profile {
        Some(profile) => profile.clone(),
        None => {
            let name = the_job(client.get(&args.id).await?.job)?.name;
            let prefix = client.config().await?.prefix;
            named_after(&name, &prefix).ok_or_else(|| {
                let message = format!("no profile can be named after the job {name}");
                CliError::usage(message, "paictl config import ID PROFILE")
            })?
        }
    };
    let request = ImportProfileRequest {
        id: args.id.clone(),
        profile,
        dry_run: args.dry_run,
    };
    let changed = client.import_profile(request).await?;
    tell(&changed, context);
    Ok(Exit::Ok)
}

/// The short name in `{prefix}-{name}-{time}-{4 characters}`, in the letters that profiles have; a name of another form
/// as it is.
fn named_after(name: &str, prefix: &str) -> Option<String> {
    let rest = name
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('-'));
    let short = rest.and_then(|rest| {
        let (rest, _characters) = rest.rsplit_once('-')?;
        let (short, time) = rest.rsplit_once('-')?;
        time.bytes()
            .all(|byte| byte.is_ascii_digit())
            .then_some(short)
    });
    let plain = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_alphanumeric() => c,
        _ => '-',
    };
    let named: String = short.unwrap_or(name).chars().map(plain).collect();
    let named = named.trim_matches('-').to_owned();
    (!named.is_empty()).then_some(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_named_after_the_short_name() {
        let named = |name: &str| named_after(name, "me");
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(named("me-train-20261120120304-y4hp"), some("train"));
        assert_eq!(named("me-Train_X-1-20261120120304-y4hp"), some("train-x-1"));
        assert_eq!(named("somebody's job"), some("somebody-s-job"));
        assert_eq!(named("me-train"), some("me-train"));
        assert_eq!(named("训练"), None);
        assert_eq!(named(""), None);
    }
}
