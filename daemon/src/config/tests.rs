//! The seed's files as they are, and each way to get them wrong.

use std::{os::unix::fs::PermissionsExt, path::PathBuf};

use secrecy::ExposeSecret as _;

use super::*;

/// The 0.3.0 shape, with comments and trailing commas as the seed's README shows it.
const OLD: &str = r#"{
  "version": "0.3.0",
  "projectPrefix": "yousiki",
  "regionId": "ap-southeast-1",
  "workspaceId": "123456",
  "resourceId": "quota-xxxx",
  "credentials": { "accessKeyId": "LTAI-test", "accessKeySecret": "old-secret", },
  // Optional
  "caller": { "accountId": "1", "userId": "2", "identityType": "RAMUser" },
  "codeSource": { "codeSourceId": "code-1", "mountPath": "/root/code", "defaultBranch": "main", "defaultCommit": null },
  "jobDefaults": {
    "jobType": "PyTorchJob",
    "displayNamePrefix": "yousiki",
    /* copied from a past job */
    "jobSpecs": [{ "type": "Worker", "image": "img:1", "podCount": 1,
      "resourceConfig": { "CPU": "8", "GPU": "1", "memory": "32Gi", "sharedMemory": "32Gi" } }],
  },
  "mounts": [{ "name": "data", "uri": "oss://b/p/", "mountPath": "/mnt/data", "mountAccess": "ReadOnly" }],
}"#;

const NEW: &str = r#"{
  "version": "0.5.0", "projectPrefix": "me", "regionId": "cn-hangzhou", "workspaceId": "1", "resourceId": "quota1",
  "credentials": { "accessKeyId": "LTAI-test", "accessKeySecret": "new-secret", "securityToken": "sts-token" },
  "mounts": [{ "name": "out", "uri": "nas://x/", "mountPath": "/out", "mountAccess": "ReadWrite", "options": null }],
  "limits": { "maxRunningJobs": 3, "maxGPU": 8 },
  "profiles": {
    "default": { "jobType": "PyTorchJob", "jobSpecs": [{ "type": "Worker", "podCount": 2, "image": "i" }] },
    "cpu": { "jobType": "TFJob", "jobSpecs": [{ "Type": "Chief", "PodCount": 1, "Image": "i" }] }
  }
}"#;

struct Files {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

fn write(text: &str, mode: u32) -> Files {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.json");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    Files {
        _folder: folder,
        path,
    }
}

fn no_env(_: &str) -> Option<String> {
    None
}

fn env_key(key: &str) -> Option<String> {
    match key {
        "ALIBABA_CLOUD_ACCESS_KEY_ID" => Some("LTAI-env".into()),
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET" => Some("env-secret".into()),
        _ => None,
    }
}

fn load_text(text: &str) -> Result<Settings, Fault> {
    let files = write(text, 0o600);
    load(&files.path, &no_env)
}

/// `NEW` with one piece of text replaced.
fn with(from: &str, to: &str) -> Result<Settings, Fault> {
    assert!(NEW.contains(from));
    load_text(&NEW.replace(from, to))
}

#[test]
fn a_0_3_0_file_loads_as_it_is() {
    let settings = load_text(OLD).unwrap();
    assert_eq!(settings.version, "0.3.0");
    assert_eq!(settings.prefix, "yousiki");
    assert_eq!(settings.profiles["default"].job_type, "PyTorchJob");
    assert_eq!(settings.limits, Limits::default());
    assert_eq!(settings.mounts[0].wire_access(), "RO");
    assert_eq!(settings.code_source.unwrap().default_commit, None);
    assert_eq!(
        settings.endpoints.dlc.authority(),
        "pai-dlc.ap-southeast-1.aliyuncs.com"
    );
    assert!(settings.warnings.is_empty(), "{:?}", settings.warnings);
}

#[test]
fn a_0_3_0_file_with_simple_defaults_becomes_one_worker() {
    let simple = OLD.replace(
        r#""jobSpecs": [{ "type": "Worker", "image": "img:1", "podCount": 1,
      "resourceConfig": { "CPU": "8", "GPU": "1", "memory": "32Gi", "sharedMemory": "32Gi" } }],"#,
        r#""jobSpecs": [], "simple": { "dockerImage": "img:2", "ecsSpec": "ecs.g6.large", "podCount": 2 }"#,
    );
    let settings = load_text(&simple).unwrap();
    let spec = &settings.profiles["default"].job_specs[0];
    assert_eq!(
        (&spec["image"], &spec["podCount"]),
        (&"img:2".into(), &2.into())
    );
}

#[test]
fn a_0_5_0_file_loads_as_it_is() {
    let settings = load_text(NEW).unwrap();
    assert_eq!(settings.profiles.len(), 2);
    assert_eq!(
        settings.limits,
        Limits {
            max_running_jobs: 3,
            max_gpu: Some(8),
            ..Limits::default()
        }
    );
    assert_eq!(settings.mounts[0].wire_access(), "RW");
    assert_eq!(settings.credential_source, CredentialSource::SettingsFile);
    assert_eq!(
        settings.credentials.security_token.unwrap().expose_secret(),
        "sts-token"
    );
}

