//! Which lines are shown for the matches of a search: each with its neighbours, none twice. Pure.

use crate::journal::LogMatch;

/// Lines of a log that belong together.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// Number of the first one.
    pub(super) from: u64,
    /// Number of the last one.
    pub(super) to: u64,
    /// Those that match.
    pub(super) matches: Vec<LogMatch>,
}

/// Groups of matches that are in order, in a log whose lines go from `first` to `last`. What touches is one group.
pub(super) fn groups(
    matches: Vec<LogMatch>,
    before: u64,
    after: u64,
    first: u64,
    last: u64,
) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for found in matches {
        let from = found.number.saturating_sub(before).max(first);
        let to = found.number.saturating_add(after).min(last);
        match groups.last_mut().filter(|group| from <= group.to + 1) {
            Some(group) => {
                group.to = to;
                group.matches.push(found);
            }
            None => groups.push(Group {
                from,
                to,
                matches: vec![found],
            }),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(numbers: &[u64], before: u64, after: u64) -> Vec<(u64, u64, usize)> {
        let found = |number: &u64| LogMatch {
            number: *number,
            range: 0..1,
        };
        let groups = groups(numbers.iter().map(found).collect(), before, after, 3, 100);
        groups
            .iter()
            .map(|group| (group.from, group.to, group.matches.len()))
            .collect()
    }

    #[test]
    fn neighbours_are_shown_once_and_stay_within_the_log() {
        assert!(ranges(&[], 2, 2).is_empty());
        assert_eq!(ranges(&[10, 20], 0, 0), [(10, 10, 1), (20, 20, 1)]);
        assert_eq!(ranges(&[10, 11], 0, 0), [(10, 11, 2)]);
        assert_eq!(ranges(&[10, 14], 1, 2), [(9, 16, 2)]);
        assert_eq!(ranges(&[10, 15], 1, 2), [(9, 12, 1), (14, 17, 1)]);
        assert_eq!(ranges(&[4, 99], 5, 5), [(3, 9, 1), (94, 100, 1)]);
    }
}
