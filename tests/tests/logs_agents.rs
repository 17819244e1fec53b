//! What agents read of logs: what is left out is counted, and what is stored is shown whatever happens.

use pai_proto::v1;
use pai_tests::{Gate, Mcp, World, until::within, wire::refusal, world::profile};
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

/// The cloud fails: what is stored is shown, with the fault; a person gets it, too, and the exit code of the fault.
#[tokio::test]
async fn what_is_stored_is_read_while_the_cloud_fails() {
    let world = world(1).await;
    let _daemon = world.daemon().await;
    let client = world.client().await;
    let gate = Gate::new(&world, "end");
    let command = format!("seq -f 'step %g' 1 50; {}; echo over", gate.command());
    let id = world.submit("train", &command).await;
    world
        .paictl(&["wait", "--for", "log:/^step 50$/", &id])
        .await;
    world.fault("GetPodLogs:forbidden");
    // A look that was answered just before serves, too.
    let failing = async {
        loop {
            let read = client.read_log_text(ask(&id)).await.unwrap();
            assert!(read.text.ends_with("step 50"), "{read:?}");
            if read
                .header
                .contains("nothing behind what is stored was read")
            {
                return read;
            }
        }
    };
    let read = within("a word of the fault", failing).await;
    assert!(!read.complete && !read.cursor.is_empty(), "{read:?}");
    let new = v1::ReadLogTextRequest {
        cursor: read.cursor,
        ..ask(&id)
    };
    let fault = refusal(client.read_log_text(new).await);
    assert_eq!(fault.kind(), v1::ErrorKind::Permission, "nothing is new");
    let plain = world.paictl(&["logs", &id]).await;
    assert_eq!(plain.stdout.lines().last(), Some("step 50"), "{plain:?}");
    assert!(plain.code != 0 && !plain.stderr.is_empty(), "{plain:?}");
    gate.open();
}

/// However many pods there are, the answer is one that every client passes on whole, and it ends with the newest line.
#[tokio::test]
async fn an_answer_for_many_pods_fits_with_its_cursor() {
    let world = world(64).await;
    let _daemon = world.daemon().await;
    let mut mcp = Mcp::open(&world).await;
    let id = world
        .submit("train", "seq -f 'step %g of a log' 1 300")
        .await;
    world.paictl(&["wait", &id]).await;
    let read = mcp.call("pai_job_logs", json!({"job_id": id})).await;
    let told = read.text();
    assert!(told.len() <= 8 << 10, "{}", told.len());
    assert!(told.ends_with("step 300 of a log"), "{told}");
    let cursor = told.lines().nth(1).unwrap();
    let cursor = cursor.strip_prefix("[cursor: ").unwrap();
    let cursor = cursor.strip_suffix(']').unwrap();
    let new = json!({"job_id": id, "cursor": cursor});
    let new = mcp.call("pai_job_logs", new).await;
    let header = new.text().lines().next().unwrap();
    assert!(header.contains("no new lines"), "{header}");
}
