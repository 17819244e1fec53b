//! What a look asks for. Pure: the number of calls depends on pages of active jobs only (invariant 3).

use crate::provider::{Listing, Nature};

use super::schedule::Look;

/// Windows begin this much earlier: the cloud takes requests of clocks that are up to 15 minutes off (fact sheet §13.2), so
/// its own is not known better than that; and what was made shortly before a look may be missing from its lists.
const MARGIN_MS: i64 = 1_200_000;

/// What the plan depends on.
#[derive(Debug, Clone, Default)]
pub struct Ground {
    /// `{prefix}-`.
    pub own_named: String,
    /// Native ids of the own active jobs.
    pub own_active: Vec<String>,
    /// Native ids of watched active jobs that are not own.
    pub foreign_active: Vec<String>,
    /// When the oldest own active job was created, Unix ms.
    pub oldest_active_ms: Option<i64>,
    /// When the newest complete look was, by the backend's clock, Unix ms.
    pub last_complete_ms: Option<i64>,
    /// Own jobs known to be created since the window would begin.
    pub own_in_window: u64,
    /// From when on ended jobs are wanted too, Unix ms; on the first look.
    pub ended_from_ms: Option<i64>,
}

/// The lists of one look, in order. Every one of them is read to its last page.
pub fn listings(look: Look, ground: &Ground, nature: &Nature) -> Vec<Listing> {
    let mut lists = match look {
        Look::Sweep => sweep(ground, nature),
        Look::Regular => regular(ground, nature),
    };
    lists.extend(by_ids(&ground.foreign_active, nature));
    lists
}

/// Where the one window of a regular look begins: nothing active and nothing new is older.
pub fn window_start(ground: &Ground) -> Option<i64> {
    let start = match (ground.oldest_active_ms, ground.last_complete_ms) {
        (Some(oldest), Some(complete)) => oldest.min(complete),
        (oldest, complete) => oldest.or(complete)?,
    };
    Some(start - MARGIN_MS)
}

fn sweep(ground: &Ground, nature: &Nature) -> Vec<Listing> {
    let of_status = |status: &&str| Listing {
        own_named: Some(ground.own_named.clone()),
        status: Some((*status).to_owned()),
        ..Listing::default()
    };
    let mut lists: Vec<_> = nature.active_statuses.iter().map(of_status).collect();
    // Short jobs may have come and gone since the last complete look; on the first one, everything that `ls` shows.
    let from = ground.ended_from_ms.or(window_start(ground));
    lists.push(newcomers(ground, from));
    lists
}

fn regular(ground: &Ground, nature: &Nature) -> Vec<Listing> {
    let one_window = ground.own_in_window <= u64::from(nature.page_size);
    if one_window {
        return vec![newcomers(ground, window_start(ground))];
    }
    let mut lists: Vec<_> = by_ids(&ground.own_active, nature).collect();
    lists.push(newcomers(
        ground,
        ground.last_complete_ms.map(|at| at - MARGIN_MS),
    ));
    lists
}

fn newcomers(ground: &Ground, from_ms: Option<i64>) -> Listing {
    Listing {
        own_named: Some(ground.own_named.clone()),
        created_from_ms: from_ms,
        ..Listing::default()
    }
}

fn by_ids(ids: &[String], nature: &Nature) -> impl Iterator<Item = Listing> {
    ids.chunks(nature.ids_per_list.max(1)).map(|chunk| Listing {
        ids: chunk.to_vec(),
        ..Listing::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const NATURE: Nature = Nature {
        kind: "test",
        log_lag: Duration::ZERO,
        active_statuses: &["Queuing", "Running"],
        page_size: 100,
        ids_per_list: 50,
        visibility_lag: Duration::ZERO,
    };

    fn ground(active: usize, in_window: u64) -> Ground {
        Ground {
            own_named: "me-".into(),
            own_active: (0..active).map(|n| format!("dlc{n}")).collect(),
            oldest_active_ms: Some(10_000_000),
            last_complete_ms: Some(20_000_000),
            own_in_window: in_window,
            ..Ground::default()
        }
    }

    #[test]
    fn one_list_serves_actives_and_newcomers_up_to_a_page() {
        let lists = listings(Look::Regular, &ground(100, 100), &NATURE);
        assert_eq!(lists.len(), 1);
        assert_eq!(lists[0].created_from_ms, Some(10_000_000 - MARGIN_MS));
        assert_eq!(lists[0].own_named.as_deref(), Some("me-"));
    }

    #[test]
    fn beyond_a_page_actives_are_asked_by_id() {
        let lists = listings(Look::Regular, &ground(120, 101), &NATURE);
        let sizes: Vec<_> = lists.iter().map(|list| list.ids.len()).collect();
        assert_eq!(sizes, [50, 50, 20, 0]);
        assert_eq!(lists[3].created_from_ms, Some(20_000_000 - MARGIN_MS));
    }

    #[test]
    fn a_job_made_elsewhere_before_the_oldest_active_one_is_still_in_the_window() {
        let mut ground = ground(1, 1);
        ground.oldest_active_ms = Some(50_000_000);
        assert_eq!(window_start(&ground), Some(20_000_000 - MARGIN_MS));
    }

    #[test]
    fn a_sweep_asks_for_every_active_status_of_any_age() {
        let lists = listings(Look::Sweep, &ground(1, 1), &NATURE);
        let statuses: Vec<_> = lists.iter().map(|list| list.status.as_deref()).collect();
        assert_eq!(statuses, [Some("Queuing"), Some("Running"), None]);
        assert!(lists[..2].iter().all(|list| list.created_from_ms.is_none()));
    }

    #[test]
    fn foreign_jobs_are_asked_by_id_whatever_the_look() {
        let mut ground = ground(1, 1);
        ground.foreign_active = vec!["dlcx".into()];
        for look in [Look::Regular, Look::Sweep] {
            let lists = listings(look, &ground, &NATURE);
            assert_eq!(lists.last().unwrap().ids, ["dlcx"]);
            assert_eq!(lists.last().unwrap().own_named, None);
        }
    }
}
