//! Keeping the logs of all pods of a job, whatever the settings say.

use pai_proto::Client;

use crate::{
    commands::{each::Each, the_job},
    context::Context,
    error::CliError,
    exit::Exit,
    json,
    view::word,
};

/// Keeps the logs of these jobs, or leaves it to the settings again.
///
/// # Errors
/// See [`CliError`].
pub(super) async fn run(
    ids: &[String],
    keep: bool,
    context: &mut Context,
) -> Result<Exit, CliError> {
    context.last_words = "interrupted; the change may still take place";
    let client = context.connect().await?;
    let mut each = Each::new(ids.len());
    for id in ids {
        match set(&client, id, keep).await {
            Ok(job) => {
                if !context.json {
                    let id = word::id(&job);
                    context.out.answer(match keep {
                        true => format!("{id}  logs of all pods are kept"),
                        false => format!("{id}  logs are kept as the settings say"),
                    });
                }
                each.done(json::LogsKept::new(&job, keep));
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

async fn set(client: &Client, id: &str, keep: bool) -> Result<pai_proto::v1::Job, CliError> {
    the_job(client.keep_logs(id, keep).await?.job)
}
