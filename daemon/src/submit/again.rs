//! What of a submit can be sent again by a daemon that only has the store. Pure.

use serde_json::Value;

use crate::{config::Settings, provider::dlc::request};

/// What the settings alone say of a job: references to secrets are looked up in it.
pub(super) fn todays_base(settings: &Settings, profile: &str) -> Value {
    match settings.profiles.get(profile) {
        Some(profile) => request::base(settings, profile).into(),
        None => Value::Null,
    }
}

/// Whether the stored form leads back to the very same body: what the caller gave and is masked there does not.
pub(super) fn leads_back(stored: &Value, body: &Value, today: &Value) -> bool {
    request::unsealed(stored, today).as_ref() == Some(body)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::{config, model::redact::Redactor, provider::dlc::request::Particulars};

    const SETTINGS: &str = r#"{
      "version": "0.5.0", "projectPrefix": "me", "regionId": "cn-hangzhou", "workspaceId": "1", "resourceId": "q",
      "credentials": { "accessKeyId": "id", "accessKeySecret": "secret" },
      "codeSource": { "codeSourceId": "code-1", "mountPath": "/code", "defaultBranch": "main" },
      "profiles": { "default": { "jobType": "PyTorchJob", "envs": { "HF_TOKEN": "hf_abcdefghijklmnopq" },
        "jobSpecs": [{ "type": "Worker", "podCount": 1, "image": "i" }] } }
    }"#;

    fn settings() -> Settings {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), SETTINGS).unwrap();
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o600)).unwrap();
        config::load(file.path(), &|_| None).unwrap()
    }

    /// Whether a submit of this branch, command and environment could be sent again.
    fn again(branch: &str, command: &str, env: &[(&str, &str)]) -> bool {
        let settings = settings();
        let mut base = request::base(&settings, &settings.profiles["default"]);
        super::super::code::apply(&mut base, branch, "").unwrap();
        let env = env
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let what = Particulars {
            name: "me-a".into(),
            command: command.into(),
            envs: env.collect(),
            ..Particulars::default()
        };
        let body = request::body(&settings, base, &what);
        let mut stored = request::sealed(&body, &Redactor::default());
        stored["UserCommand"] = Redactor::default().text(command).into();
        leads_back(&stored, &body, &todays_base(&settings, "default"))
    }

    #[test]
    fn what_the_settings_hold_comes_back_and_what_the_caller_hid_does_not() {
        assert!(again("", "python train.py", &[]));
        assert!(again("dev", "python train.py", &[("EPOCHS", "3")]));
        assert!(!again(
            "",
            "HF_TOKEN=hf_abcdefghijklmnopq python train.py",
            &[]
        ));
        assert!(!again("hf_abcdefghijklmnopq", "python train.py", &[]));
        assert!(!again(
            "",
            "python train.py",
            &[("HF_TOKEN", "hf_zzzzzzzzzzzzzzzzzzz")]
        ));
        assert!(!again(
            "",
            "python train.py",
            &[("WANDB_API_KEY", "abcdef")]
        ));
    }
}
