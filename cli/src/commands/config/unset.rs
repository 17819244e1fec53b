//! `paictl config unset`

use clap::Args;
use pai_proto::v1::UpdateConfigRequest;

use super::tell;
use crate::{context::Context, error::CliError, exit::Exit};

/// Remove keys, so that their defaults count.
#[derive(Debug, Args)]
pub(super) struct UnsetArgs {
    /// Paths, as for `set`.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,
    /// Paths are those inside of this profile.
    #[arg(long, short, value_name = "PROFILE")]
    profile: Option<String>,
    /// Only tell what would change.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(args: &UnsetArgs, context: &mut Context) -> Result<Exit, CliError> {
    let request = UpdateConfigRequest {
        remove: args.paths.clone(),
        profile: args.profile.clone().unwrap_or_default(),
        dry_run: args.dry_run,
        ..Default::default()
    };
    let changed = context.connect().await?.update_config(request).await?;
    tell(&changed, context);
    Ok(Exit::Ok)
}
