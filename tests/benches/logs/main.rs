//! What logs cost: storing them, their size, finding the last lines, searching, a hundred pods at once, and how long a new line is
//! on its way to the screen.
//!
//! `cargo bench -p pai-tests --bench logs`, with some of `ingest`, `read`, `pods` and `screen` behind `--` for these alone. The
//! figures are medians over the runs of one start, and each line says what is asked for: the table is that of
//! `docs/BENCHMARKS.md`.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

mod cloud;
mod find;
mod ingest;
mod last;
mod pods;
mod screen;
mod store;
mod table;
mod text;
mod waiting;

use pai_tests::bench;

fn main() {
    let only: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| arg != "--bench")
        .collect();
    let asked = |name: &str| only.is_empty() || only.iter().any(|one| one == name);
    table::head();
    bench::block_on(async {
        if asked("ingest") {
            ingest::run().await;
        }
        if asked("read") {
            let filled = store::filled().await;
            last::inside(&filled).await;
            find::run(&filled).await;
            last::processes(filled).await;
        }
        if asked("pods") {
            pods::run().await;
        }
        if asked("screen") {
            screen::run().await;
        }
    });
}
