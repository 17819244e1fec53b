//! What is shown of a log: a header, then the newest lines that fit, a section per pod. Pure.

use pai_proto::text;

use super::tail::{Line, Pod, Tail};
use crate::model::Job;

/// Longest header, in bytes.
const HEADER_MAX: usize = 900;
/// Room for its word on what was cut off.
const CUT_MAX: usize = 100;
/// Room for the title of a section beside the name of its pod.
const TITLE: usize = 40;
/// A pod is shown where so many bytes of it find room, or all that it has.
const POD_LEAST: usize = 512;
/// So many names are told, or all where there are few more.
const NAMES: usize = 8;

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// Ids of the pods that failed, the first one first: they are shown before others find room, and last.
    pub(super) failed: &'a [String],
    /// Bytes of header and text together.
    pub(super) max_bytes: usize,
    /// Lines of each pod; `None`: as many as fit.
    pub(super) tail: Option<u64>,
    /// Only lines that match this.
    pub(super) grep: &'a str,
    /// Only what is new since the last answer.
    pub(super) new: bool,
}

/// A page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) header: String,
    pub(super) text: String,
    pub(super) shown: u64,
    pub(super) left_out: u64,
}

/// The whole page.
pub(super) fn of(job: &Job, tail: &Tail, asked: Asked<'_>) -> Page {
    let id = job.native_id.as_deref().unwrap_or(&job.uid);
    let status = match job.status.as_str() {
        "" => job.phase.as_str(),
        status => status,
    };
    let title = format!(
        "{} ({}, {})",
        text::line(id),
        text::line(&job.name),
        text::line(status)
    );
    let pods = tail.pods();
    if pods.is_empty() {
        return Page {
            header: with_remarks(format!("{title}: {}", nothing(job, tail, asked)), tail),
            ..Page::default()
        };
    }
    let head = (HEADER_MAX + CUT_MAX).min(asked.max_bytes / 2);
    let (shown, others) = chosen(&pods, asked.failed, asked.max_bytes - head);
    let titles: usize = match shown.len() {
        1 => 0,
        _ => shown.iter().map(|pod| title_size(pod)).sum(),
    };
    let lines = fitting(&shown, (asked.max_bytes - head).saturating_sub(titles));
    let count: u64 = lines.iter().flatten().map(|line| line.count).sum();
    let left_out: u64 = shown
        .iter()
        .zip(&lines)
        .map(|(pod, lines)| pod.earlier + unfit(pod, lines))
        .sum();
    let mut header = format!("{title}: {}", what(&shown, count, left_out, asked));
    header.push_str(&dropped(&shown));
    header.push_str(&gaps(&shown, &lines));
    if !others.is_empty() {
        header.push_str(&format!("; not shown: {}", names(&others)));
    }
    let mut sections = Vec::new();
    for (pod, lines) in shown.iter().zip(&lines) {
        if shown.len() > 1 {
            let count = lines.iter().map(|line| line.count).sum();
            sections.push(format!("--- {} ({}) ---", pod.name, counted(count)));
        }
        sections.extend(lines.iter().map(|line| line.shown().into_owned()));
    }
    let room = head.saturating_sub(CUT_MAX).max(200);
    Page {
        header: text::cut(&with_remarks(header, tail), room).into_owned(),
        text: sections.join("\n"),
        shown: count,
        left_out,
    }
}

fn nothing(job: &Job, tail: &Tail, asked: Asked<'_>) -> String {
    let is_over = job.has_ended() && !tail.has_more();
    match (asked.grep, asked.new) {
        ("", true) if is_over => "no new lines, and none will come".into(),
        ("", true) => "no new lines".into(),
        ("", false) if is_over => "no log lines".into(),
        ("", false) => "no log lines yet".into(),
        (grep, new) => {
            let new = if new { "new " } else { "" };
            let yet = if is_over { "" } else { " yet" };
            format!(
                "no {new}line matches {}{yet}",
                text::cut(&text::line(grep), 100)
            )
        }
    }
}

/// Which pods are shown, those that failed behind the others, and which are not.
fn chosen<'a>(pods: &[&'a Pod], failed: &[String], room: usize) -> (Vec<&'a Pod>, Vec<&'a Pod>) {
    let rank = |pod: &Pod| failed.iter().position(|id| pod.is_of(id));
    let mut wanted = pods.to_vec();
    wanted.sort_by_key(|pod| rank(pod).unwrap_or(usize::MAX));
    let mut left = room;
    let mut fits = |pod: &&Pod| {
        let size = pod.size().min(POD_LEAST) + title_size(pod);
        let fits = left >= size;
        left = left.saturating_sub(size);
        fits
    };
    let count = wanted.iter().take_while(|pod| fits(pod)).count();
    let mut others = wanted.split_off(count.max(1));
    let place = |pod: &&Pod| pods.iter().position(|other| std::ptr::eq(*other, *pod));
    others.sort_by_key(place);
    wanted.sort_by_key(|pod| (rank(pod).is_some(), place(pod)));
    (wanted, others)
}

