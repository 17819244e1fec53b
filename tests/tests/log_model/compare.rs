//! Whether what is stored of a log is what was printed. Pure.

use std::collections::{BTreeMap, BTreeSet};

use paid::model::LogLine;

use super::script::{MOST, Printed};

/// What there is of one log, printed and stored.
#[derive(Debug, Default)]
pub(crate) struct Sides {
    /// In the cloud's order.
    pub(crate) printed: Vec<Printed>,
    /// The segments in their order.
    pub(crate) stored: Vec<Vec<LogLine>>,
    /// Seconds of which the cloud did not give out everything.
    pub(crate) withheld: BTreeSet<i64>,
    /// Spans of seconds of which the store says that lines may be missing.
    pub(crate) gaps: Vec<(i64, i64)>,
    /// No call failed: each late line's very second can be found out.
    pub(crate) is_calm: bool,
}

type Texts<'a> = BTreeMap<i64, Vec<&'a str>>;

/// The first thing that is not as it should be.
pub(crate) fn difference(sides: &Sides) -> Result<(), String> {
    gaps(sides)?;
    numbers(sides)?;
    texts(sides)?;
    marks(sides)?;
    sides
        .stored
        .iter()
        .try_for_each(|segment| seconds(segment, sides.is_calm))
}

fn gaps(sides: &Sides) -> Result<(), String> {
    let mut told: Vec<_> = sides
        .gaps
        .iter()
        .flat_map(|(from, to)| *from..=*to)
        .collect();
    told.sort_unstable();
    let withheld: Vec<_> = sides.withheld.iter().copied().collect();
    fail_unless(told == withheld, || {
        format!("gaps {told:?}, and withheld was {withheld:?}")
    })
}

fn numbers(sides: &Sides) -> Result<(), String> {
    let count = |segment: &Vec<LogLine>| {
        segment
            .iter()
            .map(|line| line.number)
            .eq(1..=segment.len() as u64)
    };
    fail_unless(sides.stored.iter().all(count), || {
        "numbers do not count".into()
    })
}

/// Each second has its lines, and where none was late they are in order.
fn texts(sides: &Sides) -> Result<(), String> {
    let mut printed = Texts::new();
    for line in &sides.printed {
        printed.entry(line.second()).or_default().push(&line.text);
    }
    let mut stored = Texts::new();
    for line in sides.stored.iter().flatten() {
        let text = text(line);
        stored.entry(second_in(text)).or_default().push(text);
    }
    let late = sides.printed.iter().filter(|line| line.is_late);
    let with_late: BTreeSet<_> = late.map(Printed::second).collect();
    let seconds: BTreeSet<_> = printed.keys().chain(stored.keys()).copied().collect();
    for second in seconds {
        let mut printed = printed.remove(&second).unwrap_or_default();
        let mut stored = stored.remove(&second).unwrap_or_default();
        let (is_withheld, has_late) = (
            sides.withheld.contains(&second),
            with_late.contains(&second),
        );
        if has_late {
            printed.sort_unstable();
            stored.sort_unstable();
        }
        let is_right = match is_withheld {
            true => stored.len() >= MOST && is_part(&stored, &printed),
            false => stored == printed,
        };
        fail_unless(is_right, || {
            format!(
                "second {second} (withheld: {is_withheld}, with late lines: {has_late}): {} lines were printed, {} stored: \
                 {:?} {:?}",
                printed.len(),
                stored.len(),
                &printed[..printed.len().min(20)],
                &stored[..stored.len().min(20)],
            )
        })?;
    }
    Ok(())
}

/// Whether these are some of those, in their order.
fn is_part(some: &[&str], all: &[&str]) -> bool {
    let mut all = all.iter();
    some.iter().all(|line| all.any(|other| other == line))
}

/// What stands out of order has the mark, and what has the mark came late.
fn marks(sides: &Sides) -> Result<(), String> {
    let late = sides.printed.iter().filter(|line| line.is_late);
    let late: BTreeSet<_> = late.map(Printed::second).collect();
    for segment in &sides.stored {
        let mut newest = i64::MIN;
        for line in segment {
            let (text, number) = (text(line), line.number);
            let second = second_in(text);
            fail_unless(line.late || second >= newest, || {
                format!("line {number}, {text:?}, is out of order, and not marked")
            })?;
            fail_unless(!line.late || late.contains(&second), || {
                format!("line {number}, {text:?}, is marked, and nothing of its second was late")
            })?;
            newest = newest.max(second);
        }
    }
    Ok(())
}

/// No line is said to have been filed before it was. Of late lines that were found at once the first one's second is exact.
fn seconds(segment: &[LogLine], is_calm: bool) -> Result<(), String> {
    for (place, line) in segment.iter().enumerate() {
        let (second, number) = (second_in(text(line)), line.number);
        let told = line.second.unwrap_or(i64::MAX);
        let is_first = place == 0 || !segment[place - 1].late;
        let is_right = match is_calm && line.late && is_first {
            true => told == second,
            false => told >= second,
        };
        fail_unless(is_right, || {
            format!("line {number} of second {second} is said to be of {told}")
        })?;
    }
    Ok(())
}

fn text(line: &LogLine) -> &str {
    std::str::from_utf8(&line.text).unwrap_or_default()
}

fn second_in(text: &str) -> i64 {
    let second = text
        .split(' ')
        .next()
        .and_then(|second| second.parse().ok());
    second.unwrap_or(i64::MIN)
}

fn fail_unless(is_right: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    match is_right {
        true => Ok(()),
        false => Err(what()),
    }
}
