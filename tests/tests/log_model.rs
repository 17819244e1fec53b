//! The model of the logs: whatever a pod prints, however late it shows, whoever looks when, whatever fails and whenever the
//! daemon dies, the store has what was printed, and says where it may lack something.

mod compare;
mod line;
mod play;
mod script;
mod world;

/// Seeds of every run; more with `PAI_MODEL_SEEDS`: a number of them, or one as `=17`.
const SEEDS: u64 = 6;

#[tokio::test]
async fn what_is_stored_is_what_was_printed() {
    let wish = std::env::var("PAI_MODEL_SEEDS").unwrap_or_default();
    let seeds = match wish.strip_prefix('=') {
        Some(one) => one.parse().map(|one| one..one + 1).unwrap(),
        None => 0..wish.parse().unwrap_or(SEEDS),
    };
    for seed in seeds {
        if let Err(difference) = play::play(seed).await {
            panic!("seed {seed}: {difference}");
        }
    }
}
