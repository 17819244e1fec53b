//! A daemon whose store has a job with a million lines.

use std::time::Duration;

use pai_tests::{Inside, World, bench};
use paid::{
    journal::Journal,
    model::{Job, LogStream, Phase, Pod, Replica},
    sys::Clock,
};

use super::{
    ingest::{batch, begin},
    text,
};

pub(crate) const LINES: usize = 1_000_000;
pub(crate) const JOB: &str = "job-logs";
const BATCH: usize = 5_000;
/// It ended so long ago.
const AGO: Duration = Duration::from_secs(7_200);

/// The daemon, in this process.
pub(crate) struct Filled {
    pub(crate) world: World,
    pub(crate) inside: Inside,
    pub(crate) journal: Journal,
    pub(crate) context: i64,
    pub(crate) stream: LogStream,
}

/// The log is complete: nothing of it is asked of the cloud.
pub(crate) async fn filled() -> Filled {
    let world = World::new().await;
    let inside = world.inside_now().await;
    let journal = inside.edge().journal.clone();
    let scope = &inside
        .edge()
        .contexts
        .get(None)
        .await
        .expect("a context")
        .scope;
    let context = scope.context;
    let (mut job, pod) = job();
    let put = journal.write(move |tx| {
        tx.put_job(context, &mut job, Vec::new())?;
        tx.put_pods(&job.uid, &[pod])
    });
    put.await.expect("the store can be written");
    let stream = begin(&journal, JOB).await;
    let logs = journal.logs();
    for (second, lines) in (1_795_000_000..).zip(text::trainer(LINES).chunks(BATCH)) {
        let committed = logs.commit(stream, batch(lines, second)).await;
        committed.expect("the store can be written");
    }
    logs.complete(vec![stream]).await.expect("the store");
    logs.ask(JOB, |asked| asked.closed = true)
        .await
        .expect("the store");
    let stream = logs.streams(JOB).await.expect("the store").remove(0);
    assert_eq!(stream.last, LINES as u64);
    Filled {
        world,
        inside,
        journal,
        context,
        stream,
    }
}

fn job() -> (Job, Pod) {
    let ago = i64::try_from(AGO.as_millis()).unwrap_or(0);
    let ended_ms = Clock::System.wall_ms() - ago;
    let mut job = bench::job(JOB, Phase::Succeeded);
    job.created_ms = Some(ended_ms - ago);
    job.running_ms = job.created_ms;
    job.ended_ms = Some(ended_ms);
    job.observed_ms = ended_ms;
    job.replicas = vec![Replica {
        role: "Worker".into(),
        count: 1,
        ..Replica::default()
    }];
    let pod = Pod {
        pod_id: "dlc1-worker-0".into(),
        pod_uid: "uid-0".into(),
        role: "Worker".into(),
        created_ms: job.created_ms,
        ..Pod::default()
    };
    (job, pod)
}
