//! The schema of both files says what reading says.

use std::collections::BTreeSet;

use boon::{Compiler, Draft, SchemaIndex, Schemas};
use serde::{Deserializer, de::Error as _};
use serde_json::Value;

use super::*;
use crate::config::{
    keys::{Key, Kind, OWN, SETTINGS},
    own::{Api, List, Logs},
    raw::{Raw, RawCredentials, RawDefaults, RawLimits, RawOwn, RawSimple},
    schema::{File, json_schema},
};

/// The names of the fields that serde reads.
fn read_by<T: serde::de::DeserializeOwned>() -> BTreeSet<String> {
    struct Probe<'a>(&'a mut BTreeSet<String>);

    impl<'de> Deserializer<'de> for Probe<'_> {
        type Error = serde::de::value::Error;

        fn deserialize_struct<V: serde::de::Visitor<'de>>(
            self,
            _name: &'static str,
            fields: &'static [&'static str],
            _visitor: V,
        ) -> Result<V::Value, Self::Error> {
            self.0.extend(fields.iter().map(|&field| field.to_owned()));
            Err(Self::Error::custom("seen"))
        }

        fn deserialize_any<V: serde::de::Visitor<'de>>(
            self,
            _: V,
        ) -> Result<V::Value, Self::Error> {
            Err(Self::Error::custom("no struct"))
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    let mut found = BTreeSet::new();
    let _seen = T::deserialize(Probe(&mut found));
    assert!(!found.is_empty());
    found
}

