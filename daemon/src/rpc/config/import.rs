//! `ImportProfile`: what a job was submitted with becomes a profile.

use pai_proto::v1::{ConfigChanged, ImportProfileRequest};

use super::change::{Changer, How};
use crate::{
    model::Fault,
    rpc::resolve,
    submit::{self, Imported},
};

pub(super) async fn import(
    changer: &Changer,
    request: ImportProfileRequest,
) -> Result<ConfigChanged, Fault> {
    let how = How {
        action: "profile.import",
        target: format!("{} from {}", request.profile, request.id),
        dry_run: request.dry_run,
        digest: String::new(),
    };
    let imported = match read(changer, &request.id).await {
        Ok(imported) => imported,
        Err(fault) => return Err(changer.refused(how, fault).await),
    };
    let made = changer.put(how, request.profile, String::new(), imported.keys);
    let mut changed = made.await?;
    changed.warnings.extend(imported.lost);
    Ok(changed)
}

async fn read(changer: &Changer, id: &str) -> Result<Imported, Fault> {
    let job = resolve::job(&changer.running, id).await?;
    submit::as_profile(&changer.running.scope, &job).await
}
