//! A network with one hidden layer and its gradient, written out by hand.
//!
//! Weights lie in one vector: per hidden unit its input weights, bias and output weight, then the
//! output bias. A gradient has the same shape.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sha2::{Digest as _, Sha256};

use super::data::Samples;

const HIDDEN: usize = 24;
/// Two inputs, bias, output weight.
const PER_UNIT: usize = 4;

/// Two inputs, [`HIDDEN`] tanh units, one logistic output.
#[derive(Clone, Debug)]
pub(super) struct Network {
    weights: Vec<f64>,
}

impl Network {
    /// Small random weights; the same seed makes the same.
    pub(super) fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed ^ 0x5eed);
        let weights = (0..HIDDEN * PER_UNIT + 1).map(|_| rng.random_range(-1.0..1.0));
        Self {
            weights: weights.collect(),
        }
    }

    pub(super) fn weights(&self) -> &[f64] {
        &self.weights
    }

    pub(super) fn weights_mut(&mut self) -> impl Iterator<Item = &mut f64> {
        self.weights.iter_mut()
    }

    /// Cross entropy and its gradient, both summed over the samples, not averaged.
    pub(super) fn loss_and_gradient(&self, samples: &Samples) -> (f64, Vec<f64>) {
        let (units, output_bias) = self.weights.split_at(HIDDEN * PER_UNIT);
        let mut gradient = vec![0.0; self.weights.len()];
        let mut loss = 0.0;
        let mut hidden = [0.0; HIDDEN];
        for ([x, y], label) in &samples.points {
            let mut logit = output_bias[0];
            for (value, unit) in hidden.iter_mut().zip(units.chunks_exact(PER_UNIT)) {
                *value = (unit[0] * x + unit[1] * y + unit[2]).tanh();
                logit += unit[3] * *value;
            }
            // ln(1 + e^logit) - label * logit, without overflow.
            loss += logit.max(0.0) + (-logit.abs()).exp().ln_1p() - label * logit;
            let error = 1.0 / (1.0 + (-logit).exp()) - label;
            let slopes = gradient.chunks_exact_mut(PER_UNIT);
            for ((value, unit), slope) in
                hidden.iter().zip(units.chunks_exact(PER_UNIT)).zip(slopes)
            {
                let back = error * unit[3] * (1.0 - value * value);
                slope[0] += back * x;
                slope[1] += back * y;
                slope[2] += back;
                slope[3] += error * value;
            }
            gradient[HIDDEN * PER_UNIT] += error;
        }
        (loss, gradient)
    }

    /// SHA-256 of the weights' bytes, in hex.
    pub(super) fn checksum(&self) -> String {
        let bytes: Vec<u8> = self
            .weights
            .iter()
            .flat_map(|weight| weight.to_le_bytes())
            .collect();
        hex::encode(Sha256::digest(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_is_the_slope_of_the_loss() {
        let samples = Samples::generate(1, 20);
        let network = Network::new(1);
        let (_, gradient) = network.loss_and_gradient(&samples);
        let step = 1e-6;
        for (index, slope) in gradient.iter().enumerate() {
            let loss = |shift: f64| {
                let mut moved = network.clone();
                moved.weights[index] += shift;
                moved.loss_and_gradient(&samples).0
            };
            let measured = (loss(step) - loss(-step)) / (2.0 * step);
            assert!(
                (measured - slope).abs() < 1e-5,
                "weight {index}: {measured} {slope}"
            );
        }
    }
}
