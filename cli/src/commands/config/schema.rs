//! `paictl config schema`

use clap::{Args, ValueEnum};
use pai_proto::{
    ClientError,
    v1::{ConfigField, GetConfigSchemaRequest},
    value,
};
use serde_json::Value;

use crate::{
    context::Context,
    error::CliError,
    exit::Exit,
    json,
    view::{clean, table, word},
};

/// Show what may stand in the settings: the JSON Schema of a file, or with --fields every key with what stands there now.
#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Which file.
    #[arg(value_enum, default_value_t = File::Settings)]
    file: File,
    /// List the keys of both files: path, kind, value, whether it may be changed by commands, what it is.
    #[arg(long, conflicts_with = "file")]
    fields: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum File {
    /// The settings file, which other tools may read too.
    Settings,
    /// Our own keys, in pai.json beside it.
    Own,
}

pub(super) async fn run(args: &SchemaArgs, context: &mut Context) -> Result<Exit, CliError> {
    let request = GetConfigSchemaRequest { raw: !args.fields };
    let schema = context.connect().await?.config_schema(request).await?;
    if !args.fields {
        let raw = match args.file {
            File::Settings => &schema.raw_settings,
            File::Own => &schema.raw_own,
        };
        let broken = |_| ClientError::Protocol("a schema that is no JSON".into());
        let schema: Value = serde_json::from_str(raw).map_err(broken)?;
        context.out.answer_json(&schema);
    } else if context.json {
        let fields: Vec<_> = schema.fields.iter().map(json::ConfigField::from).collect();
        context.out.answer_json(&fields);
    } else {
        for line in lines(&schema.fields, context.out.width().is_some()) {
            context.out.answer(line);
        }
    }
    Ok(Exit::Ok)
}

fn lines(fields: &[ConfigField], terminal: bool) -> Vec<String> {
    let row = |field: &ConfigField| {
        let about = [&field.description, &field.constraint];
        let about = about.into_iter().filter(|part| !part.is_empty());
        let about: Vec<_> = about.map(|part| clean::line(part)).collect();
        let now = field.current.as_ref().map(value::to_json);
        [
            clean::line(&field.path),
            word::or_dash(&field.kind),
            now.map_or_else(|| "-".into(), |now| json::compact(&now)),
            if field.modifiable { "yes" } else { "no" }.into(),
            word::or_dash(&about.join("; ")),
        ]
    };
    let rows: Vec<_> = fields.iter().map(row).collect();
    table::shown(
        ["PATH", "KIND", "NOW", "CHANGEABLE", "ABOUT"],
        &rows,
        terminal,
    )
}
