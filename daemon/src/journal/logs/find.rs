//! Which lines match. Control sequences of terminals are not seen.

use rusqlite::{Connection, params};

use super::{
    StoreError,
    block::{self, Block},
    masked::{self, Masked},
    read, sql, stream,
};
use crate::{
    model::{Pattern, redact::Redactor},
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

/// What a search of a log found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct LogFound {
    /// In order.
    pub matches: Vec<LogMatch>,
    /// So many lines cannot be read: their chunks are damaged.
    pub unread: u64,
}

/// What is looked for.
pub(super) struct What {
    pub(super) pattern: Pattern,
    /// Most matches.
    pub(super) max: usize,
    /// Lines match as they are told: what a pattern finds must tell no more than the line does.
    pub(super) mask: Option<Redactor>,
}

/// The lines after the first number, up to the second one, that match. A chunk that cannot be read is passed over.
pub(super) fn between(
    view: &Connection,
    stream: i64,
    (after, to): (u64, u64),
    what: &What,
) -> Result<LogFound, StoreError> {
    let before = after.saturating_sub(masked::lines_before(what.mask.as_ref()));
    let is_cut = stream::is_cut(view, stream, before)?;
    let masked = what.mask.clone().map(Masked::new);
    let mut search = Search {
        bounds: (after, to),
        what,
        masked: masked.map(|masked| masked.cut(is_cut)),
        found: LogFound::default(),
    };
    let mut chunks = view.prepare_cached(
        "SELECT first, last, lines FROM chunk WHERE stream = ?1 AND last > ?2 AND first <= ?3
           AND first >= coalesce((SELECT max(first) FROM chunk WHERE stream = ?1 AND first <= ?2 + 1), 0)
         ORDER BY first",
    )?;
    let mut rows = chunks.query(params![stream, sql(before), sql(to)])?;
    let (mut turns, mut last) = (Turns::large(), before);
    while let Some(row) = rows.next()?
        && !search.is_over()
    {
        turns.next();
        let first = row.get::<_, i64>(0)?.unsigned_abs();
        last = row.get::<_, i64>(1)?.unsigned_abs();
        let packed = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
        match block::unpack(first, packed) {
            Ok(block) => search.block(&block),
            Err(error) => {
                tracing::error!(%error, stream, first, last, "stored lines cannot be searched");
                search.found.unread += last.min(to).saturating_sub(after.max(first - 1));
                search.masked = search.masked.map(|masked| masked.cut(true));
            }
        }
    }
    if !search.is_over() && last < to {
        search.block(&Block::of(&read::tail_after(view, stream, last)?));
    }
    Ok(search.found)
}

/// Goes through the blocks of one log.
struct Search<'a> {
    /// Numbers after the first and not after the second.
    bounds: (u64, u64),
    what: &'a What,
    /// As it is at the beginning of the next block.
    masked: Option<Masked>,
    found: LogFound,
}

impl Search<'_> {
    fn is_over(&self) -> bool {
        self.found.matches.len() >= self.what.max
    }

    /// Appends the matches of the next block.
    fn block(&mut self, block: &Block) {
        let place_after = |number: u64| {
            let place = (number + 1).saturating_sub(block.first);
            usize::try_from(place)
                .unwrap_or(usize::MAX)
                .min(block.len())
        };
        let (from, end) = (place_after(self.bounds.0), place_after(self.bounds.1));
        let is_clean = self
            .masked
            .as_ref()
            .is_none_or(|masked| from == end || masked.is_clean(block));
        // Over all lines at once where nothing hides between the letters.
        if is_clean && !block.text.contains(&0x1b) {
            self.at_once(block, from, end);
        } else {
            self.line_by_line(block, from, end);
        }
        self.masked = self
            .masked
            .take()
            .map(|masked| masked.behind(block, block.len()));
    }

    fn at_once(&mut self, block: &Block, from: usize, end: usize) {
        let mut place = from;
        while place < end && !self.is_over() {
            let from = block.range(place).start;
            match self.what.pattern.candidate(&block.text, from) {
                Some(byte) => place = block.place_of(byte),
                None => return,
            }
            if place >= end {
                return;
            }
            let line = block.text.get(block.range(place)).unwrap_or_default();
            self.take(block, place, self.what.pattern.find(line));
            place += 1;
        }
    }

    fn line_by_line(&mut self, block: &Block, from: usize, end: usize) {
        let mut masked = self
            .masked
            .as_ref()
            .map(|masked| masked.behind(block, from));
        for place in from..end {
            if self.is_over() {
                return;
            }
            let line = block.text.get(block.range(place)).unwrap_or_default();
            let range = match &mut masked {
                Some(masked) => self.what.pattern.find(&masked.line(line)),
                None => self.what.pattern.find(line),
            };
            self.take(block, place, range);
        }
    }

    fn take(&mut self, block: &Block, place: usize, range: Option<std::ops::Range<usize>>) {
        let number = block.first + place as u64;
        self.found
            .matches
            .extend(range.map(|range| LogMatch { number, range }));
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

    fn search(
        block: &Block,
        bounds: (u64, u64),
        pattern: Pattern,
        mask: Option<Redactor>,
    ) -> Vec<LogMatch> {
        let what = What {
            pattern,
            max: usize::MAX,
            mask: mask.clone(),
        };
        let mut search = Search {
            bounds,
            what: &what,
            masked: mask.map(Masked::new),
            found: LogFound::default(),
        };
        search.block(block);
        search.found.matches
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
            let found = search(&block(&texts), (after, to), pattern.clone(), None);
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
            format!("key {}\u{200b}{}", &key[..9], &key[9..]),
        ]
        .map(String::into_bytes);
        let numbers = |pattern: &str, mask: Option<Redactor>| {
            let pattern = Pattern::new(pattern, false).unwrap();
            let found = search(&block(&texts), (0, 99), pattern, mask);
            found.iter().map(|found| found.number).collect::<Vec<_>>()
        };
        let mask = || Some(Redactor::default());
        assert_eq!(numbers("LTAIx1", None), [11, 12, 14]);
        assert!(numbers("LTAIx1", mask()).is_empty());
        assert!(numbers("LTAI(x|y)|nothing", mask()).is_empty());
        assert_eq!(numbers("^key", mask()), [11, 12, 13, 14]);
        assert!(numbers("x1x1", mask()).is_empty(), "not in a part of it");
        assert_eq!(numbers("none", mask()), [13]);
    }

    /// Alone, so that nothing else makes the block be gone through line by line.
    #[test]
    fn a_bearer_in_a_block_of_plain_lines_is_found_by_no_pattern() {
        for line in [
            "using Bearer zzzyyyxxx111222333",
            "bearer\tzzzyyyxxx111222333",
        ] {
            let texts = ["step 1", line, "step 2"].map(|text| text.as_bytes().to_vec());
            let count = |pattern: &str, mask: Option<Redactor>| {
                let pattern = Pattern::new(pattern, false).unwrap();
                search(&block(&texts), (0, 99), pattern, mask).len()
            };
            let mask = || Some(Redactor::default());
            assert_eq!(count("zzzyyyxxx111222333", None), 1);
            assert_eq!(count("zzzyyyxxx111222333", mask()), 0, "{line}");
            assert_eq!(count("earer.\\[redacted\\]$", mask()), 1, "{line}");
            assert_eq!(count("^step", mask()), 2);
        }
    }
}
