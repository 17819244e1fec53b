//! Searching a long log, and what that costs those who wait for something else.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, stream};
use pai_tests::bench;
use paid::{
    journal::{LogMatch, LogStore},
    model::Pattern,
};

use super::{
    store::{Filled, LINES},
    table::{Budget, list, median, row},
    waiting,
};

const RUNS: usize = 5;
/// Lines of a piece, and pieces at the same time.
const PIECE: usize = 32_768;
const AT_ONCE: usize = 2;
/// Matches that are wanted.
const MOST: usize = 10_000;
const BUDGET: Budget = Budget::AtMost(300.0, "ms");
/// With and without searches in turns.
const ROUNDS: usize = 6;

/// What is searched, whether in any case, how many matches there are, and how many are wanted.
const SEARCHES: [(&str, bool, usize, usize); 7] = [
    ("step 777776/", false, 1, MOST),
    ("Traceback|NaN|OutOfMemory|AssertionError", false, 10, MOST),
    (r"loss[ =:]+\d+\.\d{5}", false, 0, MOST),
    ("cuda OUT of memory", true, 10, MOST),
    ("no such words", false, 0, MOST),
    (r"loss[ =:]+\d+\.\d{4}", false, MOST, MOST),
    (r"loss[ =:]+\d+\.\d{4}", false, LINES - 10, usize::MAX),
];

pub(crate) async fn run(filled: &Filled) {
    let logs = filled.journal.logs();
    for (text, ignore_case, matches, most) in SEARCHES {
        let mut times = Vec::new();
        for _ in 0..RUNS {
            let pattern = Pattern::new(text, ignore_case).expect("a pattern");
            let began = Instant::now();
            let found = search(logs, filled.stream.id, pattern, most).await;
            times.push(bench::ms(began.elapsed()));
            assert_eq!(found.len(), matches, "{text}");
        }
        let any = if ignore_case { " in any case" } else { "" };
        // A bar would end the cell.
        let shown = text.replace('|', "\\|");
        let (what, budget) = match most {
            MOST => (
                format!("`{shown}`{any} over {LINES} lines: {matches} matches"),
                BUDGET,
            ),
            _ => (
                format!("`{shown}` over {LINES} lines, all {matches} matches"),
                Budget::None,
            ),
        };
        let measured = format!("{:.0} ms ({})", median(times.clone()), list(&times, 0));
        row(&what, &measured, median(times), &budget);
    }
    delay(filled).await;
}

async fn search(logs: &LogStore, id: i64, pattern: Pattern, most: usize) -> Vec<LogMatch> {
    let pieces = (0..LINES).step_by(PIECE).map(|from| {
        let range = (from as u64, (from + PIECE) as u64);
        logs.find(id, range, pattern.clone(), most, None)
    });
    let mut pieces = stream::iter(pieces).buffered(AT_ONCE);
    let mut found = Vec::new();
    while let Some(piece) = pieces.next().await {
        found.extend(piece.expect("the store can be read").matches);
        if found.len() >= most {
            found.truncate(most);
            break;
        }
    }
    found
}

/// One client that waits for a change of a job, while nothing else goes on and while one search follows the other.
async fn delay(filled: &Filled) {
    let mut waiting = waiting::Waiting::start(filled).await;
    let (mut calm, mut busy, mut searches) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        calm.push(waiting.round().await);
        let load = Load::start(filled);
        // The first search is to be under way.
        tokio::time::sleep(Duration::from_millis(20)).await;
        busy.push(waiting.round().await);
        searches = load.stop();
    }
    let calm = waiting::quieter(calm);
    let busy = waiting::quieter(busy);
    row(
        "a change to 1 waiting client, nothing else going on",
        &calm.to_string(),
        0.0,
        &Budget::None,
    );
    row(
        "the same while one search follows the other",
        &format!(
            "{busy}; {searches} searches in the last round; {:.2} ms later than without at p99",
            busy.p99 - calm.p99
        ),
        busy.p99 - calm.p99,
        &Budget::AtMost(5.0, "ms later"),
    );
}

/// Searches on a thread of their own, as many as there is time for.
struct Load {
    end: Arc<AtomicBool>,
    searches: Arc<AtomicU64>,
}

impl Load {
    fn start(filled: &Filled) -> Self {
        let load = Self {
            end: Arc::default(),
            searches: Arc::default(),
        };
        let (end, searches) = (Arc::clone(&load.end), Arc::clone(&load.searches));
        let (journal, id) = (filled.journal.clone(), filled.stream.id);
        std::thread::spawn(move || {
            bench::block_on(async {
                while !end.load(Ordering::SeqCst) {
                    for (text, ignore_case, _, most) in &SEARCHES[..5] {
                        let pattern = Pattern::new(text, *ignore_case).expect("a pattern");
                        search(journal.logs(), id, pattern, *most).await;
                        searches.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        });
        load
    }

    fn stop(self) -> u64 {
        self.end.store(true, Ordering::SeqCst);
        self.searches.load(Ordering::SeqCst)
    }
}
