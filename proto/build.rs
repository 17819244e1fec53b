//! Compiles `pai/v1/*.proto` with protox, so that nobody needs `protoc`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files = [
        "pai/v1/error.proto",
        "pai/v1/job.proto",
        "pai/v1/jobs.proto",
        "pai/v1/logs.proto",
        "pai/v1/daemon.proto",
        "pai/v1/config.proto",
    ];
    println!("cargo::rerun-if-changed=pai");
    let descriptors = protox::compile(files, ["."])?;
    // A frame waits in the queue of each stream: its place there is to be small.
    tonic_prost_build::configure()
        .boxed(".pai.v1.WaitJobsResponse.frame.change")
        .boxed(".pai.v1.WatchJobsResponse.frame.change")
        .boxed(".pai.v1.FollowLogsResponse.frame.job_ended")
        // A call that a server does not know is UNIMPLEMENTED, as an older daemon's answer.
        .generate_default_stubs(true)
        // In the order of their keys, wherever they are shown.
        .btree_map(".pai.v1")
        .extern_path(".pai.v1.Change", "crate::change::Change")
        .extern_path(".pai.v1.JobChunk", "crate::chunk::JobChunk")
        .compile_fds(descriptors)?;
    Ok(())
}
