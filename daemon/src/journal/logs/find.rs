//! Which lines match. Control sequences of terminals are not seen.

use rusqlite::{Connection, params};

use super::{
    StoreError,
    block::{self, Block},
    read, sql,
};
use crate::{
    model::{Pattern, plain, redact::Redactor},
    sys::turns::Turns,
};

/// A line that matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogMatch {
    /// Its number.
    pub number: u64,
    /// Where the first match lies, in bytes of the plain text (see [`crate::model::plain`]).
    pub range: std::ops::Range<usize>,
}

/// What is looked for.
pub(super) struct What {
    pub(super) pattern: Pattern,
    /// Most matches.
    pub(super) max: usize,
    /// Lines match as they are told: what a pattern finds must tell no more than the line does.
    pub(super) mask: Option<Redactor>,
}

/// The lines after the first number, up to the second one, that match.
pub(super) fn between(
    view: &Connection,
    stream: i64,
    (after, to): (u64, u64),
    what: &What,
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
        && found.len() < what.max
    {
        turns.next();
        let first = row.get::<_, i64>(0)?.unsigned_abs();
        let packed = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        let block = block::unpack(first, packed)?;
        in_block(&block, (after, to), what, &mut found);
        last = first + block.len() as u64 - 1;
    }
    if found.len() < what.max && last < to {
        let open = Block::of(&read::tail_after(view, stream, last)?);
        in_block(&open, (after, to), what, &mut found);
    }
    Ok(found)
}

/// A line as it is told where secrets are masked: without control sequences, since a secret with colours in it is none.
pub(super) fn masked(line: &[u8], mask: &Redactor) -> Vec<u8> {
    let text = plain(line);
    mask.text(&String::from_utf8_lossy(&text)).into_bytes()
}

/// Appends the matches of a block whose numbers lie after the first bound and not after the second.
fn in_block(block: &Block, (after, to): (u64, u64), what: &What, found: &mut Vec<LogMatch>) {
    let place_after = |number: u64| {
        let place = (number + 1).saturating_sub(block.first);
        usize::try_from(place)
            .unwrap_or(usize::MAX)
            .min(block.len())
    };
    let (mut place, end) = (place_after(after), place_after(to));
    let is_secret = what.mask.as_ref().filter(|mask| {
        let text = String::from_utf8_lossy(&block.text);
        mask.text(&text) != text
    });
    // Over all lines at once where nothing hides between the letters.
    let at_once = is_secret.is_none() && !block.text.contains(&0x1b);
    while place < end && found.len() < what.max {
        if at_once {
            let from = block.range(place).start;
            match what.pattern.candidate(&block.text, from) {
                Some(byte) => place = block.place_of(byte),
                None => return,
            }
        }
        if place >= end {
            return;
        }
        let line = block.text.get(block.range(place)).unwrap_or_default();
        let range = match &what.mask {
            Some(mask) if !at_once => what.pattern.find(&masked(line, mask)),
            _ => what.pattern.find(line),
        };
        if let Some(range) = range {
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
            let what = What {
                pattern: pattern.clone(),
                max: usize::MAX,
                mask: None,
            };
            in_block(&block(&texts), (after, to), &what, &mut found);
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

    #[test]
    fn where_secrets_are_masked_lines_match_as_they_are_told() {
        let key = format!("LTAI{}", "x1".repeat(8));
        let texts = [
            format!("key {key}"),
            format!("key \x1b[1m{key}"),
            "key none".into(),
        ]
        .map(String::into_bytes);
        let numbers = |pattern: &str, mask: Option<Redactor>| {
            let what = What {
                pattern: Pattern::new(pattern, false).unwrap(),
                max: 9,
                mask,
            };
            let mut found = Vec::new();
            in_block(&block(&texts), (0, 99), &what, &mut found);
            found.iter().map(|found| found.number).collect::<Vec<_>>()
        };
        let mask = || Some(Redactor::default());
        assert_eq!(numbers("LTAIx1", None), [11, 12]);
        assert!(numbers("LTAIx1", mask()).is_empty());
        assert!(numbers("LTAI(x|y)|nothing", mask()).is_empty());
        assert_eq!(numbers("^key", mask()), [11, 12, 13]);
        assert_eq!(numbers("none", mask()), [13]);
    }
}
