//! `GetSchema` and `CheckConfig`: nothing is changed.

use std::{path::PathBuf, sync::Arc};

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
    rpc::{error::to_detail, task::blocking},
};

pub(super) async fn schema(
    settings: Arc<Settings>,
    caller: &Caller,
    raw: bool,
) -> Result<GetConfigSchemaResponse, Fault> {
    let actor = Actor::from(caller);
    let read = move || {
        let documents = config::documents(&settings.path)?;
        Ok::<_, Fault>(schema::fields(&settings, &documents, actor))
    };
    let fields = blocking(read).await??;
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

pub(super) async fn check(path: PathBuf, env: Env) -> Result<CheckConfigResponse, Fault> {
    let report = blocking(move || config::check(&path, &|key| env(key))).await?;
    Ok(CheckConfigResponse {
        settings_path: report.path.display().to_string(),
        own_path: report
            .own_path
            .map(|path| path.display().to_string())
            .unwrap_or_default(),
        problem: report.problem.as_ref().map(to_detail),
        warnings: report.warnings,
    })
}
