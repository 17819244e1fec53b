//! The settings of the local cloud. Its endpoint and key are new at each start; everything else is the person's.

use std::{io::ErrorKind, path::Path};

use serde_json::{Map, Value, json};

use crate::{emulator::Access, error::CliError, private};

/// The settings that are there; nothing where there are none.
///
/// # Errors
/// When they cannot be read as plain JSON: what a person wrote is not thrown away.
pub(super) fn read(path: &Path) -> Result<Option<Map<String, Value>>, CliError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(CliError::io(
                format!("cannot read {}", path.display()),
                error,
            ));
        }
    };
    let at = |line, column| {
        format!(
            "{} is no plain JSON at line {line}, column {column}",
            path.display()
        )
    };
    match serde_json::from_str(&text) {
        Ok(Value::Object(map)) => Ok(Some(map)),
        Ok(_) => Err(unreadable(format!("{} is no JSON object", path.display()))),
        Err(error) => Err(unreadable(at(error.line(), error.column()))),
    }
}

/// Writes them.
///
/// # Errors
/// When the system refuses.
pub(super) fn write(
    path: &Path,
    there: Option<Map<String, Value>>,
    access: &Access,
) -> Result<(), CliError> {
    let settings = Value::Object(merged(there.clone(), access));
    if there.map(Value::Object).as_ref() == Some(&settings) {
        return Ok(());
    }
    private::replace(path, &format!("{settings:#}\n"))
        .map_err(|error| CliError::io(format!("cannot write {}", path.display()), error))
}

fn unreadable(message: String) -> CliError {
    CliError::other(
        message,
        "mend it (comments are not kept here), or move it away for new settings",
    )
}

/// What is there, with this endpoint, key and workspace.
fn merged(there: Option<Map<String, Value>>, access: &Access) -> Map<String, Value> {
    let mut settings = there.unwrap_or_else(fresh);
    settings.insert("endpoint".into(), access.endpoint.clone().into());
    settings.insert("workspaceId".into(), workspace(access).into());
    let key = json!({
        "accessKeyId": access.access_key_id,
        "accessKeySecret": access.access_key_secret,
    });
    settings.insert("credentials".into(), key);
    settings
}

fn workspace(access: &Access) -> &str {
    match access.workspace_id.as_str() {
        "" => "emulator",
        id => id,
    }
}

fn fresh() -> Map<String, Value> {
    let profile = |pods: u32, gpus: &str| {
        json!({
            "jobType": "PyTorchJob",
            "jobSpecs": [{
                "type": "Worker",
                "podCount": pods,
                "image": "local",
                "resourceConfig": { "CPU": "1", "memory": "1Gi", "GPU": gpus },
            }],
        })
    };
    let settings = json!({
        "version": "0.5.0",
        "projectPrefix": "local",
        "regionId": "local",
        // A quota, without which the cloud takes no priority.
        "resourceId": "quota-local",
        "mounts": [],
        "limits": { "maxRunningJobs": 4 },
        "profiles": {
            "default": profile(1, "0"),
            "pair": profile(2, "0"),
            "gpu": profile(1, "1"),
        },
    });
    match settings {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::folder::Folder;

    fn access(port: u16) -> Access {
        Access {
            endpoint: format!("http://127.0.0.1:{port}"),
            access_key_id: format!("id-{port}"),
            access_key_secret: "secret".into(),
            workspace_id: "emulator".into(),
            pid: 7,
        }
    }

    #[test]
    fn new_settings_have_three_profiles() {
        insta::assert_snapshot!(format!("{:#}", Value::Object(merged(None, &access(4000)))));
    }

    #[test]
    fn what_a_person_wrote_stays_and_the_way_to_the_cloud_is_new() {
        let folder = Folder::create(&std::env::temp_dir()).unwrap();
        let path = folder.settings();
        assert_eq!(read(&path).unwrap(), None);
        write(&path, None, &access(1)).unwrap();
        let mut there = read(&path).unwrap().unwrap();
        there.insert("limits".into(), json!({ "maxRunningJobs": 9 }));
        there.insert("projectPrefix".into(), "mine".into());
        write(&path, Some(there), &access(2)).unwrap();
        let now = read(&path).unwrap().unwrap();
        assert_eq!(now["limits"]["maxRunningJobs"], 9);
        assert_eq!(now["projectPrefix"], "mine");
        assert_eq!(now["endpoint"], "http://127.0.0.1:2");
        assert_eq!(now["credentials"]["accessKeyId"], "id-2");
        folder.remove().unwrap();
    }

    #[test]
    fn what_cannot_be_read_is_refused_without_a_word_of_it() {
        let folder = Folder::create(&std::env::temp_dir()).unwrap();
        let path = folder.settings();
        for text in ["{\n// S3CRET\n}", "[\"S3CRET\"]", "S3CRET", ""] {
            std::fs::write(&path, text).unwrap();
            let error = read(&path).unwrap_err();
            let told = format!("{error} {}", error.hint());
            assert!(told.contains("settings.json"), "{told}");
            assert!(!told.contains("S3CRET"), "{told}");
        }
        folder.remove().unwrap();
    }
}
