//! `paictl config check`

use pai_proto::v1::{CheckConfigRequest, CheckConfigResponse};

use crate::{
    context::Context,
    error::CliError,
    exit::Exit,
    json,
    view::{clean, pairs::Pairs},
};

pub(super) async fn run(context: &mut Context) -> Result<Exit, CliError> {
    let checked = context
        .connect()
        .await?
        .check_config(CheckConfigRequest {})
        .await?;
    for warning in &checked.warnings {
        context.out.warn(clean::line(warning));
    }
    if context.json {
        context
            .out
            .answer_json(&json::ConfigChecked::from(&checked));
    } else {
        for line in lines(&checked) {
            context.out.answer(line);
        }
    }
    Ok(match checked.problem {
        None => Exit::Ok,
        Some(_) => Exit::Error,
    })
}

fn lines(checked: &CheckConfigResponse) -> Vec<String> {
    let mut facts = Pairs::default();
    facts
        .add("Settings", clean::line(&checked.settings_path))
        .add_known("Own keys", clean::line(&checked.own_path));
    match &checked.problem {
        None => facts.add("Usable", "yes"),
        Some(problem) => facts
            .add("Usable", "no")
            .add("Problem", clean::line(&problem.message))
            .add_known("Hint", clean::line(&problem.hint)),
    };
    facts.lines(0)
}
