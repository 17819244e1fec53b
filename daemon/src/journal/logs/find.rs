//! Which lines match. Control sequences of terminals are not seen.

use rusqlite::{Connection, params};

use super::{
    StoreError,
    block::{self, Block},
    read, sql,
};
use crate::{model::Pattern, sys::turns::Turns};

/// A line that matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogMatch {
    /// Its number.
    pub number: u64,
    /// Where the first match lies, in bytes of the plain text (see [`crate::model::plain`]).
    pub range: std::ops::Range<usize>,
}

/// The lines after number `after`, up to number `to`, that match: at most `max`.
pub(super) fn between(
    view: &Connection,
    stream: i64,
    after: u64,
    to: u64,
    pattern: &Pattern,
    max: usize,
) -> Result<Vec<LogMatch>, StoreError> {
    let mut found = Vec::new();
    let mut chunks = view.prepare_cached(
        "SELECT first, lines FROM chunk WHERE stream = ?1 AND last > ?2 AND first <= ?3
           AND first >= coalesce((SELECT max(first) FROM chunk WHERE stream = ?1 AND first <= ?2 + 1), 0)
         ORDER BY first",
    )?;
    let mut rows = chunks.query(params![stream, sql(after), sql(to)])?;
    let (mut turns, mut last) = (Turns::large(), after);
    while let Some(row) = rows.next()?
        && found.len() < max
    {
        turns.next();
        let first = row.get::<_, i64>(0)?.unsigned_abs();
        let block = block::unpack(
            first,
            row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?,
        )?;
        in_block(&block, (after, to), pattern, max, &mut found);
        last = first + block.len() as u64 - 1;
    }
    if found.len() < max && last < to {
        let open = Block::of(&read::tail_after(view, stream, last)?);
        in_block(&open, (after, to), pattern, max, &mut found);
    }
    Ok(found)
}

/// Appends the matches of a block whose numbers lie after the first bound and not after the second, up to `max` in all.
fn in_block(
    block: &Block,
    (after, to): (u64, u64),
    pattern: &Pattern,
    max: usize,
    found: &mut Vec<LogMatch>,
) {
    let place_after = |number: u64| {
        let place = (number + 1).saturating_sub(block.first);
        usize::try_from(place)
            .unwrap_or(usize::MAX)
            .min(block.len())
    };
    let (mut place, end) = (place_after(after), place_after(to));
    // Over all lines at once where nothing hides between the letters.
    let at_once = !block.text.contains(&0x1b);
    while place < end && found.len() < max {
        if at_once {
            let from = block.range(place).start;
            match pattern.candidate(&block.text, from) {
                Some(byte) => place = block.place_of(byte),
                None => return,
            }
        }
        if place >= end {
            return;
        }
        let line = block.text.get(block.range(place)).unwrap_or_default();
        if let Some(range) = pattern.find(line) {
            found.push(LogMatch {
                number: block.first + place as u64,
                range,
            });
        }
        place += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LogLine;
    use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

    fn block(texts: &[Vec<u8>]) -> Block {
        let lines: Vec<_> = (11..)
            .zip(texts)
            .map(|(number, text)| LogLine {
                number,
                text: text.clone(),
                second: None,
                late: false,
            })
            .collect();
        Block::of(&lines)
    }

    /// What is found over all lines at once is what each line alone says.
    #[test]
    fn a_search_finds_what_each_line_alone_says() {
        let patterns = [
            "a", "^a", "a$", "^$", "a\\s*b", "b\\s", "x*", "a.b", "(?s)a.b", "\\Aa", "a\\z",
            "[^a]", "(?-m:^b)", "\\bb", "\\B", "a|^\\s", "\\n", "b\\s+a",
        ];
        let mut dice = StdRng::seed_from_u64(2);
        for round in 0..4_000 {
            let letters: &[u8] = if round % 4 == 0 {
                b"ab \x1b[0m"
            } else {
                b"ab b"
            };
            let text = |dice: &mut StdRng| {
                let length = dice.random_range(0..4);
                (0..length)
                    .map(|_| letters[dice.random_range(0..letters.len())])
                    .collect()
            };
            let texts: Vec<Vec<u8>> = (0..dice.random_range(0..9))
                .map(|_| text(&mut dice))
                .collect();
            let pattern = Pattern::new(patterns[round % patterns.len()], false).unwrap();
            let (after, to) = (dice.random_range(8..16), dice.random_range(10..22));
            let mut found = Vec::new();
            in_block(
                &block(&texts),
                (after, to),
                &pattern,
                usize::MAX,
                &mut found,
            );
            let expected: Vec<_> = (11..)
                .zip(&texts)
                .filter(|(number, _)| *number > after && *number <= to)
                .filter_map(|(number, text)| {
                    let range = pattern.find(text)?;
                    Some(LogMatch { number, range })
                })
                .collect();
            assert_eq!(found, expected, "{pattern:?} {texts:?}");
        }
    }
}
