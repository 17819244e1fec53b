//! `paictl delete`

use clap::Args;
use pai_proto::{Client, v1::Job};

use super::{each::Each, the_job};
use crate::{
    ask,
    context::Context,
    error::CliError,
    exit::Exit,
    json,
    view::{clean, word},
};

const UNTOUCHED: &str = "nothing was deleted";

/// Remove jobs that have ended from the cloud, for good.
///
/// Shows them and asks first, unless --yes is given. Only own jobs are removed.
#[derive(Debug, Args)]
#[command(after_help = "Exit code: 0 when all are removed, else that of the first failure.")]
pub struct DeleteArgs {
    /// The jobs: ids, names, beginnings of these (4 characters or more), or @last.
    #[arg(required = true, value_name = "ID", value_parser = super::id)]
    ids: Vec<String>,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

/// Runs it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(args: &DeleteArgs, context: &mut Context) -> Result<Exit, CliError> {
    if !args.yes {
        ask::possible("delete", context)?;
    }
    let client = context.connect().await?;
    let mut each = Each::new(args.ids.len());
    let ids = match args.yes {
        true => args.ids.clone(),
        false => agreed(&client, &args.ids, &mut each, context).await?,
    };
    for id in &ids {
        match delete(&client, id).await {
            Ok(job) => {
                if !context.json {
                    // It is gone now; its last status says more.
                    let status = word::status(&job.status, job.phase());
                    let id = word::id(&job);
                    context
                        .out
                        .answer(format_args!("{id}  deleted (was {status})"));
                }
                each.done(json::Deleted::new(&job));
            }
            Err(error) => {
                if !each.failed(id, error, context)? {
                    break;
                }
            }
        }
    }
    Ok(each.conclude(context))
}

/// Shows the jobs and asks; the ids of those that were shown, whatever `@last` is a moment later.
async fn agreed(
    client: &Client,
    ids: &[String],
    each: &mut Each<json::Deleted>,
    context: &mut Context,
) -> Result<Vec<String>, CliError> {
    let mut found = Vec::new();
    for id in ids {
        match look(client, id).await {
            Ok(job) => {
                let (shown, name) = (word::id(&job), clean::line(&job.name));
                let status = word::of_job(&job);
                context.out.note(format_args!("{shown}  {name}  {status}"));
                found.push(json::job_id(&job).to_owned());
            }
            Err(error) => {
                if !each.failed(id, error, context)? {
                    return Ok(Vec::new());
                }
            }
        }
    }
    let question = match found.len() {
        0 => return Ok(found),
        1 => "delete 1 job for good?".to_owned(),
        n => format!("delete {n} jobs for good?"),
    };
    match ask::agreed(&question, UNTOUCHED, context).await? {
        true => Ok(found),
        false => Err(CliError::other(UNTOUCHED, "")),
    }
}

async fn look(client: &Client, id: &str) -> Result<Job, CliError> {
    the_job(client.get(id).await?.job)
}

async fn delete(client: &Client, id: &str) -> Result<Job, CliError> {
    the_job(client.delete(id).await?.job)
}
