//! `paictl local status`

use super::place::Place;
use crate::{
    context::Context,
    error::CliError,
    exit::Exit,
    json::LocalStatus,
    view::{clean, pairs::Pairs, word},
};

pub(super) fn run(context: &mut Context) -> Result<Exit, CliError> {
    let place = Place::of(context)?;
    let access = place.running()?;
    let status = LocalStatus {
        running: access.is_some(),
        pid: access.as_ref().map(|access| access.pid),
        endpoint: access.map(|access| access.endpoint),
        settings_path: place.settings().display().to_string(),
        log: place.log().display().to_string(),
    };
    if context.json {
        context.out.answer_json(&status);
    } else {
        for line in lines(&status) {
            context.out.answer(line);
        }
    }
    Ok(match status.running {
        true => Exit::Ok,
        false => Exit::Error,
    })
}

fn lines(status: &LocalStatus) -> Vec<String> {
    let mut facts = Pairs::default();
    facts.add("Local", if status.running { "up" } else { "down" });
    if let Some(pid) = status.pid {
        facts.add("Pid", pid.to_string());
    }
    if let Some(endpoint) = &status.endpoint {
        facts.add("Endpoint", word::or_dash(endpoint));
    }
    facts
        .add("Settings", clean::line(&status.settings_path))
        .add("Log", clean::line(&status.log));
    facts.lines(0)
}
