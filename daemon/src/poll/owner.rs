//! Whose is a job? Own are the jobs of the key's user under the prefix of the settings, and prefixes may begin alike: of
//! `me` and `me-2` both begin `me-2-train`.
//!
//! A job that was submitted through pai says so by its tag, and the store knows it by its name. For any other the longest
//! prefix that is known at this place and fits owns it.

use crate::{
    journal::{StoreError, Tx},
    model::{Observation, TAG_PREFIX},
    scope::Scope,
};

/// What is known of the prefixes of a place.
#[derive(Debug, Clone)]
pub struct Known {
    context: i64,
    prefix: String,
    /// Contexts of the same place, this one included.
    same: Vec<i64>,
    /// Contexts of other prefixes at this place.
    others: Vec<(i64, String)>,
}

/// Reads it.
///
/// # Errors
/// When the store cannot be read.
pub async fn known(scope: &Scope) -> Result<Known, StoreError> {
    let place = scope.place.clone();
    let contexts = scope.journal.read(|reader| reader.contexts()).await?;
    let (ground, prefix) = split(&place);
    let of_ground = contexts
        .into_iter()
        .filter(|(_, place)| split(place).0 == ground);
    let (same, others): (Vec<_>, Vec<_>) = of_ground.partition(|(_, other)| *other == place);
    Ok(Known {
        context: scope.context,
        prefix: prefix.to_owned(),
        same: same.into_iter().map(|(id, _)| id).collect(),
        others: others
            .into_iter()
            .map(|(id, place)| (id, split(&place).1.to_owned()))
            .collect(),
    })
}

/// Endpoint, region and workspace of a place, and its prefix.
fn split(place: &str) -> (&str, &str) {
    place.rsplit_once(' ').unwrap_or((place, ""))
}

impl Known {
    /// Whether a job of the key's user is one of this prefix. To be asked in the transaction that stores it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn owns(&self, tx: &Tx<'_>, seen: &Observation) -> Result<bool, StoreError> {
        let tagged = seen.tags.as_ref().and_then(|tags| tags.get(TAG_PREFIX));
        if let Some(prefix) = tagged {
            return Ok(*prefix == self.prefix);
        }
        for context in self.same.iter().chain([&self.context]) {
            if tx.has_submitted(*context, &seen.name)? {
                return Ok(true);
            }
        }
        for (context, _) in &self.others {
            if tx.has_submitted(*context, &seen.name)? {
                return Ok(false);
            }
        }
        let others = self.others.iter().map(|(_, prefix)| prefix.as_str());
        Ok(fits_best(&self.prefix, others, &seen.name))
    }
}

/// Whether no longer prefix fits the name. Pure.
fn fits_best<'a>(prefix: &str, others: impl Iterator<Item = &'a str>, name: &str) -> bool {
    let fits = |prefix: &str| {
        let rest = name.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.starts_with('-'))
    };
    let mut others = others;
    fits(prefix) && !others.any(|other| other.len() > prefix.len() && fits(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_that_fits_owns_an_untagged_job() {
        let own = |prefix, others: &[&str], name| fits_best(prefix, others.iter().copied(), name);
        assert!(own("me", &[], "me-train"));
        assert!(own("me", &[], "me-2-train"), "no other prefix is known");
        assert!(!own("me", &["me-2"], "me-2-train"));
        assert!(own("me-2", &["me"], "me-2-train"));
        assert!(own("me", &["me-2"], "me-train"));
        assert!(own("me", &["me-2"], "me-20-train"), "me-2 does not fit");
        assert!(!own("me", &[], "you-train") && !own("me", &[], "me") && !own("me", &[], "mean-x"));
    }

    #[test]
    fn a_place_ends_with_its_prefix() {
        assert_eq!(split("https://h r w me-2"), ("https://h r w", "me-2"));
    }
}
