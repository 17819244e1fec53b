//! Changes as a whole: on files, with everything that stands around them.

use std::{os::unix::fs::PermissionsExt, path::PathBuf};

use serde_json::json;

use super::*;
use crate::{
    config,
    model::{FaultKind, Resources},
};

mod files;
mod migration;
mod profiles;
mod random;
mod told;
mod ways_round;

/// A file that the other tool accepts, as a person wrote it.
const SETTINGS: &str = r#"{
  "version": "0.5.0",
  "projectPrefix": "me", // mine
  "regionId": "cn-hangzhou",
  "workspaceId": "1",
  "resourceId": "quota1",
  "credentials": { "accessKeyId": "LTAI-test", "accessKeySecret": "top-secret" },
  "codeSource": { "codeSourceId": "code-1", "mountPath": "/code", "defaultBranch": "main" },
  "mounts": [
    { "name": "data", "uri": "oss://b/", "mountPath": "/data", "mountAccess": "ReadOnly" },
    { "name": "out", "uri": "nas://x/", "mountPath": "/out", "mountAccess": "ReadWrite" },
  ],
  // agreed upon
  "limits": { "maxRunningJobs": 3, "maxGPU": 8 },
  "profiles": {
    // one GPU
    "default": {
      "jobType": "PyTorchJob",
      "jobSpecs": [
        {
          "type": "Worker",
          "podCount": 1, // enough
          "image": "i:1",
          "imageConfig": { "username": "me", "password": "registry-pw" },
          "resourceConfig": { "CPU": "8", "GPU": "1", "memory": "32Gi" },
        },
      ],
    },
    "big": {
      "jobType": "PyTorchJob",
      "jobSpecs": [{ "type": "Worker", "podCount": 2, "image": "i:1", "resourceConfig": { "CPU": "16", "GPU": "2", "memory": "64Gi" } }],
    },
  },
}
"#;

/// Our own file beside it.
const OWN: &str = r#"{
  // slowly
  "api": { "burst": 5 },
  "profiles": {
    "default": { "envs": { "HF_TOKEN": "hf-of-the-profile", "MODE": "a" }, "jobMaxRunningTimeMinutes": 60 },
    "big": { "dataSources": [{ "uri": "oss://c/", "mountAccess": "ReadOnly" }], "priority": 5, "jobMaxRunningTimeMinutes": 120 },
  },
}
"#;

/// A folder with settings.
struct Folder {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl Folder {
    /// With these files.
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        }
        let path = folder.path().join("settings.json");
        Self { folder, path }
    }

    /// With both files.
    fn both() -> Self {
        Self::new(&[("settings.json", SETTINGS), ("pai.json", OWN)])
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.at(name)).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn editor(&self, actor: Actor) -> Editor<'_> {
        Editor {
            path: &self.path,
            env: &|_| None,
            actor,
            sizes: &unknown,
            expect: None,
            write: true,
        }
    }

    fn person(&self) -> Editor<'_> {
        self.editor(Actor::Person)
    }

    fn tool(&self) -> Editor<'_> {
        self.editor(Actor::Tool)
    }

    fn load(&self) -> config::Settings {
        config::load(&self.path, &|_| None).unwrap()
    }

    /// Nothing at all was written.
    #[track_caller]
    fn is_untouched(&self) {
        assert_eq!(self.text("settings.json"), SETTINGS);
        assert_eq!(self.text("pai.json"), OWN);
        assert_eq!(self.names(), ["pai.json", "settings.json"]);
    }
}

fn unknown(_: &str) -> Option<Resources> {
    None
}

/// Paths that are set to these values, or removed where there is none.
fn updates<'a>(paths: impl IntoIterator<Item = (&'a str, Option<Value>)>) -> Updates {
    Updates {
        profile: None,
        paths: paths
            .into_iter()
            .map(|(path, value)| (path.to_owned(), value.map_or(Update::Remove, Update::Set)))
            .collect(),
    }
}

fn set(path: &str, value: Value) -> Updates {
    updates([(path, Some(value))])
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}
