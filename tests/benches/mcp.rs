//! `pai-mcp`: from the spawn to the answer to `initialize`, its memory with a live connection to the daemon, and its size.
//!
//! `cargo bench -p pai-tests --bench mcp`

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::time::Instant;

use pai_tests::{Mcp, World, bench, programs::programs};
use serde_json::json;

const RUNS: usize = 200;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let world = World::new().await;
    let mut times = Vec::with_capacity(RUNS);
    // No daemon: the handshake must not need one.
    for _ in 0..RUNS {
        let began = Instant::now();
        let mut mcp = Mcp::start(&world);
        mcp.shake_hands().await;
        times.push(began.elapsed());
        mcp.close();
        mcp.ended().await;
    }
    times.sort_unstable();
    println!(
        "spawn to the answer to initialize: p50 {:.2} ms, p99 {:.2} ms, fastest {:.2} ms ({RUNS} runs)",
        bench::ms(bench::quantile(&times, 0.50)),
        bench::ms(bench::quantile(&times, 0.99)),
        bench::ms(times[0]),
    );

    let _daemon = world.daemon().await;
    let mut mcp = Mcp::open(&world).await;
    let resident = |mcp: &Mcp| bench::resident_mb(mcp.pid().as_raw_nonzero().get());
    println!("resident after the handshake: {:.1} MB", resident(&mcp));
    mcp.call("pai_job_list", json!({})).await;
    println!(
        "resident with a connection to the daemon: {:.1} MB",
        resident(&mcp)
    );
    let submitted = mcp
        .call(
            "pai_job_submit",
            json!({"name": "bench", "command": "true"}),
        )
        .await;
    let id = submitted.record()["job_id"].clone();
    mcp.call("pai_job_wait", json!({"job_ids": [id]})).await;
    println!(
        "resident after a submit and a wait: {:.1} MB",
        resident(&mcp)
    );
    let size = std::fs::metadata(&programs().mcp)
        .expect("the program is there")
        .len();
    println!("the stripped program: {:.2} MB", size as f64 / 1e6);
}