fn table(of: &'static [Key], path: &[&str]) -> &'static [Key] {
    path.iter().fold(of, |table, name| {
        table
            .iter()
            .find(|key| key.name == *name)
            .unwrap()
            .kind
            .table()
    })
}

#[test]
fn every_key_that_is_read_stands_in_the_tables() {
    for (read, keys, only_told) in [
        (read_by::<Raw>(), table(SETTINGS, &[]), &[][..]),
        (
            read_by::<RawCredentials>(),
            table(SETTINGS, &["credentials"]),
            &[],
        ),
        (read_by::<RawLimits>(), table(SETTINGS, &["limits"]), &[]),
        (
            read_by::<RawDefaults>(),
            table(SETTINGS, &["jobDefaults"]),
            &["displayNamePrefix"],
        ),
        (
            read_by::<RawSimple>(),
            table(SETTINGS, &["jobDefaults", "simple"]),
            &[],
        ),
        (
            read_by::<CodeSource>(),
            table(SETTINGS, &["codeSource"]),
            &[],
        ),
        (
            read_by::<Mount>(),
            table(SETTINGS, &["mounts"]),
            &["description"],
        ),
        (read_by::<RawOwn>(), table(OWN, &[]), &["policy"]),
        (read_by::<Api>(), table(OWN, &["api"]), &[]),
        (read_by::<List>(), table(OWN, &["list"]), &[]),
        (read_by::<Logs>(), table(OWN, &["logs"]), &[]),
    ] {
        let known: BTreeSet<_> = keys
            .iter()
            .map(|key| key.name.to_owned())
            .filter(|name| !only_told.contains(&name.as_str()))
            .collect();
        assert_eq!(read, known);
    }
}

#[test]
fn every_key_of_the_tables_stands_in_the_schema_with_a_description() {
    fn look(keys: &[Key], schema: &Value) {
        for key in keys {
            let property = &schema["properties"][key.name];
            let is_told = property["description"]
                .as_str()
                .is_some_and(|text| text.ends_with(['.', '…']));
            assert!(is_told, "{}: {property}", key.name);
            if let Some(default) = key.default {
                assert_eq!(
                    property["default"],
                    serde_json::from_str::<Value>(default).unwrap()
                );
            }
            match key.kind {
                Kind::Object(below) => look(below, property),
                Kind::List(below) => look(below, &property["items"]),
                Kind::Named(below) => look(below, &property["additionalProperties"]),
                Kind::TextOr(below) => look(below, &property["anyOf"][1]),
                _ => {}
            }
        }
    }
    look(SETTINGS, &json_schema(File::Settings));
    let own = json_schema(File::Own);
    look(OWN, &own);
    let limits = own["properties"]["limits"]["properties"]
        .as_object()
        .unwrap();
    assert_eq!(
        limits.keys().collect::<Vec<_>>(),
        [
            "maxCPU",
            "maxGPU",
            "maxGPUHoursPerDay",
            "maxRunMinutes",
            "maxRunningJobs"
        ]
    );
}

struct Checker {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Checker {
    fn new(file: File) -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.set_default_draft(Draft::V2020_12);
        compiler
            .add_resource("file:///schema.json", json_schema(file))
            .unwrap();
        let index = compiler
            .compile("file:///schema.json", &mut schemas)
            .unwrap();
        Self { schemas, index }
    }

    fn fits(&self, text: &str) -> bool {
        let value = file::parse(Path::new("/x"), text).unwrap();
        self.schemas
            .validate(&Value::Object(value), self.index)
            .is_ok()
    }
}

#[test]
fn the_schema_of_the_settings_takes_and_refuses_what_reading_does() {
    let checker = Checker::new(File::Settings);
    assert!(checker.fits(OLD) && checker.fits(NEW));
    for (from, to, is_good) in [
        (r#""version": "0.5.0","#, "", true),
        (
            r#""limits": {"#,
            r#""colour": 1, "limits": { "maxTPU": 1,"#,
            true,
        ),
        (
            r#""limits": { "maxRunningJobs": 3, "maxGPU": 8 },"#,
            r#""limits": null,"#,
            true,
        ),
        (
            r#""maxGPU": 8"#,
            r#""maxGPU": null, "maxRunMinutes": 1, "maxGPUHoursPerDay": 0.5"#,
            true,
        ),
        (r#""maxGPU": 8"#, r#""maxGPU": 0.5"#, false),
        (r#""maxGPU": 8"#, r#""maxRunMinutes": 0"#, false),
        (r#""maxGPU": 8"#, r#""maxGPUHoursPerDay": -1"#, false),
        (
            r#""maxRunningJobs": 3"#,
            r#""maxRunningJobs": 4294967296"#,
            false,
        ),
        (r#""projectPrefix": "me","#, "", false),
        (
            r#""projectPrefix": "me""#,
            r#""projectPrefix": "a b""#,
            false,
        ),
        (
            r#""projectPrefix": "me""#,
            r#""projectPrefix": null"#,
            false,
        ),
        (r#""workspaceId": "1""#, r#""workspaceId": " ""#, false),
        (r#""resourceId": "quota1""#, r#""resourceId": null"#, true),
        (r#""resourceId": "quota1""#, r#""resourceId": 1"#, false),
        (
            r#""mountAccess": "ReadWrite""#,
            r#""mountAccess": "RO""#,
            true,
        ),
        (
            r#""mountAccess": "ReadWrite""#,
            r#""mountAccess": "Sometimes""#,
            false,
        ),
        (r#""name": "out", "#, "", false),
        (r#""mounts": [{"#, r#""mounts": null, "x": [{"#, false),
        (r#""default": {"#, r#""standard": {"#, false),
        (
            r#""default": {"#,
            r#""default": { "priority": null, "envs": { "A": 1 }, "Priority": 4,"#,
            true,
        ),
        (r#""default": {"#, r#""default": { "priority": 10,"#, false),
        (
            r#""default": {"#,
            r#""default": { "envs": { "A": [] },"#,
            false,
        ),
        (
            r#""default": {"#,
            r#""default": { "dataSources": [{ "mountAccess": "x" }],"#,
            false,
        ),
        (
            r#""jobSpecs": [{ "type": "Worker", "podCount": 2, "image": "i" }]"#,
            r#""jobSpecs": []"#,
            false,
        ),
        (
            r#""jobSpecs": [{ "type": "Worker", "podCount": 2, "image": "i" }]"#,
            r#""jobSpecs": ["x"]"#,
            false,
        ),
        (r#""limits": {"#, r#""endpoint": null, "limits": {"#, true),
        (
            r#""limits": {"#,
            r#""endpoint": { "dlc": "http://127.0.0.1:1", "sts": null }, "limits": {"#,
            true,
        ),
        (r#""limits": {"#, r#""endpoint": 7, "limits": {"#, false),
        (r#""accessKeyId": "LTAI-test", "#, "", false),
        (
            r#""accessKeyId": "LTAI-test""#,
            r#""accessKeyId": """#,
            false,
        ),
        (
            r#""securityToken": "sts-token""#,
            r#""securityToken": null"#,
            true,
        ),
    ] {
        assert!(NEW.contains(from), "{from}");
        let text = NEW.replacen(from, to, 1);
        assert_eq!(load_text(&text).is_ok(), is_good, "reading {to}");
        assert_eq!(checker.fits(&text), is_good, "the schema at {to}");
    }
}

#[test]
fn the_schema_of_our_own_file_takes_and_refuses_what_reading_does() {
    let checker = Checker::new(File::Own);
    for (text, is_good) in [
        ("{}", true),
        (
            r#"{ "colour": 1, "endpoint": null, "limits": null, "profiles": null }"#,
            true,
        ),
        (
            r#"{ "api": { "callsPerSecond": 0.1, "burst": 1000 }, "list": { "endedDays": 1 }, "logs": { "lag": null } }"#,
            true,
        ),
        (r#"{ "api": null }"#, false),
        (r#"{ "api": { "callsPerSecond": 0 } }"#, false),
        (r#"{ "api": { "burst": 1001 } }"#, false),
        (r#"{ "list": { "endedDays": 3651 } }"#, false),
        (r#"{ "logs": { "lag": 601 } }"#, false),
        (r#"{ "limits": { "maxRunMinutes": 1.5 } }"#, false),
        (r#"{ "profiles": { "default": { "priority": 1 } } }"#, true),
        (
            r#"{ "profiles": { "default": { "jobSpecs": [] } } }"#,
            false,
        ),
        (
            r#"{ "profiles": { "default": { "thirdpartyLibs": "x" } } }"#,
            false,
        ),
        (r#"{ "policy": {} }"#, true),
        (
            r#"{ "policy": { "tools": { "change": ["profiles"], "caps": { "maxGPU": 0.5, "maxMemory": "1Gi" }, "overrides": ["gpu"],
            "calls": [] } } }"#,
            true,
        ),
        (r#"{ "policy": null }"#, false),
        (r#"{ "policy": { "tool": {} } }"#, false),
        (
            r#"{ "policy": { "tools": { "caps": { "maxGpu": 1 } } } }"#,
            false,
        ),
        (
            r#"{ "policy": { "tools": { "caps": { "maxPriority": 10 } } } }"#,
            false,
        ),
        (
            r#"{ "policy": { "tools": { "calls": ["destroy"] } } }"#,
            false,
        ),
    ] {
        let files = write(NEW, 0o600);
        std::fs::write(files.path.with_file_name("pai.json"), text).unwrap();
        let read = load(&files.path, &no_env);
        // A slip in the policy closes everything to tools, and stops nothing else.
        let is_well = read.as_ref().is_ok_and(|read| read.policy.closed.is_none());
        assert_eq!(is_well, is_good, "reading {text}: {:?}", read.err());
        assert_eq!(checker.fits(text), is_good, "the schema at {text}");
    }
}
