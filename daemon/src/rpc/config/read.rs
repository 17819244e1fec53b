//! `GetSchema` and `CheckConfig`: nothing is changed.

use std::path::Path;

use pai_proto::{
    v1::{CheckConfigResponse, ConfigField, GetConfigSchemaResponse},
    value,
};

use crate::{
    config::{
        self, Actor, Settings,
        schema::{self, File},
    },
    contexts::Env,
    model::{Caller, Fault},
    rpc::error::to_detail,
};

pub(super) fn schema(
    settings: &Settings,
    caller: &Caller,
    raw: bool,
) -> Result<GetConfigSchemaResponse, Fault> {
    let documents = config::documents(&settings.path)?;
    let fields = schema::fields(settings, &documents, Actor::from(caller));
    let text = |file| match raw {
        true => format!("{:#}", schema::json_schema(file)),
        false => String::new(),
    };
    Ok(GetConfigSchemaResponse {
        fields: fields.into_iter().map(field).collect(),
        raw_settings: text(File::Settings),
        raw_own: text(File::Own),
    })
}

fn field(field: schema::Field) -> ConfigField {
    ConfigField {
        path: field.path,
        kind: field.kind.into(),
        description: field.description.into(),
        constraint: field.constraint,
        current: field.current.as_ref().map(value::to_message),
        modifiable: field.modifiable,
    }
}

pub(super) fn check(path: &Path, env: &Env) -> CheckConfigResponse {
    let report = config::check(path, &|key| env(key));
    CheckConfigResponse {
        settings_path: report.path.display().to_string(),
        own_path: report
            .own_path
            .map(|path| path.display().to_string())
            .unwrap_or_default(),
        problem: report.problem.as_ref().map(to_detail),
        warnings: report.warnings,
    }
}
