//! A small training that really learns, spread over processes as PyTorch's data parallelism is.
//!
//! Every rank holds the same weights and its own share of the samples. In each step the ranks add
//! up their gradients over TCP (`allreduce`) and make the same update, so all end with bit-equal
//! weights; the checksum in the last line shows it. The loss falls because the network learns.

mod allreduce;
mod data;
mod model;

use std::io;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use allreduce::Peers;
use data::Samples;
use model::Network;

pub use allreduce::Rendezvous;

/// Samples over all ranks.
const SAMPLES: usize = 4096;
const MOMENTUM: f64 = 0.9;

/// What to train, as which of how many.
#[derive(Clone, Debug)]
pub struct Training {
    /// Updates to make.
    pub steps: u32,
    /// How long all steps together last at least.
    pub duration: Duration,
    /// Seed of the data and of the first weights; the same on all ranks.
    pub seed: u64,
    /// Learning rate of the first step; it falls to a tenth in a half cosine.
    pub learning_rate: f64,
    /// Where the ranks meet.
    pub rendezvous: Rendezvous,
}

/// How it went.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Mean loss over all samples of all ranks, before each step's update.
    pub losses: Vec<f64>,
    /// SHA-256 of the final weights, in hex; equal on all ranks.
    pub checksum: String,
}

/// Trains to the end, telling `say` a line per step.
pub async fn train(training: &Training, mut say: impl FnMut(&str)) -> io::Result<Outcome> {
    let Rendezvous {
        rank, world_size, ..
    } = training.rendezvous;
    let mut network = Network::new(training.seed);
    let samples = Samples::generate(training.seed, SAMPLES).shard(rank, world_size);
    say(&format!(
        "rank {rank}/{world_size}: {} of {SAMPLES} samples, {} weights",
        samples.len(),
        network.weights().len()
    ));
    let mut peers = Peers::join(&training.rendezvous).await?;
    let mut losses = Vec::new();
    let mut velocity = vec![0.0; network.weights().len()];
    let start = Instant::now();
    for step in 1..=training.steps {
        let computing = Instant::now();
        // The loss travels behind the gradient, so that one exchange does for both.
        let (loss, mut sums) = network.loss_and_gradient(&samples);
        sums.push(loss);
        let mut sums = peers.add_up(step, sums).await?;
        let loss = sums.pop().unwrap_or(f64::NAN) / count(SAMPLES);
        let learning_rate = scheduled(training.learning_rate, step, training.steps);
        for ((weight, speed), sum) in network.weights_mut().zip(&mut velocity).zip(&sums) {
            *speed = MOMENTUM * *speed - learning_rate * sum / count(SAMPLES);
            *weight += *speed;
        }
        let rate = count(samples.len()) / computing.elapsed().as_secs_f64().max(1e-9);
        say(&format!(
            "step {step}/{} loss {loss:.4} lr {learning_rate:.4} samples/s {rate:.0}",
            training.steps
        ));
        losses.push(loss);
        sleep_until(
            start
                + training
                    .duration
                    .mul_f64(f64::from(step) / f64::from(training.steps)),
        )
        .await;
    }
    let checksum = network.checksum();
    say(&format!(
        "done: {} steps, weights sha256 {checksum}",
        training.steps
    ));
    Ok(Outcome { losses, checksum })
}

fn scheduled(first: f64, step: u32, steps: u32) -> f64 {
    let done = f64::from(step - 1) / f64::from(steps);
    first * (0.1 + 0.9 * (1.0 + (std::f64::consts::PI * done).cos()) / 2.0)
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
