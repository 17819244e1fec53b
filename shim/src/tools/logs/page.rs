//! What is shown of a log: a header, then the newest lines that fit, a section per pod. Pure.

use pai_proto::v1::Job;

use super::tail::{Pod, Tail};
use crate::{
    answer::SIZE_MAX,
    clean,
    record::{self, is_ended},
};

/// Longest header, in bytes.
const HEADER_MAX: usize = 900;
/// Room for its word on what was cut off.
const CUT_MAX: usize = 100;
/// Room for the title of a section.
const TITLE_MAX: usize = 90;
/// Pods that are shown: of more, too little of each would fit.
const PODS_MAX: usize = 8;

/// The whole answer, at most [`SIZE_MAX`] bytes. `may_ask_more`: more lines of each pod may be asked for.
pub(super) fn of(job: &Job, tail: &Tail, may_ask_more: bool) -> String {
    let title = format!(
        "{} ({}, {})",
        record::id(job),
        record::name(job),
        record::status(job)
    );
    let pods = tail.pods();
    if pods.is_empty() {
        let why = match is_ended(job) && !tail.has_more() {
            true => "no log lines",
            false => "no log lines yet",
        };
        return with_remarks(format!("{title}: {why}"), tail);
    }
    let shown = &pods[..pods.len().min(PODS_MAX)];
    let titles = shown.len() * TITLE_MAX;
    let lines = fitting(shown, SIZE_MAX - HEADER_MAX - CUT_MAX - titles);
    let title = format!("{title}: {}", what(shown, &lines, may_ask_more));
    let mut page = header(title, pods.len() - shown.len(), tail);
    for (pod, lines) in shown.iter().zip(&lines) {
        if shown.len() > 1 {
            page.push_str(&format!(
                "\n--- {} ({}) ---",
                pod.name,
                counted(lines.len())
            ));
        }
        for line in lines {
            page.push('\n');
            page.push_str(line);
        }
    }
    page
}

fn counted(lines: usize) -> String {
    match lines {
        1 => "1 line".into(),
        lines => format!("{lines} lines"),
    }
}

fn what(shown: &[&Pod], lines: &[Vec<&str>], may_ask_more: bool) -> String {
    let count: usize = lines.iter().map(Vec::len).sum();
    let names: Vec<_> = shown.iter().map(|pod| pod.name.as_str()).collect();
    let what = format!("the last {} of {}", counted(count), names.join(", "));
    let did_not_fit = shown
        .iter()
        .zip(lines)
        .any(|(pod, lines)| lines.len() < pod.lines.len());
    let earlier = shown.iter().any(|pod| pod.earlier);
    let left_out = match (did_not_fit, earlier, may_ask_more) {
        (true, _, _) if shown.len() > 1 => {
            "; earlier lines were left out, since no more fit (name a pod to see more of it)"
        }
        (true, _, _) => "; earlier lines were left out, since no more fit",
        (false, true, true) => "; earlier lines were left out (a larger tail shows more)",
        (false, true, false) => "; earlier lines were left out",
        (false, false, _) => "",
    };
    what + left_out
}

fn header(mut header: String, hidden: usize, tail: &Tail) -> String {
    if hidden > 0 {
        header.push_str(&format!("; {hidden} more pods are not shown"));
    }
    with_remarks(header, tail)
}

fn with_remarks(mut header: String, tail: &Tail) -> String {
    for remark in tail.remarks() {
        header.push_str("; ");
        header.push_str(remark);
    }
    clean::cut(&header, HEADER_MAX).into_owned()
}

/// The newest lines of each pod, together at most `budget` bytes. What a pod does not need of its share is the others'.
fn fitting<'a>(pods: &[&'a Pod], budget: usize) -> Vec<Vec<&'a str>> {
    let needs: Vec<_> = pods.iter().map(|pod| size(&pod.lines)).collect();
    let share = share(&needs, budget);
    pods.iter()
        .map(|pod| {
            let mut left = share;
            let newest = pod.lines.iter().rev().take_while(|line| {
                let fits = left > line.len();
                left = left.saturating_sub(line.len() + 1);
                fits
            });
            let mut lines: Vec<_> = newest.map(String::as_str).collect();
            lines.reverse();
            lines
        })
        .collect()
}