#[test]
fn without_credentials_the_environment_counts() {
    let text = NEW.replace(
        r#""credentials": { "accessKeyId": "LTAI-test", "accessKeySecret": "new-secret", "securityToken": "sts-token" },"#,
        "",
    );
    let files = write(&text, 0o644);
    let settings = load(&files.path, &env_key).unwrap();
    assert_eq!(settings.credential_source, CredentialSource::Environment);
    assert_eq!(settings.credentials.access_key_id, "LTAI-env");
    let fault = load(&files.path, &no_env).unwrap_err();
    assert!(fault.message.contains("no credentials"), "{fault}");
    assert!(
        fault.hint.contains("ALIBABA_CLOUD_ACCESS_KEY_ID"),
        "{fault}"
    );
}

#[test]
fn a_file_with_a_key_that_others_may_read_is_refused_with_the_chmod() {
    for mode in [0o640, 0o604, 0o660, 0o644] {
        let files = write(NEW, mode);
        let fault = load(&files.path, &no_env).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Settings);
        assert!(fault.message.contains(&format!("{mode:03o}")), "{fault}");
        assert_eq!(fault.hint, format!("chmod 600 {}", files.path.display()));
    }
    assert!(load(&write(NEW, 0o400).path, &no_env).is_ok());
}

#[test]
fn a_missing_or_broken_file_says_where() {
    let fault = load(Path::new("/nowhere/settings.json"), &no_env).unwrap_err();
    assert!(fault.message.contains("/nowhere/settings.json"), "{fault}");
    assert!(fault.hint.contains("ALIYUN_PAI_SETTINGS_PATH"), "{fault}");
    let fault = load_text("{\n  \"version\": \"0.5.0\"\n  \"x\" 1\n}").unwrap_err();
    assert!(fault.message.contains("line 2, column 21"), "{fault}");
    for text in ["", "[]", "3", "\"x\""] {
        assert!(
            load_text(text).unwrap_err().message.contains("JSON"),
            "{text:?}"
        );
    }
}

#[test]
fn a_wrong_value_names_its_key_and_never_itself() {
    for (from, to, key) in [
        (
            r#""projectPrefix": "me""#,
            r#""projectPrefix": 7"#,
            "projectPrefix",
        ),
        (r#""projectPrefix": "me","#, "", "projectPrefix"),
        (
            r#""projectPrefix": "me""#,
            r#""projectPrefix": "a b""#,
            "projectPrefix",
        ),
        (
            r#""workspaceId": "1""#,
            r#""workspaceId": """#,
            "workspaceId",
        ),
        (r#""maxGPU": 8"#, r#""maxGPU": "lots""#, "limits.maxGPU"),
        (
            r#""maxRunningJobs": 3"#,
            r#""maxRunningJobs": -1"#,
            "limits.maxRunningJobs",
        ),
        (
            r#""mountAccess": "ReadWrite""#,
            r#""mountAccess": "Sometimes""#,
            "mounts[0].mountAccess",
        ),
        (r#""default": {"#, r#""standard": {"#, "default"),
        (
            r#""jobSpecs": [{ "type": "Worker", "podCount": 2, "image": "i" }]"#,
            r#""jobSpecs": []"#,
            "default",
        ),
    ] {
        let fault = with(from, to).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Settings);
        assert!(fault.message.contains(key), "{key}: {fault}");
    }
    let fault = with(
        r#""accessKeySecret": "new-secret""#,
        r#""accessKeySecret": ["new-secret"]"#,
    )
    .unwrap_err();
    assert!(
        fault.message.contains("credentials.accessKeySecret"),
        "{fault}"
    );
    assert!(!fault.to_string().contains("new-secret"), "{fault}");
}

#[test]
fn unknown_keys_are_told_and_harm_nothing() {
    let settings = with(r#""limits": {"#, r#""colour": 1, "limits": { "maxTPU": 1,"#).unwrap();
    assert_eq!(settings.warnings.len(), 2);
    assert!(
        settings
            .warnings
            .iter()
            .any(|line| line.contains("limits.maxTPU"))
    );
}

#[test]
fn an_endpoint_replaces_the_public_hosts() {
    let add = |endpoint: &str| {
        with(
            r#""version": "0.5.0","#,
            &format!(r#""version": "0.5.0", "endpoint": {endpoint},"#),
        )
    };
    let both = add(r#""http://127.0.0.1:4711""#).unwrap();
    assert_eq!(both.endpoints.dlc.authority(), "127.0.0.1:4711");
    assert_eq!(both.endpoints.sts.authority(), "127.0.0.1:4711");
    assert_eq!(both.endpoints.aiworkspace.authority(), "127.0.0.1:4711");
    let one = add(r#"{"dlc": "https://pai-dlc-vpc.cn-hangzhou.aliyuncs.com"}"#).unwrap();
    assert_eq!(
        one.endpoints.dlc.authority(),
        "pai-dlc-vpc.cn-hangzhou.aliyuncs.com"
    );
    assert_eq!(
        one.endpoints.sts.authority(),
        "sts.cn-hangzhou.aliyuncs.com"
    );
    for wrong in [
        r#""http://10.0.0.1""#,
        r#""ftp://127.0.0.1""#,
        "7",
        r#"{"dlc": 7}"#,
        r#""nonsense""#,
    ] {
        let fault = add(wrong).unwrap_err();
        assert!(fault.message.contains("endpoint"), "{wrong}: {fault}");
    }
}

mod debug;
mod fields;
mod further;
mod own;
mod schema;
