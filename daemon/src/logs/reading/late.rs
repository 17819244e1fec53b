//! In which seconds late lines were filed.

use std::collections::BTreeMap;

use super::Reading;

/// Calls that one answer's late lines may cost.
const CALLS_MAX: u32 = 16;

impl Reading<'_> {
    /// The second in which the lines at these places of the window from the anchor to `end` were filed, in order: the least one
    /// up to which a window has them. Where the backend leaves the last second of a window out that is one too many. What
    /// cannot be found out in some calls is not after the answer.
    pub(super) async fn filed_at(&mut self, places: &[usize], end: i64) -> Vec<i64> {
        let anchor = self.track.anchor;
        let (mut counts, mut calls) = (BTreeMap::new(), 0);
        let mut seconds = Vec::with_capacity(places.len());
        for place in places {
            let (mut low, mut high) = bounds(&counts, *place, anchor, end);
            while low < high && calls < CALLS_MAX {
                calls += 1;
                let middle = low + (high - low) / 2;
                // A window that cannot be read teaches nothing, and the line is there.
                let Ok(window) = self.fetch(anchor, Some(middle)).await else {
                    calls = CALLS_MAX;
                    break;
                };
                counts.insert(middle, window.lines.len());
                (low, high) = bounds(&counts, *place, anchor, end);
            }
            seconds.push(high);
        }
        seconds
    }
}

/// Between which ends of windows the first one lies that has the line at this place. Pure.
fn bounds(counts: &BTreeMap<i64, usize>, place: usize, anchor: i64, end: i64) -> (i64, i64) {
    let has_it = |count: &usize| *count > place;
    let high = counts
        .iter()
        .find(|(_, count)| has_it(count))
        .map_or(end, |(end, _)| *end);
    let below = counts.range(..high).rev().find(|(_, count)| !has_it(count));
    let low = below.map_or(anchor, |(end, _)| end + 1);
    (low.min(high), high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_window_halves_what_is_left() {
        let counts = BTreeMap::from([(10, 0), (14, 3), (20, 7)]);
        for (place, expected) in [
            (0, (11, 14)),
            (2, (11, 14)),
            (3, (15, 20)),
            (6, (15, 20)),
            (7, (21, 40)),
        ] {
            assert_eq!(bounds(&counts, place, 5, 40), expected, "{place}");
        }
        assert_eq!(bounds(&BTreeMap::new(), 0, 5, 40), (5, 40));
        assert_eq!(bounds(&BTreeMap::new(), 0, 5, 5), (5, 5));
    }
}
