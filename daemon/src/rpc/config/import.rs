//! `ImportProfile`: what a job was submitted with becomes a profile.

use pai_proto::v1::{ConfigChanged, ImportProfileRequest};

use super::change::{Changer, How};
use crate::{model::Fault, rpc::resolve, submit};

pub(super) async fn import(
    changer: &Changer<'_>,
    request: ImportProfileRequest,
) -> Result<ConfigChanged, Fault> {
    let job = resolve::job(&changer.running, &request.id).await?;
    let imported = submit::as_profile(&changer.running.scope, &job).await?;
    let how = How {
        action: "profile.import",
        target: format!("{} from {}", request.profile, job.display_id()),
        dry_run: request.dry_run,
        digest: String::new(),
    };
    let made = changer.put(how, request.profile, String::new(), imported.keys);
    let mut changed = made.await?;
    changed.warnings.extend(imported.lost);
    Ok(changed)
}
