//! `paictl config set`

use std::collections::BTreeMap;

use clap::Args;
use pai_proto::v1::UpdateConfigRequest;
use prost_types::Value;

use super::{tell, value};
use crate::{context::Context, error::CliError, exit::Exit};

/// Set keys.
///
/// A PATH is for example limits.maxGPU, codeSource.defaultBranch or profiles.default.jobSpecs[0].podCount; `paictl config
/// schema --fields` lists them all.
#[derive(Debug, Args)]
#[command(
    override_usage = "paictl config set [OPTIONS] PATH VALUE [PATH VALUE]...\n       for example: paictl config set limits.maxGPU 16"
)]
pub(super) struct SetArgs {
    /// Path and new value, one behind the other. A value is JSON where it can be read as such, else text; "8" in its own
    /// quotes is text.
    #[arg(required = true, num_args = 2.., value_names = ["PATH", "VALUE"], allow_negative_numbers = true)]
    pairs: Vec<String>,
    /// Paths are those inside of this profile.
    #[arg(long, short, value_name = "PROFILE")]
    profile: Option<String>,
    /// Only tell what would change.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(args: &SetArgs, context: &mut Context) -> Result<Exit, CliError> {
    let request = UpdateConfigRequest {
        set: read(&args.pairs)?,
        profile: args.profile.clone().unwrap_or_default(),
        dry_run: args.dry_run,
        ..Default::default()
    };
    let changed = context.connect().await?.update_config(request).await?;
    tell(&changed, context);
    Ok(Exit::Ok)
}

fn read(pairs: &[String]) -> Result<BTreeMap<String, Value>, CliError> {
    let hint = "paictl config set PATH VALUE [PATH VALUE]...";
    let mut set = BTreeMap::new();
    for pair in pairs.chunks(2) {
        let [path, value] = pair else {
            let message = format!("the path {} has no value", pair.concat());
            return Err(CliError::usage(message, hint));
        };
        if set.insert(path.clone(), value::read(value)).is_some() {
            let message = format!("the path {path} is given twice");
            return Err(CliError::usage(message, hint));
        }
    }
    Ok(set)
}
