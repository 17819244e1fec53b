//! `paictl local down`

use std::time::Duration;

use super::place::Place;
use crate::{
    context::Context,
    error::CliError,
    exit::Exit,
    json::LocalDown,
    process::{is_alive, terminate},
};

/// How long it may take: it ends all its jobs first.
const LIMIT: Duration = Duration::from_secs(15);

pub(super) async fn run(context: &mut Context) -> Result<Exit, CliError> {
    let place = Place::of(context)?;
    let _turn = place.turn().await?;
    let pid = match place.running()? {
        Some(access) => Some(end(&place, access.pid).await?),
        None => None,
    };
    match (context.json, pid) {
        (true, pid) => context.out.answer_json(&LocalDown {
            running: false,
            stopped: pid.is_some(),
            pid,
        }),
        (false, Some(pid)) => context.out.answer(format_args!("down, pid {pid}")),
        (false, None) => context.out.answer("it was not up"),
    }
    Ok(Exit::Ok)
}

/// The folder's lock says that an emulator lives, and its file which process it is.
async fn end(place: &Place, pid: u32) -> Result<u32, CliError> {
    if pid <= 1 || !is_alive(pid) {
        return Err(CliError::other(
            format!(
                "an emulator has {}, and its emulator.json names no living process",
                place.cloud().display()
            ),
            "end it by hand",
        ));
    }
    terminate(pid).map_err(|error| CliError::io(format!("cannot end process {pid}"), error))?;
    if !place.is_left_within(LIMIT).await {
        let limit = LIMIT.as_secs();
        return Err(CliError::other(
            format!("the emulator (pid {pid}) has not left {limit} s after it was asked to"),
            format!("`kill -KILL {pid}` ends it"),
        ));
    }
    Ok(pid)
}
