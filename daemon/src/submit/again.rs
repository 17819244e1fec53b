//! What of a submit can be sent again by a daemon that only has the store. Pure.

use serde_json::Value;

use crate::{config::Settings, provider::dlc::request};

/// A body made from the settings alone, in which references to secrets are looked up.
pub(super) fn todays_body(settings: &Settings, profile: &str, name: &str) -> Value {
    match settings.profiles.get(profile) {
        Some(profile) => {
            let code = settings.code_source.as_ref();
            request::body(settings, profile, code, name, "")
        }
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
    use crate::{config, model::redact::Redactor};

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

    /// Whether a submit of this branch and command could be sent again.
    fn again(branch: &str, command: &str) -> bool {
        let settings = settings();
        let profile = &settings.profiles["default"];
        let code = settings
            .code_source
            .as_ref()
            .map(|code| code.at(branch, ""));
        let body = request::body(&settings, profile, code.as_ref(), "me-a", command);
        let mut stored = request::sealed(&body, &Redactor::default());
        stored["UserCommand"] = Redactor::default().text(command).into();
        leads_back(&stored, &body, &todays_body(&settings, "default", "me-a"))
    }

    #[test]
    fn what_the_settings_hold_comes_back_and_what_the_caller_hid_does_not() {
        assert!(again("", "python train.py"));
        assert!(again("dev", "python train.py"));
        assert!(!again("", "HF_TOKEN=hf_abcdefghijklmnopq python train.py"));
        assert!(!again("hf_abcdefghijklmnopq", "python train.py"));
    }
}
