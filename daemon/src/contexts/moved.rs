//! What the journal keeps under a settings file that is gone, or that names another place now, goes on under the file that
//! names its place today: keys stay taken, and nothing that waits is forgotten.

use std::path::Path;

use crate::{
    journal::{Journal, StoreError, Tx},
    scope::Scope,
    submit::{Claims, resume},
};

use super::{Running, entry::real};

/// The journal's number for a file and a place. A file that was moved keeps what is known under its old name, unless that is
/// still being served.
pub(super) async fn number(
    journal: &Journal,
    path: &Path,
    place: &str,
    is_served: impl Fn(i64) -> bool,
) -> Result<i64, StoreError> {
    let asked = place.to_owned();
    let known = journal
        .read(move |reader| reader.contexts_of(&asked))
        .await?;
    let shown = path.display().to_string();
    let moved = match known.iter().any(|(_, other)| *other == shown) {
        true => None,
        // The newest one, where several are gone.
        false => known
            .into_iter()
            .filter(|(_, other)| is_gone(other) || real(Path::new(other)) == path)
            .map(|(id, _)| id)
            .filter(|id| !is_served(*id))
            .max(),
    };
    let place = place.to_owned();
    let number = move |tx: &mut Tx<'_>| match moved {
        Some(id) => tx.move_context(id, &shown).map(|()| id),
        None => tx.context(&shown, &place),
    };
    journal.write(number).await
}

/// Takes over what waits under other files of this place that nobody will go on with: gone ones, and such as name
/// another place now. `goes_on` tells of a file and its number whether somebody does or may.
pub(super) async fn take_over(
    running: &Running,
    claims: &Claims,
    goes_on: impl Fn(&Path, i64) -> bool,
) -> Result<(), StoreError> {
    let scope = &running.scope;
    let place = scope.place.clone();
    let known = scope
        .journal
        .read(move |reader| reader.contexts_of(&place))
        .await?;
    let mut taken = 0;
    for (id, path) in known {
        if id == scope.context || goes_on(Path::new(&path), id) {
            continue;
        }
        taken += take(scope, claims, id).await?;
    }
    if taken > 0 {
        tracing::warn!(taken, place = %scope.place, "going on with submits of another settings file of this place");
        if let Err(fault) = resume(scope, &running.poller).await {
            tracing::error!(%fault, "submits that were taken over cannot be gone on with now");
        }
        scope.queue.changed();
    }
    Ok(())
}

async fn take(scope: &Scope, claims: &Claims, from: i64) -> Result<usize, StoreError> {
    let (to, claims) = (scope.context, claims.clone());
    let take = move |tx: &mut Tx<'_>| {
        let mut taken = 0;
        for uid in tx.waiting(from)? {
            // What is under way comes to its end where it is.
            if !claims.is_claimed(&uid) && tx.move_submit(&uid, to)? {
                taken += 1;
            }
        }
        Ok(taken)
    };
    scope.journal.write(take).await
}

pub(super) fn is_gone(path: &str) -> bool {
    matches!(Path::new(path).try_exists(), Ok(false))
}
