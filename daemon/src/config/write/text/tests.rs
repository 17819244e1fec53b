//! Whatever stood there can become anything else, and comments stay.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn read(text: &str) -> Map<String, Value> {
    parse_to_serde_value(text, &FORM).unwrap()
}

fn change(text: &str, change: impl FnOnce(&mut Value)) -> String {
    let before = read(text);
    let mut after = Value::Object(before.clone());
    change(&mut after);
    rewritten(text, &before, after.as_object().unwrap()).unwrap()
}

const COMMENTED: &str = r#"// The team's settings
{
  "projectPrefix": "me", // everybody has their own
  /* limits:
     agreed upon */
  "limits": { "maxRunningJobs": 3, "maxGPU": 8 }, // per person
  "mounts": [
    // the data
    { "name": "data", "mountAccess": "ReadWrite" },
    // the results
    { "name": "out", "mountAccess": "ReadWrite" }, // big
    // the cache
    { "name": "cache", "mountAccess": "ReadWrite" },
  ],
  "profiles": {
    // one GPU
    "default": {
      "jobType": "PyTorchJob", // as ever
      "jobSpecs": [{ "type": "Worker", "podCount": 1 /* enough */, "image": "i" }],
    },
    // many
    "big": { "jobType": "PyTorchJob", "jobSpecs": [{ "podCount": 8 }] },
  },
}
"#;

#[test]
fn comments_and_form_stay() {
    let text = change(COMMENTED, |value| {
        value["limits"]["maxGPU"] = 4.into();
        value["mounts"][1]["mountAccess"] = "ReadOnly".into();
        value["profiles"]["default"]["jobSpecs"][0]["podCount"] = 2.into();
        value["profiles"]["new"] = json!({"jobType": "TFJob", "jobSpecs": [{"podCount": 1}]});
        value["codeSource"] = json!({"codeSourceId": "c", "tags": ["a", "b"]});
    });
    insta::assert_snapshot!(text, @r#"
    // The team's settings
    {
      "projectPrefix": "me", // everybody has their own
      /* limits:
         agreed upon */
      "limits": { "maxRunningJobs": 3, "maxGPU": 4 }, // per person
      "mounts": [
        // the data
        { "name": "data", "mountAccess": "ReadWrite" },
        // the results
        { "name": "out", "mountAccess": "ReadOnly" }, // big
        // the cache
        { "name": "cache", "mountAccess": "ReadWrite" },
      ],
      "profiles": {
        // one GPU
        "default": {
          "jobType": "PyTorchJob", // as ever
          "jobSpecs": [{ "type": "Worker", "podCount": 2 /* enough */, "image": "i" }],
        },
        // many
        "big": { "jobType": "PyTorchJob", "jobSpecs": [{ "podCount": 8 }] },
        "new": {
          "jobSpecs": [
            {
              "podCount": 1,
            },
          ],
          "jobType": "TFJob",
        },
      },
      "codeSource": {
        "codeSourceId": "c",
        "tags": ["a", "b"],
      },
    }
    "#);
}

#[test]
fn what_is_removed_takes_its_line_and_no_comment_beside_it() {
    let text = change(COMMENTED, |value| {
        value["mounts"].as_array_mut().unwrap().remove(0);
        value["profiles"].as_object_mut().unwrap().remove("big");
        value["limits"].as_object_mut().unwrap().remove("maxGPU");
    });
    insta::assert_snapshot!(text, @r#"
    // The team's settings
    {
      "projectPrefix": "me", // everybody has their own
      /* limits:
         agreed upon */
      "limits": { "maxRunningJobs": 3 }, // per person
      "mounts": [
        // the data
        // the results
        { "name": "out", "mountAccess": "ReadWrite" }, // big
        // the cache
        { "name": "cache", "mountAccess": "ReadWrite" },
      ],
      "profiles": {
        // one GPU
        "default": {
          "jobType": "PyTorchJob", // as ever
          "jobSpecs": [{ "type": "Worker", "podCount": 1 /* enough */, "image": "i" }],
        },
        // many
      },
    }
    "#);
}

#[test]
fn line_ends_and_a_file_in_one_line_stay_what_they_are() {
    let text = change("{\r\n\t\"a\": 1,\r\n\t\"b\": {}\r\n}\r\n", |value| {
        value["c"] = json!([1, {"d": 2}])
    });
    assert!(!text.replace("\r\n", "").contains('\n'), "{text:?}");
    assert_eq!(
        change("{\"a\":1,\"b\":2}", |value| value["a"] = 3.into()),
        "{\"a\":3,\"b\":2}"
    );
}

#[test]
fn of_a_key_that_stands_there_twice_the_last_one_counts() {
    assert_eq!(
        change(r#"{"a": 1, "a": 2}"#, |value| value["a"] = 3.into()),
        r#"{"a": 1, "a": 3}"#
    );
    let text = change(r#"{"a": 1, "b": 1, "a": 2}"#, |value| {
        value.as_object_mut().unwrap().remove("a");
    });
    assert_eq!(read(&text), read(r#"{"b": 1}"#));
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>()
            .prop_filter("finite", |n| n.is_finite())
            .prop_map(Value::from),
        "[a\"\\\\/\n\u{e9}\u{1f600}\u{7}]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            any_map(inner).prop_map(Value::Object),
        ]
    })
}

fn any_map(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::btree_map("[ab\"\\\\ .]{0,2}", value, 0..4)
        .prop_map(|map| map.into_iter().collect())
}

/// Writes a value with comments and blanks wherever they may stand.
fn scribble(value: &Value, noise: &mut dyn Iterator<Item = usize>, out: &mut String) {
    const NOISE: &[&str] = &[
        "",
        " ",
        "\n",
        "\n  ",
        "/* c */",
        " // c\n",
        "\r\n\t",
        "\n// c\n  // d\n",
    ];
    let mut blank = |out: &mut String| {
        let n = noise.next().unwrap_or(0);
        out.push_str(NOISE[n % NOISE.len()]);
        n
    };
    blank(out);
    match value {
        Value::Array(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                scribble(item, noise, out);
                if n + 1 < items.len() || noise.next().unwrap_or(0).is_multiple_of(3) {
                    out.push(',');
                }
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (n, (name, item)) in map.iter().enumerate() {
                scribble(&Value::from(name.as_str()), noise, out);
                out.push(':');
                scribble(item, noise, out);
                if n + 1 < map.len() || noise.next().unwrap_or(0).is_multiple_of(3) {
                    out.push(',');
                }
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
    let n = noise.next().unwrap_or(0);
    out.push_str(NOISE[n % NOISE.len()]);
}

proptest! {
    #[test]
    fn whatever_stood_there_can_become_anything_else(
        before in any_map(any_value()), after in any_map(any_value()),
        noise in prop::collection::vec(0..24_usize, 0..64)
    ) {
        let mut text = String::new();
        scribble(&before.clone().into(), &mut noise.iter().copied().cycle(), &mut text);
        prop_assert_eq!(read(&text), before.clone());
        let written = rewritten(&text, &before, &after);
        prop_assert_eq!(written.map(|written| read(&written)), Some(after));
    }
}
