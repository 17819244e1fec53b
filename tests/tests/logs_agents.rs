//! What agents read of logs: what is left out is counted.

use pai_proto::v1;
use pai_tests::{World, world::profile};
use serde_json::json;

async fn world(pods: u32) -> World {
    World::with(|plan| {
        let mut profile = profile(json!({"CPU": "1", "memory": "1Gi", "GPU": "0"}));
        profile["jobSpecs"][0]["podCount"] = json!(pods);
        plan.settings = json!({"profiles": {"default": profile}});
        plan.own = json!({"api": {"callsPerSecond": 100, "burst": 1000}, "logs": {"lag": 0.2, "keep": "none"}});
    })
    .await
}

fn ask(id: &str) -> v1::ReadLogTextRequest {
    v1::ReadLogTextRequest {
        id: id.into(),
        ..v1::ReadLogTextRequest::default()
    }
}

/// What lies before the tail is told, also where the tail comes in several frames.
#[tokio::test]
async fn an_agent_is_told_how_much_was_left_out() {
    let world = world(1).await;
    let _daemon = world.daemon().await;
    let client = world.client().await;
    // Lines of a hundred bytes.
    let id = world.submit("train", "seq -f 'step %090g' 1 4000").await;
    world.paictl(&["wait", &id]).await;
    let read = client.read_log_text(ask(&id)).await.unwrap();
    assert_eq!(read.shown + read.left_out, 4_000, "{}", read.header);
}
