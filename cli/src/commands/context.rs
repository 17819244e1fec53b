//! `paictl context`

use clap::{Args, Subcommand};
use pai_proto::{
    context::{self, Chosen, ContextError},
    paths,
};

use crate::{
    context::Context,
    error::CliError,
    exit::Exit,
    json,
    view::{clean, table, word},
};

/// See which settings there are, and which are meant.
///
/// A context is a settings file with a name: `default` is the usual file, `local` the cloud on this machine (see
/// `paictl local`), any other NAME is contexts/NAME.json beside the usual file. Which one is meant is said by --context,
/// else by PAI_CONTEXT, else by ALIYUN_PAI_SETTINGS_PATH (the path of a file), else it is `default`.
#[derive(Debug, Args)]
pub struct ContextArgs {
    /// What to do; without it: ls.
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List them: name, what chose it, whether its file is there, the file.
    Ls,
}

/// Runs it.
///
/// # Errors
/// When nothing tells where settings are.
pub fn run(args: &ContextArgs, context: &mut Context) -> Result<Exit, CliError> {
    let (None | Some(Verb::Ls)) = args.verb;
    let chosen = context.chosen();
    let rows = rows(&context.env, chosen.as_ref().ok())?;
    if context.json {
        context.out.answer_json(&rows);
    } else {
        for line in lines(&rows, context.out.width().is_some()) {
            context.out.answer(line);
        }
    }
    if let Err(error) = chosen {
        context.out.warn(clean::line(&error.to_string()));
    }
    Ok(Exit::Ok)
}

fn rows(env: paths::Env<'_>, chosen: Option<&Chosen>) -> Result<Vec<json::Context>, ContextError> {
    let row = |known: context::Known| json::Context {
        name: Some(known.name.to_string()),
        settings_path: known.path.display().to_string(),
        exists: known.there,
        chosen: false,
        chosen_by: None,
    };
    let mut rows: Vec<_> = context::all(env)?.into_iter().map(row).collect();
    let Some(chosen) = chosen else {
        return Ok(rows);
    };
    let path = chosen.path.display().to_string();
    match rows.iter_mut().find(|row| row.settings_path == path) {
        Some(row) => row.choose(chosen.by),
        None => {
            let mut row = json::Context {
                name: None,
                exists: chosen.path.exists(),
                settings_path: path,
                chosen: false,
                chosen_by: None,
            };
            row.choose(chosen.by);
            rows.insert(0, row);
        }
    }
    Ok(rows)
}

fn lines(rows: &[json::Context], terminal: bool) -> Vec<String> {
    let row = |row: &json::Context| {
        [
            word::or_dash(row.name.as_deref().unwrap_or_default()),
            row.chosen_by
                .map_or_else(|| "-".into(), |by| format!("by {by}")),
            if row.exists { "yes" } else { "no" }.into(),
            clean::line(&row.settings_path),
        ]
    };
    let rows: Vec<_> = rows.iter().map(row).collect();
    table::shown(["NAME", "MEANT", "THERE", "SETTINGS"], &rows, terminal)
}
