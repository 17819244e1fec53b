//! Synthetic samples: points in a plane, labelled by which of two spirals they lie on. No straight
//! line parts them, so a network has something to learn.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::count;

/// Points with their labels, 0 or 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Samples {
    pub(super) points: Vec<([f64; 2], f64)>,
}

impl Samples {
    /// The same seed makes the same samples on every rank.
    pub(super) fn generate(seed: u64, number: usize) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let points = (0..number).map(|index| {
            let label = index % 2;
            let along: f64 = rng.random_range(0.15..1.0);
            let turn = 1.25 * std::f64::consts::PI * along + std::f64::consts::PI * count(label);
            let mut noise = || rng.random_range(-0.08..0.08);
            let point = [along * turn.cos() + noise(), along * turn.sin() + noise()];
            (point, count(label))
        });
        Self {
            points: points.collect(),
        }
    }

    /// The share of one rank: every `world_size`-th sample pair, so that labels stay balanced.
    pub(super) fn shard(&self, rank: u32, world_size: u32) -> Self {
        let mine = |index: usize| (index / 2) % world_size as usize == rank as usize;
        let points = self
            .points
            .iter()
            .enumerate()
            .filter(|(index, _)| mine(*index));
        Self {
            points: points.map(|(_, point)| *point).collect(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.points.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_a_partition() {
        let all = Samples::generate(7, 100);
        assert_eq!(all, Samples::generate(7, 100));
        let sizes: Vec<usize> = (0..3).map(|rank| all.shard(rank, 3).len()).collect();
        assert_eq!(sizes, [34, 34, 32]);
        assert_eq!(all.shard(0, 1), all);
    }
}
