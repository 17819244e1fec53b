//! Getting into conversation, in both eras, without any daemon.

use serde_json::{Value, json};

use super::{
    fake::Served,
    peer::{Peer, modern_meta},
};
use crate::answer::SIZE_MAX;

/// Every schema, wherever it stands.
fn each_schema(schema: &Value, look: &mut impl FnMut(&Value)) {
    look(schema);
    match schema {
        Value::Object(keys) => keys.values().for_each(|value| each_schema(value, look)),
        Value::Array(values) => values.iter().for_each(|value| each_schema(value, look)),
        _ => {}
    }
}

#[tokio::test]
async fn the_tools_are_these() {
    let nobody = Served::nobody();
    let mut peer = Peer::open(nobody.env()).await;
    let listed = peer.ask("tools/list", json!({})).await;
    let again = peer.ask("tools/list", json!({})).await;
    assert_eq!(listed["result"], again["result"]);
    insta::with_settings!({sort_maps => true}, {
        insta::assert_json_snapshot!(listed["result"]);
    });
    assert!(
        listed.to_string().len() <= SIZE_MAX,
        "{}",
        listed.to_string().len()
    );

    let tools = listed["result"]["tools"].as_array().unwrap();
    assert_eq!(tools.len(), 8);
    for tool in tools {
        let name = &tool["name"];
        assert!(tool["title"].is_string(), "{name}");
        assert!(tool.get("outputSchema").is_none(), "{name}");
        let hints = &tool["annotations"];
        assert!(hints["readOnlyHint"].is_boolean(), "{name}");
        assert!(hints["openWorldHint"].is_boolean(), "{name}");
        if hints["readOnlyHint"] == false {
            assert!(hints["destructiveHint"].is_boolean(), "{name}");
            assert!(hints["idempotentHint"].is_boolean(), "{name}");
        }
        each_schema(&tool["inputSchema"], &mut |schema| {
            for key in ["format", "$ref", "$defs", "anyOf", "oneOf", "nullable"] {
                assert!(schema.get(key).is_none(), "{key} in {name}: {schema}");
            }
            assert!(
                !schema["type"].is_array() && *schema != "null",
                "{name}: {schema}"
            );
        });
        assert_eq!(tool["inputSchema"]["type"], "object", "{name}");
        assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{name}");
    }
}

#[tokio::test]
async fn every_version_with_a_handshake_is_spoken() {
    let nobody = Served::nobody();
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut peer = Peer::start(nobody.env());
        let answer = peer.shake_hands(version).await;
        assert_eq!(answer["result"]["protocolVersion"], version);
        assert_eq!(answer["result"]["serverInfo"]["name"], "pai-mcp");
        assert!(answer["result"]["instructions"].is_string());
        let listed = peer.ask("tools/list", json!({})).await;
        assert!(
            listed["result"].get("ttlMs").is_none(),
            "it knows no such key"
        );
        assert_eq!(peer.finish().await, Vec::<Value>::new());
    }
}

#[tokio::test]
async fn the_version_without_a_handshake_is_spoken() {
    let nobody = Served::nobody();
    let mut peer = Peer::start(nobody.env());
    let found = peer
        .ask("server/discover", json!({"_meta": modern_meta()}))
        .await;
    let found = &found["result"];
    assert!(
        found["supportedVersions"]
            .as_array()
            .unwrap()
            .contains(&json!("2026-07-28"))
    );
    assert!(found["instructions"].is_string());
    assert!(found["ttlMs"].as_u64().unwrap() > 0);
    let listed = peer
        .ask("tools/list", json!({"_meta": modern_meta()}))
        .await;
    assert_eq!(listed["result"]["tools"].as_array().unwrap().len(), 8);
    assert!(listed["result"]["ttlMs"].as_u64().unwrap() > 0);
    let params = json!({"name": "pai_config", "arguments": {}, "_meta": modern_meta()});
    let called = peer.ask("tools/call", params).await;
    assert_eq!(called["result"]["resultType"], "complete", "{called}");
    peer.finish().await;
}

#[tokio::test]
async fn a_client_that_only_looks_is_a_regular_end() {
    let nobody = Served::nobody();
    let mut peer = Peer::start(nobody.env());
    peer.ask("server/discover", json!({"_meta": modern_meta()}))
        .await;
    assert_eq!(peer.finish().await, Vec::<Value>::new());
    assert_eq!(
        Peer::start(nobody.env()).finish().await,
        Vec::<Value>::new()
    );
}

#[tokio::test]
async fn a_probe_that_is_cancelled_leaves_the_way_open() {
    let nobody = Served::nobody();
    let mut peer = Peer::start(nobody.env());
    let id = peer
        .request("server/discover", json!({"_meta": modern_meta()}))
        .await;
    peer.notify("notifications/cancelled", json!({"requestId": id}))
        .await;
    peer.answer(id).await;
    let answer = peer.shake_hands("2025-06-18").await;
    assert_eq!(answer["result"]["protocolVersion"], "2025-06-18");
    let listed = peer.ask("tools/list", json!({})).await;
    assert!(listed["result"]["tools"].is_array());
    peer.finish().await;
}
