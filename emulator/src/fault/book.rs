//! Which rules strike a call: the only place that uses up counts and rolls dice.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::{FaultKind, FaultRule};

/// What shall happen to one call.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Decision {
    /// Milliseconds to wait before the effect.
    pub(crate) delay_ms: u64,
    /// Milliseconds to wait between effect and answer.
    pub(crate) delay_after_ms: u64,
    /// Replaces every job status in the answer.
    pub(crate) status: Option<String>,
    /// The rule that breaks the call.
    pub(crate) broken_by: Option<FaultRule>,
}

/// The rules in force. Delays and status texts add up; of the others the first that strikes wins.
#[derive(Debug)]
pub(crate) struct FaultBook {
    rules: Vec<(u64, FaultRule)>,
    next_id: u64,
    dice: StdRng,
}

impl FaultBook {
    pub(crate) fn new(rules: Vec<FaultRule>, seed: Option<u64>) -> Self {
        let seed = seed.unwrap_or_else(rand::random);
        let mut book = Self {
            rules: Vec::new(),
            next_id: 1,
            dice: StdRng::seed_from_u64(seed),
        };
        for rule in rules {
            book.add(rule);
        }
        book
    }

    pub(crate) fn add(&mut self, rule: FaultRule) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.rules.push((id, rule));
        id
    }

    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.rules.len();
        self.rules.retain(|(each, _)| *each != id);
        self.rules.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    pub(crate) fn rules(&self) -> &[(u64, FaultRule)] {
        &self.rules
    }

    pub(crate) fn decide(&mut self, operation: &str) -> Decision {
        let mut decision = Decision::default();
        for (_, rule) in &mut self.rules {
            let breaks = !matches!(rule.fault, FaultKind::Slow | FaultKind::UnknownStatus);
            let spent = rule.count == Some(0) || (breaks && decision.broken_by.is_some());
            if spent || !rule.concerns(operation) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            if rule
                .probability
                .is_some_and(|p| !self.dice.random_bool(p.clamp(0.0, 1.0)))
            {
                continue;
            }
            rule.count = rule.count.map(|count| count.saturating_sub(1));
            match rule.fault {
                FaultKind::Slow if rule.after => {
                    decision.delay_after_ms += rule.delay_ms.unwrap_or(1000);
                }
                FaultKind::Slow => decision.delay_ms += rule.delay_ms.unwrap_or(1000),
                FaultKind::UnknownStatus => {
                    let text = rule.status.clone();
                    decision.status = Some(text.unwrap_or_else(|| "Hibernating".to_owned()));
                }
                _ => decision.broken_by = Some(rule.clone()),
            }
        }
        self.rules.retain(|(_, rule)| rule.count != Some(0));
        decision
    }
}