fn size<'a>(lines: impl IntoIterator<Item = &'a String>) -> usize {
    lines.into_iter().map(|line| line.len() + 1).sum()
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
mod tests {
    use super::*;
    use crate::tests::sample::{self, log_chunk};
    use pai_proto::v1::{LogEnded, Phase};

    fn tail(pods: u64, lines: u64, line: impl Fn(u64) -> String) -> Tail {
        let mut tail = Tail::new("dlc1running", 10_000);
        for pod in 0..pods {
            for number in 1..=lines {
                let id = format!("dlc1running-worker-{pod}");
                tail.lines(&log_chunk(&id, number, &[line(number).as_bytes()]));
            }
        }
        tail
    }

    #[test]
    fn one_pod_needs_no_sections() {
        let page = of(
            &sample::running(),
            &tail(1, 2, |number| format!("line {number}")),
            true,
        );
        assert_eq!(
            page,
            "dlc1running (me-train-20261120120304-y4hp, Running): the last 2 lines of worker-0\nline 1\nline 2"
        );
    }

    #[test]
    fn the_newest_lines_fill_eight_kilobytes_and_no_more() {
        let page = of(
            &sample::running(),
            &tail(1, 5_000, |number| format!("step {number}")),
            true,
        );
        assert!(
            page.len() <= SIZE_MAX && page.len() > SIZE_MAX * 3 / 4,
            "{}",
            page.len()
        );
        assert!(page.ends_with("\nstep 4999\nstep 5000"), "newest last");
        let header = page.lines().next().unwrap();
        assert!(header.contains("earlier lines were left out"), "{header}");
    }

    #[test]
    fn pods_share_the_room_and_what_one_leaves_is_the_others() {
        let mut tail = tail(2, 400, |number| format!("{number} {}", "x".repeat(60)));
        tail.lines(&log_chunk("dlc1running-master-0", 1, &[b"short"]));
        let page = of(&sample::running(), &tail, true);
        assert!(
            page.len() <= SIZE_MAX && page.len() > SIZE_MAX * 3 / 4,
            "{}",
            page.len()
        );
        assert!(
            page.contains("\n--- master-0 (1 line) ---\nshort\n--- worker-0 ("),
            "{page}"
        );
        let counts: Vec<_> = page
            .lines()
            .filter(|line| line.starts_with("--- worker"))
            .map(|line| line.split_once(" (").unwrap().1)
            .collect();
        assert_eq!(counts.len(), 2);
        assert_eq!(counts[0], counts[1], "fair");
        assert!(page.contains("name a pod to see more of it"), "{page}");
    }

    #[test]
    fn however_large_it_is_it_fits_and_says_what_is_missing() {
        let mut tail = tail(70, 20, |_| "训".repeat(2_000));
        for _ in 0..20 {
            tail.ended(&LogEnded {
                note: "the log store dropped the beginning; ".repeat(40),
                ..Default::default()
            });
        }
        let job = Job {
            name: "训".repeat(80),
            ..sample::running()
        };
        let page = of(&job, &tail, true);
        assert!(page.len() <= SIZE_MAX, "{}", page.len());
        assert!(page.contains("; 62 more pods are not shown"), "{page}");
        let sections: Vec<_> = page
            .lines()
            .filter(|line| line.starts_with("--- "))
            .collect();
        assert_eq!(sections.len(), PODS_MAX);
        assert!(
            sections.iter().all(|title| !title.contains("(0 lines)")),
            "{sections:?}"
        );
    }

    #[test]
    fn a_log_without_lines_says_whether_there_may_be_some_later() {
        let mut none = Tail::new("dlc1", 1_000);
        let queued = Job {
            phase: Phase::Queued.into(),
            status: "Queuing".into(),
            ..sample::running()
        };
        assert!(of(&queued, &none, true).ends_with("Queuing): no log lines yet"));
        none.ended(&LogEnded {
            note: "the pods are gone".into(),
            ..Default::default()
        });
        assert!(
            of(&sample::failed(), &none, true)
                .ends_with("Failed): no log lines; the pods are gone")
        );
        let mut young = Tail::new("dlc1", 1_000);
        young.ended(&LogEnded {
            note: "they are too young".into(),
            more: true,
            ..Default::default()
        });
        let page = of(&sample::failed(), &young, true);
        assert!(
            page.ends_with("Failed): no log lines yet; they are too young"),
            "{page}"
        );
    }
}
