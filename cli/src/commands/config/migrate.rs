//! `paictl config migrate`

use clap::Args;
use pai_proto::v1::MigrateConfigRequest;

use super::tell;
use crate::{context::Context, error::CliError, exit::Exit};

/// Bring a settings file of the 0.3.0 shape to the 0.5.0 shape. One of today's shape is left as it is.
#[derive(Debug, Args)]
pub(super) struct MigrateArgs {
    /// Only tell what would change.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(args: &MigrateArgs, context: &mut Context) -> Result<Exit, CliError> {
    let request = MigrateConfigRequest {
        dry_run: args.dry_run,
    };
    let changed = context.connect().await?.migrate_config(request).await?;
    tell(&changed, context);
    Ok(Exit::Ok)
}