fn title_size(pod: &Pod) -> usize {
    pod.name.len() + TITLE
}

/// Some names, and how many there are.
fn names(pods: &[&Pod]) -> String {
    let name = |pod: &&Pod| pod.name.as_str().to_owned();
    if pods.len() <= NAMES + 1 {
        return pods.iter().map(name).collect::<Vec<_>>().join(", ");
    }
    let some: Vec<_> = pods[..NAMES].iter().map(name).collect();
    format!("{} and {} more pods", some.join(", "), pods.len() - NAMES)
}

fn unfit(pod: &Pod, lines: &[&Line]) -> u64 {
    let sum = |lines: u64, line: &Line| lines + line.count;
    pod.lines.iter().fold(0, sum) - lines.iter().fold(0, |lines, line| sum(lines, line))
}

/// What no call shows any more.
fn dropped(shown: &[&Pod]) -> String {
    match shown.iter().map(|pod| pod.dropped).sum::<u64>() {
        0 => String::new(),
        1 => "; one older line was dropped to keep the limits of the store".into(),
        many => format!("; {many} older lines were dropped to keep the limits of the store"),
    }
}

/// Where lines may be missing that are not shown either.
fn gaps(shown: &[&Pod], lines: &[Vec<&Line>]) -> String {
    let among =
        |lines: &mut dyn Iterator<Item = &Line>| lines.filter(|line| line.is_gap()).count() as u64;
    let hidden = shown.iter().zip(lines).map(|(pod, lines)| {
        let unfit = among(&mut pod.lines.iter()) - among(&mut lines.iter().copied());
        pod.gaps + unfit
    });
    match hidden.sum::<u64>() {
        0 => String::new(),
        1 => "; lines may be missing at one place before them".into(),
        many => format!("; lines may be missing at {many} places before them"),
    }
}

fn counted(lines: u64) -> String {
    match lines {
        1 => "1 line".into(),
        lines => format!("{lines} lines"),
    }
}

fn what(shown: &[&Pod], count: u64, left_out: u64, asked: Asked<'_>) -> String {
    let kind = match (asked.grep.is_empty(), asked.new) {
        (true, false) => "",
        (true, true) => "new ",
        (false, false) => "matching ",
        (false, true) => "new matching ",
    };
    let lines = match count {
        0 => format!("no {kind}lines"),
        count => format!(
            "the last {}",
            counted(count).replace(' ', &format!(" {kind}"))
        ),
    };
    let what = format!("{lines} of {}", names(shown));
    let has_hole = shown.iter().any(|pod| pod.has_hole);
    let at_least = if has_hole { "at least " } else { "" };
    if left_out == 0 && !has_hole {
        return what;
    }
    let advice = match asked.tail {
        Some(_) if count >= asked.tail.unwrap_or(0) => " (a larger tail shows more)",
        _ if shown.len() > 1 => " (name a pod to see more of it)",
        _ => " (grep and since_s narrow it down)",
    };
    format!(
        "{what}; {at_least}{} before them left out{advice}",
        counted(left_out)
    )
}

fn with_remarks(mut header: String, tail: &Tail) -> String {
    for remark in tail.remarks() {
        header.push_str("; ");
        header.push_str(remark);
    }
    text::cut(&header, HEADER_MAX).into_owned()
}

/// The newest lines of each pod, together at most `budget` bytes. What a pod does not need of its share is the others'.
fn fitting<'a>(pods: &[&'a Pod], budget: usize) -> Vec<Vec<&'a Line>> {
    let needs: Vec<_> = pods
        .iter()
        .map(|pod| pod.lines.iter().map(Line::size).sum())
        .collect();
    let share = share(&needs, budget);
    pods.iter()
        .map(|pod| {
            let mut left = share;
            let newest = pod.lines.iter().rev().take_while(|line| {
                let fits = left >= line.size();
                left = left.saturating_sub(line.size());
                fits
            });
            let mut lines: Vec<_> = newest.collect();
            lines.reverse();
            lines
        })
        .collect()
}

/// The most that each may have so that all together stay within the budget.
fn share(needs: &[usize], budget: usize) -> usize {
    let mut needs = needs.to_vec();
    needs.sort_unstable();
    let mut left = budget;
    for (index, need) in needs.iter().enumerate() {
        let fair = left / (needs.len() - index);
        if *need > fair {
            return fair;
        }
        left -= need;
    }
    budget
}

#[cfg(test)]
mod tests;
